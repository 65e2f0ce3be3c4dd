/**
 * For: the files as the reader sees them: editor text over disk, configuration, module resolution, types on request.
 * In and out: Changes in; texts, resolved files and kinds out. Must never know: rules, the editor's protocol.
 */
import type { CancelCheck } from '../base/cancel.ts';
import type { Problem, Severity } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import type { Encoding } from './decode.ts';
import type { Disk } from './disk.ts';
import { State } from './state.ts';

/** What happened since the last `apply`. Files are absolute paths with `/`. */
export interface Change {
  /** Opened in an editor or typed into: the editor's text stands over the disk's. */
  readonly opened?: readonly { readonly file: FileId; readonly text: string }[];
  readonly closed?: readonly FileId[];
  /** Created, changed or deleted on disk. */
  readonly onDisk?: readonly FileId[];
}

export interface Config {
  /** null: no configuration file applies. */
  readonly file: FileId | null;
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
}

export type ReceiverKind =
  'array' | 'typed-array' | 'map-or-set' | 'iterator' | 'string' | 'promise' | 'other' | 'unknown';

/** `config`: lockstep.config.json; `tsconfig`: the project's own; `path`: what the caller named; `file`: a source. */
export interface ReadProblem extends Problem {
  readonly about: 'config' | 'tsconfig' | 'path' | 'file';
}

export interface Workspace {
  apply(change: Change): void;
  /** The JavaScript and TypeScript files to look at, sorted; never declaration files, never node_modules. */
  files(): readonly FileId[];
  /** null: not there, not readable or not text (then `problems` says so). */
  text(file: FileId): string | null;
  /** The file that an import names; null: outside the workspace (a package, a built-in) or not found. */
  resolve(specifier: string, from: FileId): FileId | null;
  /** The file that a worker URL or path names, relative to `from`; `./w.js` finds `w.ts` where that is the source. */
  resolvePath(path: string, from: FileId): FileId | null;
  config(file: FileId): Config;
  problems(): readonly Problem[];
  /** What the type checker says of the expressions at these spans. A miss is `unknown`; never throws. */
  kindsOf(
    file: FileId,
    spans: readonly { readonly start: number; readonly end: number }[],
    cancelled?: CancelCheck,
  ): readonly ReceiverKind[];
}

/** A workspace over a disk: what its owner may ask beside what the engine asks. */
export interface DiskWorkspace extends Workspace {
  problems(): readonly ReadProblem[];
  /** An explicit configuration file that is not there or cannot be followed: the owner asked for it, so nothing goes on without it. */
  fatal(): ReadProblem | null;
  /** How the file's text is written on disk; null: it is not there, or no text. */
  encoding(file: FileId): Encoding | null;
  /** Gives back what the type checker holds; the next question makes it anew. */
  release(): void;
}

export interface WorkspaceOptions {
  readonly disk: Disk;
  /** Absolute folders. */
  readonly roots: readonly FileId[];
  /** Files, folders and patterns that the caller named; absent or empty: the roots decide. */
  readonly only?: readonly FileId[];
  /** Stands for every lockstep.config.json. */
  readonly configFile?: FileId;
  /** Ids that a configuration may name; empty: any. */
  readonly knownRules: readonly string[];
  /** Where TypeScript's `lib.*.d.ts` stand; default: beside TypeScript itself. */
  readonly libDir?: FileId;
  /** Beyond this many files, libraries included, types are not asked for. */
  readonly maxProgramFiles?: number;
  readonly log?: (line: string) => void;
}

export function createWorkspace(options: WorkspaceOptions): DiskWorkspace {
  return new State(options);
}
