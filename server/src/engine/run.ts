/** Running rules: each on its own, timed, and never able to take the others down. */
import type { Finding } from '../base/finding.ts';
import type { FileId, Span } from '../base/text.ts';
import type { Fact, FactContext } from '../facts/fact.ts';
import type { Program } from '../ir/program.ts';
import type { Mark, Unit } from '../ir/unit.ts';
import type { ReceiverKind, Report, Rule } from '../rules/rule.ts';

/** A report with the rule that made it. */
export interface Told {
  readonly rule: Rule;
  readonly report: Report;
}

export interface Runner {
  /** Called when a rule throws; the rule's reports so far stand. */
  failed(rule: Rule, error: unknown): void;
  spent(rule: Rule, milliseconds: number): void;
}

export function runFileRules(
  rules: readonly Rule[],
  unit: Unit,
  kindsOf: (points: readonly Mark[]) => readonly ReceiverKind[],
  runner: Runner,
): Told[] {
  const told: Told[] = [];
  for (const rule of rules) {
    if (rule.scope !== 'file') continue;
    guarded(rule, runner, () => {
      rule.check({ unit, kindsOf, report: (report) => told.push({ rule, report }) });
    });
  }
  return told;
}

export function runProgramRules(rules: readonly Rule[], cx: FactContext, runner: Runner): Told[] {
  const told: Told[] = [];
  for (const rule of rules) {
    if (rule.scope !== 'program') continue;
    guarded(rule, runner, () => {
      rule.check({ ...cx, report: (report) => told.push({ rule, report }) });
    });
  }
  return told;
}

function guarded(rule: Rule, runner: Runner, work: () => void): void {
  const start = performance.now();
  try {
    work();
  } catch (error) {
    runner.failed(rule, error);
  } finally {
    runner.spent(rule, performance.now() - start);
  }
}

/** Facts of one program, each computed at most once. */
export function factsOf(program: Program): FactContext {
  const known = new Map<string, unknown>();
  const cx: FactContext = {
    program,
    get<T>(fact: Fact<T>): T {
      if (!known.has(fact.name)) known.set(fact.name, fact.compute(cx));
      return known.get(fact.name) as T;
    },
  };
  return cx;
}

/** Resolves marks to spans in the text as it is now; null when a place is gone. */
export function findingOf({ rule, report }: Told, spanAt: (mark: Mark) => Span | null): Finding | null {
  const span = spanAt(report.at);
  if (span === null) return null;
  const { id, category, severity, lesson } = rule.meta;
  const confidence = report.confidence ?? 'likely';
  return {
    rule: id,
    category,
    // Only what both sides are in sight of is shown as more than a hint.
    severity: report.severity ?? (confidence === 'possible' ? 'hint' : severity),
    confidence,
    span,
    message: report.message,
    related: (report.related ?? []).flatMap(({ at, message }) => {
      const place = spanAt(at);
      return place === null ? [] : [{ span: place, message }];
    }),
    schedule: (report.schedule ?? []).flatMap(({ agent, at, does }) => {
      const place = spanAt(at);
      return place === null ? [] : [{ agent, span: place, does }];
    }),
    lesson,
  };
}

export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.span.file, b.span.file) ||
    a.span.start - b.span.start ||
    a.span.end - b.span.end ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}

function compareText(a: FileId, b: FileId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
