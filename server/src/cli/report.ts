/**
 * For: what `check` found, in the shape that contract.md publishes; every printer starts from it.
 * In and out: engine findings (absolute files, offsets) in; relative files, lines and columns from 1 out.
 * Must never know: how it is printed.
 */
import { relative } from 'node:path';
import { docsUrl, type Category, type Confidence, type Finding } from '../base/finding.ts';
import type { Problem, Severity } from '../base/finding.ts';
import { lineStarts, positionAt, type FileId, type Fix, type Span } from '../base/text.ts';
import type { Reason, RuleTime } from '../engine.ts';

/** Both count from 1, columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}
export interface Range {
  readonly start: Place;
  readonly end: Place;
}
export interface Located {
  /** Relative to the working directory, with `/`. */
  readonly file: string;
  readonly range: Range;
}
export interface ReportedFix {
  readonly title: string;
  readonly safe: boolean;
  readonly edits: readonly (Located & { readonly newText: string })[];
}
export interface ReportedFinding extends Located {
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  readonly related: readonly (Located & { readonly message: string })[];
  readonly schedule: readonly {
    readonly agent: string;
    readonly file: string;
    readonly line: number;
    readonly does: string;
  }[];
  readonly fixes: readonly ReportedFix[];
  readonly lesson: string;
  readonly docs: string;
}
export interface ReportedProblem {
  readonly file: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}
/** A fix that was applied, or would have been. */
export interface AppliedFix {
  readonly rule: string;
  readonly file: string;
  readonly title: string;
}
export interface CheckReport {
  readonly files: number;
  readonly durationMs: number;
  /** Sorted by file, place, rule and message. */
  readonly findings: readonly ReportedFinding[];
  /** Findings below the asked severity. */
  readonly hidden: number;
  readonly errors: readonly ReportedProblem[];
  readonly fixed: readonly AppliedFix[];
  /** Absent unless asked for. */
  readonly stats?: readonly RuleTime[];
}

/** Turns spans into places; keeps the line starts of each text it has seen. */
export class Places {
  readonly #text: (file: FileId) => string | null;
  readonly #cwd: string;
  readonly #starts = new Map<FileId, { readonly text: string; readonly starts: readonly number[] }>();

  /** `text` answers for every file that a span may name, configuration files included. */
  constructor(text: (file: FileId) => string | null, cwd: string) {
    this.#text = text;
    this.#cwd = cwd;
  }

  file(file: FileId): string {
    return relativeFile(file, this.#cwd);
  }

  locate(span: Span): Located {
    const text = this.#text(span.file) ?? '';
    let known = this.#starts.get(span.file);
    if (known?.text !== text) {
      known = { text, starts: lineStarts(text) };
      this.#starts.set(span.file, known);
    }
    return {
      file: this.file(span.file),
      range: { start: place(known.starts, span.start), end: place(known.starts, span.end) },
    };
  }
}

export function relativeFile(file: FileId, cwd: string): string {
  return relative(cwd, file).replaceAll('\\', '/') || '.';
}

export function reportFinding(finding: Finding, fixes: readonly Fix[], places: Places): ReportedFinding {
  return {
    rule: finding.rule,
    category: finding.category,
    severity: finding.severity,
    confidence: finding.confidence,
    ...places.locate(finding.span),
    message: finding.message,
    related: finding.related.map(({ span, message }) => ({ ...places.locate(span), message })),
    schedule: finding.schedule.map(({ agent, span, does }) => {
      const { file, range } = places.locate(span);
      return { agent, file, line: range.start.line, does };
    }),
    fixes: fixes.map(({ title, safe, edits }) => ({
      title,
      safe,
      edits: edits.map(({ span, text }) => ({ ...places.locate(span), newText: text })),
    })),
    lesson: finding.lesson,
    docs: docsUrl(finding.rule),
  };
}

export function reportProblem(problem: Problem, places: Places): ReportedProblem {
  const file = places.file(problem.file);
  if (problem.span === undefined) return { file, message: problem.message };
  return { file, message: problem.message, ...places.locate(problem.span).range.start };
}

export interface ReportedReason extends Located {
  readonly name: string;
  readonly message: string;
  readonly links: readonly (Located & { readonly label: string })[];
}

export function reportReason(reason: Reason, places: Places): ReportedReason {
  return {
    name: reason.name,
    ...places.locate(reason.span),
    message: reason.message,
    links: reason.links.map(({ label, span }) => ({ ...places.locate(span), label })),
  };
}

/** By code units and numbers only, so that no locale changes the order. */
export function compareFindings(a: ReportedFinding, b: ReportedFinding): number {
  return (
    compareText(a.file, b.file) ||
    comparePlaces(a.range.start, b.range.start) ||
    comparePlaces(a.range.end, b.range.end) ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePlaces(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}

function place(starts: readonly number[], offset: number): Place {
  const { line, column } = positionAt(starts, offset);
  return { line: line + 1, column: column + 1 };
}
