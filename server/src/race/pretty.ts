/**
 * For: a report as text, laid out as readers of Go's race detector know it: who did what, where, after whom, started where.
 * In and out: a report and lines of source in, text out.
 */
import type { Place, Report, ReportedAccess, ReportedDeadlock, ReportedRace, StackFrame } from './report.ts';

type LineOf = (file: string, line: number) => string | undefined;

const RULE = '='.repeat(18);

export function printReport(report: Report, lineOf: LineOf): string {
  const parts = [
    ...report.races.map((race) => printRace(race, lineOf)),
    ...report.deadlocks.map((deadlock) => printDeadlock(deadlock, lineOf)),
  ];
  const lines = parts.flatMap((part) => [RULE, ...part, RULE]);
  if (parts.length > 0)
    lines.push(
      `Found ${count(report.races.length, 'data race')} and ${count(report.deadlocks.length, 'deadlock')}`,
    );
  for (const limit of report.limits) lines.push(`not watched: ${limit}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

function printRace({ accesses: [now, before], location }: ReportedRace, lineOf: LineOf): string[] {
  const { byteOffset, byteLength, buffer } = location;
  const bytes =
    byteLength === 1 ? `byte ${byteOffset}` : `bytes ${byteOffset}–${byteOffset + byteLength - 1}`;
  const created = [now, before].flatMap(({ thread, createdAt }) =>
    createdAt === undefined ? [] : [`  ${capital(thread)} created at ${where(createdAt)}`],
  );
  return [
    'WARNING: DATA RACE',
    ...printAccess(capital(doing(now)), now, lineOf),
    '',
    ...printAccess(`Previous ${doing(before)}`, before, lineOf),
    '',
    `  Memory: ${bytes} of the buffer ${buffer}`,
    ...new Set(created),
  ];
}

const doing = ({ kind, atomic }: ReportedAccess): string =>
  `${atomic ? 'atomic ' : ''}${kind === 'rmw' ? 'read and write' : kind}`;

function printAccess(title: string, access: ReportedAccess, lineOf: LineOf): string[] {
  const callers = callersOf(access.stack);
  return [
    `${title} by ${access.thread}:`,
    ...printFrame(access.stack[0] ?? { ...access, function: '' }),
    ...excerpt(access, lineOf),
    ...callers.flatMap(printFrame),
    ...(access.stackExact || callers.length === 0 ? [] : ['  (callers as of an earlier access here)']),
  ];
}

/** Without what lies under the outermost frame of the program's own code: the inside of a test runner, say. */
function callersOf(stack: readonly StackFrame[]): readonly StackFrame[] {
  const own = stack.findLastIndex(({ file }) => !file.includes('node_modules/'));
  return stack.slice(1, own < 0 ? undefined : own + 1);
}

function printFrame(frame: StackFrame): string[] {
  return [`  ${frame.function === '' ? '(top level)' : `${frame.function}()`}  ${where(frame)}`];
}

function excerpt({ file, line, column }: Place, lineOf: LineOf): string[] {
  const text = lineOf(file, line);
  if (text === undefined) return [];
  const shown = text.replace(/\t/g, ' ');
  const from = Math.max(0, Math.min(column - 40, shown.length - 96));
  const number = `    ${line} | `;
  return [`${number}${shown.slice(from, from + 96)}`, `${' '.repeat(number.length + column - 1 - from)}^`];
}

const KINDS: Readonly<Record<ReportedDeadlock['kind'], string>> = {
  cycle: 'DEADLOCK: threads wait for each other',
  'lock-order': 'WARNING: LOCKS TAKEN IN OPPOSITE ORDERS, which can deadlock',
  'lost-wakeup': 'DEADLOCK: a thread waits and nobody can wake it',
  self: 'DEADLOCK: a thread waits for a lock that it holds itself',
};

function printDeadlock({ kind, threads, locks, stacks }: ReportedDeadlock, lineOf: LineOf): string[] {
  const lines = [KINDS[kind]];
  const reached = (index: number): string[] => {
    const first = stacks[index]![0]!;
    return [
      ...printFrame(first),
      ...excerpt(first, lineOf),
      ...callersOf(stacks[index]!).flatMap(printFrame),
    ];
  };
  threads.forEach((thread, index) => {
    const lock = locks[index]!;
    if (kind === 'lock-order') {
      lines.push(`${capital(thread)} takes ${lock}:`, ...reached(index * 2));
      lines.push(`  and then ${locks[(index + 1) % locks.length]!}:`, ...reached(index * 2 + 1));
    } else lines.push(`${capital(thread)} waits at ${lock}:`, ...reached(index));
  });
  return lines;
}

const where = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
