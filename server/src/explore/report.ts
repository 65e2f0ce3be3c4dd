/** Results as text for a terminal: tables and sentences, no colour. */
import { satisfies } from './compare.ts';
import type { Exploration, Outcome } from './explore.ts';
import type { Explanation, Refusal } from './explain.ts';
import type { Interleaving } from './machine.ts';
import { printComparisons, printLitmus } from './print.ts';
import type { Comparison, Program } from './program.ts';
import { isRace } from './program.ts';
import type { Verdict } from './verdicts.ts';
import type { Execution } from './witness.ts';

/** What is shown beside the outcomes themselves. */
interface Extras {
  readonly weak: ReadonlySet<Outcome>;
  /** Forbidden outcomes that a reader may expect, each with what forbids it. */
  readonly forbidden: readonly { readonly outcome: Outcome; readonly why: string }[];
  readonly verdicts: readonly Verdict[];
  readonly notes: readonly string[];
  readonly durationMs: number;
}

export function reportText(program: Program, found: Exploration, extras: Extras): string {
  const parts = [
    withoutClaims(program).trimEnd(),
    heading(found, extras.durationMs),
    outcomeTable(found, extras),
  ];
  if (extras.forbidden.length > 0) parts.push(forbiddenTable(extras.forbidden));
  parts.push(raceText(found));
  if (extras.verdicts.length > 0) parts.push(extras.verdicts.map(verdictLine).join('\n'));
  const notes = [...found.limits, ...extras.notes];
  if (found.thinAir) {
    notes.push(
      'the text also allows values here that justify themselves (out of thin air): they have no end and are left out',
    );
  }
  if (notes.length > 0) parts.push(notes.map((note) => `note: ${note}`).join('\n'));
  return parts.join('\n\n') + '\n';
}

/** Rows of a folder run. */
export interface TableRow {
  readonly file: string;
  readonly program: Program;
  readonly found: Exploration;
  readonly weak: number;
  readonly verdicts: readonly Verdict[];
}

export function tableText(rows: readonly TableRow[]): string {
  const lines = table(
    ['program', 'outcomes', 'weak', 'data race', 'claims', 'file'],
    rows.map(({ file, program, found, weak, verdicts }) => {
      const held = verdicts.filter(({ holds }) => holds).length;
      const claims = verdicts.length === 0 ? '-' : `${held} of ${verdicts.length} hold`;
      return [
        program.name,
        String(found.outcomes.length),
        String(weak),
        found.race === null ? 'no' : 'yes',
        claims,
        file,
      ];
    }),
  );
  const failed = rows.flatMap(({ file, verdicts }) =>
    verdicts.filter(({ holds }) => !holds).map((verdict) => `${file}: ${verdictLine(verdict)}`),
  );
  const limits = rows.flatMap(({ file, found }) => found.limits.map((limit) => `${file}: note: ${limit}`));
  const tail = [...failed, ...limits];
  return [...lines, ...(tail.length > 0 ? ['', ...tail] : [])].join('\n') + '\n';
}

/** The chosen outcome and one execution that gives it. */
export function witnessText(execution: Execution): string {
  const { events, readsFrom, synchronizesWith, memoryOrder } = execution;
  const name = (id: number): string => `${events[id]!.agent}'s "${events[id]!.text}"`;
  const from = events.flatMap((event) =>
    readsFrom
      .filter(({ read }) => read === event.id)
      .map(({ write, bytes }, _, all) => {
        const part = all.length > 1 ? `, byte ${bytes.join(' and ')}` : '';
        return `  ${name(event.id)} from ${write === null ? 'the initial 0' : name(write)}${part}`;
      }),
  );
  const parts = [
    `${outcomeText(execution.outcome)} is allowed: this execution gives it`,
    ['reads-from', ...(from.length > 0 ? from : ['  none'])].join('\n'),
    [
      'synchronizes-with',
      ...(synchronizesWith.length > 0
        ? synchronizesWith.map(([first, second]) => `  ${name(first)} with ${name(second)}`)
        : ['  none: only the order within each agent holds']),
    ].join('\n'),
    ['memory order', ...memoryOrder.map((id, index) => `  ${index + 1}. ${name(id)}`)].join('\n'),
  ];
  return parts.join('\n\n') + '\n';
}

export function scheduleText({ outcome, schedule }: Interleaving): string {
  const steps = schedule.map(
    ({ agent, text, value }, index) =>
      `  ${index + 1}. ${agent}: ${text}${value === null ? '' : ` (${value})`}`,
  );
  return [`${outcomeText(outcome)} is allowed: this interleaving gives it`, '', ...steps].join('\n') + '\n';
}

export function refusalsText(when: readonly Comparison[], explanation: Explanation): string {
  const head = `${printComparisons(when)} is forbidden`;
  if (explanation.none !== null) return `${head}: ${explanation.none}\n`;
  const count = explanation.refusals.length + explanation.more;
  const lines = explanation.refusals.map(
    (refusal) => `  ${refusal.reads.join(', ')}\n    ${refusalText(refusal)}`,
  );
  if (explanation.more > 0) lines.push(`  and ${explanation.more} more`);
  if (!explanation.complete) lines.push('  and others: the search for candidates was stopped');
  const each =
    count === 1
      ? 'the one candidate execution breaks a clause'
      : `each of ${count} candidate executions breaks a clause`;
  return [`${head}: ${each}`, '', ...lines].join('\n') + '\n';
}

export function refusalText({ clause, why }: Refusal): string {
  return `${clause}: ${why}`;
}

export function outcomeText(outcome: Outcome): string {
  const entries = Object.entries(outcome);
  return entries.length === 0
    ? '(no registers)'
    : entries.map(([name, value]) => `${name}=${value}`).join(' ');
}

const MODELS: Readonly<Record<Exploration['model'], string>> = {
  es: 'ECMA-262',
  es2017: 'ECMA-262 of 2017, before the repair of 2019',
  sc: 'all interleavings',
  tso: 'x86-TSO',
};

function heading(found: Exploration, durationMs: number): string {
  const init =
    found.model === 'sc' || found.model === 'tso'
      ? ''
      : found.init === 'literal'
        ? ', zeros written byte by byte'
        : ', zeros written cell by cell';
  const { length } = found.outcomes;
  return `${MODELS[found.model]}${init}: ${length} ${length === 1 ? 'outcome' : 'outcomes'}, ${found.executions} executions, ${durationMs} ms`;
}

/** More rows say nothing to a reader; the JSON has them all. */
const MAX_ROWS = 64;

function outcomeTable(found: Exploration, { weak }: Extras): string {
  const shown = found.outcomes.slice(0, MAX_ROWS);
  const rows = shown.map((outcome) => [
    ...found.registers.map((name) => outcome[name] ?? '-'),
    weak.has(outcome) ? 'weak: no interleaving gives it' : '',
  ]);
  const lines = table([...found.registers, ''], rows);
  const rest = found.outcomes.length - shown.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more: --format json lists all`] : [])].join('\n');
}

function forbiddenTable(forbidden: Extras['forbidden']): string {
  const lines = forbidden.map(({ outcome, why }) => `  ${outcomeText(outcome)}\n    ${why}`);
  return ['forbidden, though plain accesses would allow it', ...lines].join('\n');
}

function raceText({ race }: Exploration): string {
  if (race === null) return 'data race: none in any execution';
  const side = ({ agent, text, kind }: typeof race.first): string => `${agent}'s ${kind} "${text}"`;
  return `data race: ${side(race.first)} and ${side(race.second)}: ${race.why}`;
}

function verdictLine({ claim, holds }: Verdict): string {
  const under = claim.under === null ? '' : ` under ${claim.under}`;
  const what = isRace(claim) ? claim.verdict : `${claim.verdict} ${printComparisons(claim.when)}`;
  return `${holds ? 'holds' : 'FAILS'}: ${what}${under}: ${claim.why.replaceAll('\n', ' ')}`;
}

function withoutClaims(program: Program): string {
  return printLitmus({ ...program, claims: [] });
}

/** Columns padded to their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** Outcomes that satisfy the comparisons. */
export function matching(found: Exploration, when: readonly Comparison[]): readonly Outcome[] {
  return found.outcomes.filter((outcome) => satisfies(outcome, when));
}
