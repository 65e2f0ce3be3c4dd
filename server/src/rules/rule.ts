/**
 * For: what a rule is. A rule is a folder: `rule.ts` (meta, check), `fix.ts` where it can mend, `doc.md`, `cases/`.
 * In and out: a check reads plain data and reports Marks; only a fix sees syntax, and only when the reader asks.
 * Must never know: other rules.
 */
import type ts from 'typescript';
import type { Category, Confidence, Severity } from '../base/finding.ts';
import type { Edit, FileId, Fix } from '../base/text.ts';
import type { Mark, Unit } from '../ir/unit.ts';
import type { Program } from '../ir/program.ts';
import type { Fact } from '../facts/fact.ts';

export interface RuleMeta {
  /** = folder name. */
  readonly id: string;
  /** Imperative, no full stop. */
  readonly title: string;
  readonly category: Category;
  readonly severity: Severity;
  /** = a folder of media/lessons. */
  readonly lesson: string;
  readonly since: string;
}

export interface Report {
  readonly at: Mark;
  /** What is wrong in the reader's own names, why, what to do; the first 90 characters say it all. No full stop. */
  readonly message: string;
  readonly related?: readonly { readonly at: Mark; readonly message: string }[];
  readonly confidence?: Confidence;
  /** Lower or higher than the rule's own, where one rule speaks with different weight. */
  readonly severity?: Severity;
  readonly schedule?: readonly { readonly agent: string; readonly at: Mark; readonly does: string }[];
  /** Plain data that the rule's own `fix` needs again. */
  readonly data?: unknown;
}

export interface FileContext {
  readonly unit: Unit;
  report(report: Report): void;
  /** What the checker says of the expressions at these points, asked for in one go and only when needed. */
  kindsOf(points: readonly Mark[]): readonly ReceiverKind[];
}

export interface ProgramContext {
  readonly program: Program;
  get<T>(fact: Fact<T>): T;
  report(report: Report): void;
}

/** What a receiver is, as far as rules ask: `sync-iterable` methods call their callback before they return. */
export type ReceiverKind =
  'array' | 'typed-array' | 'map-or-set' | 'iterator' | 'string' | 'promise' | 'other' | 'unknown';

export interface FixContext {
  readonly report: Report;
  /** Fresh syntax of a file; throws if the file is gone. */
  source(file: FileId): ts.SourceFile;
  /** The innermost node that spans exactly the mark's text. */
  node(at: Mark): ts.Node;
  edit(node: ts.Node, text: string): Edit;
  insert(file: FileId, offset: number, text: string): Edit;
  unit(file: FileId): Unit;
  readonly program: Program | null;
}

export type Rule = {
  readonly meta: RuleMeta;
  fix?(cx: FixContext): readonly Fix[];
} & (
  | { readonly scope: 'file'; check(cx: FileContext): void }
  | { readonly scope: 'program'; check(cx: ProgramContext): void }
);
