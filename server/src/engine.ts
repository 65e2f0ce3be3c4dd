/**
 * For: the one door to the analysis. It alone calls the rooms read → lower → link → facts → rules, in order.
 * In and out: Changes in; findings, fixes, explanations and printed stages out, as plain data.
 * Must never know: the editor's protocol, the command line.
 */
import type { CancelCheck } from './base/cancel.ts';
import type { Finding, Problem, Severity } from './base/finding.ts';
import type { FileId, Fix, Span } from './base/text.ts';
import type { Change } from './read/workspace.ts';

export interface EngineOptions {
  /** Folders that belong to the workspace, absolute. */
  readonly roots: readonly FileId[];
  /** Settings of the editor or `--rule`: they stand over the configuration file. */
  readonly rules?: Readonly<Record<string, Severity | 'off'>>;
  /** An explicit configuration file instead of the nearest one. */
  readonly configFile?: FileId;
  /** Only these files and folders are reported on; default: all. */
  readonly only?: readonly FileId[];
  /** Where to keep lowered units between runs; absent: nowhere. */
  readonly cacheDir?: FileId;
  readonly log?: (line: string) => void;
}

/** What a hover says: which rule of the memory model applies here and with which other place. Markdown, links as spans. */
export interface Explanation {
  readonly span: Span;
  readonly title: string;
  /** One or more short paragraphs of markdown. */
  readonly text: string;
  /** Other places of the story, each with a sentence. */
  readonly links: readonly { readonly label: string; readonly span: Span }[];
  readonly lesson: string | null;
}

/** A named reason why nothing is reported at a place. */
export interface Reason {
  readonly name: string;
  readonly span: Span;
  readonly message: string;
  readonly links: readonly { readonly label: string; readonly span: Span }[];
}

export interface RuleTime {
  readonly rule: string;
  readonly milliseconds: number;
  readonly findings: number;
}

export interface Engine {
  apply(change: Change): void;
  files(): readonly FileId[];
  /** The current text, or null when the file is gone. */
  text(file: FileId): string | null;
  /** Findings that need this file only: cheap enough for every keystroke. */
  quickFindings(file: FileId, cancelled?: CancelCheck): readonly Finding[];
  /** All findings, cross-file ones included, sorted by place. Throws Cancelled. */
  findings(file: FileId, cancelled?: CancelCheck): readonly Finding[];
  /** Computed when asked, on fresh syntax; at most one is preferred. */
  fixes(finding: Finding): readonly Fix[];
  explain(file: FileId, offset: number): Explanation | null;
  why(file: FileId, line: number): readonly Reason[];
  /** Printed stages for tests, `--print` and the curious. */
  print(stage: 'unit' | 'program' | 'facts', file: FileId): string;
  /** A number that changes whenever cross-file findings may have changed: time for a diagnostic refresh. */
  generation(): number;
  problems(): readonly Problem[];
  ruleTimes(): readonly RuleTime[];
  /** Writes the cache, if there is one. */
  save(): void;
}
