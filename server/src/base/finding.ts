import type { FileId, Span } from './text.ts';

export type Severity = 'hint' | 'info' | 'warning' | 'error';

/** From least to most serious: the order that `--min-severity` compares by. */
export const SEVERITIES: readonly Severity[] = ['hint', 'info', 'warning', 'error'];

export type Category =
  | 'shared-memory-race'
  | 'loop-capture'
  | 'deadlock'
  | 'async-atomicity'
  | 'wait-notify'
  | 'lock-discipline'
  | 'non-atomic-update'
  | 'double-checked'
  | 'sharing'
  /** About Lockstep's own words in the code: suppressions and the like. */
  | 'lockstep';

/** `proved`: both sides seen and a schedule found; `likely`: both sides seen; `possible`: one side inferred. */
export type Confidence = 'proved' | 'likely' | 'possible';

/** The other half of the story: a place and what it has to do with the finding. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/** One step of an interleaving that shows the harm. */
export interface ScheduleStep {
  readonly agent: string;
  readonly span: Span;
  readonly does: string;
}

export interface Finding {
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly span: Span;
  readonly message: string;
  readonly related: readonly Related[];
  readonly schedule: readonly ScheduleStep[];
  readonly lesson: string;
}

/** What went wrong with the input, as against with the code: names file, place and mend. */
export interface Problem {
  readonly file: FileId;
  readonly span?: Span;
  readonly message: string;
  /** Said, but no reason to fail a run: a generated file left out, a file with a syntax error analysed as far as it goes. */
  readonly note?: true;
}

/** Where a rule's page can be read outside the editor. */
export function docsUrl(rule: string): string {
  return `https://github.com/lockstep-js/lockstep/blob/main/server/src/rules/${rule}/doc.md`;
}
