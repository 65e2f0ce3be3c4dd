/**
 * For: the files as the reader sees them: editor text over disk, configuration, module resolution, types on request.
 * In and out: Changes in; texts, resolved files and kinds out. Must never know: rules, the editor's protocol.
 */
import type { CancelCheck } from '../base/cancel.ts';
import type { Problem, Severity } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';

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
