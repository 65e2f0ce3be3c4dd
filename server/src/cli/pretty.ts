/** For: findings as a person reads them in a terminal: both sides of the code, the fix, the lesson. */
import type { Severity } from '../base/finding.ts';
import type { RuleTime } from '../engine.ts';
import { excerpt } from './excerpt.ts';
import type { CheckReport, Located, ReportedFinding } from './report.ts';
import { displayWidth, printable, wrap, type Style } from './style.ts';

export interface PrettyOptions {
  readonly style: Style;
  readonly columns: number;
  /** The text behind a relative file name; null: gone. */
  readonly text: (file: string) => string | null;
  readonly fixing: 'no-fixes' | 'fixed' | 'would-fix';
}

export function printPretty(report: CheckReport, options: PrettyOptions): string {
  const blocks = foldPairs(report.findings).map((finding) => `${block(finding, options).join('\n')}\n`);
  const fixed = report.fixed.map(
    ({ file, rule, title }) =>
      `${options.fixing === 'fixed' ? 'fixed' : 'would fix'}  ${file}: ${printable(title)} (${rule})\n`,
  );
  return [
    ...blocks.map((text) => `${text}\n`),
    fixed.join(''),
    fixed.length > 0 ? '\n' : '',
    report.stats === undefined ? '' : `${statsTable(report.stats)}\n`,
    `${summary(report, options.style)}\n`,
  ].join('');
}

/** Milliseconds and findings of each rule, the slowest first. */
export function statsTable(stats: readonly RuleTime[]): string {
  const rows = [...stats].sort((a, b) => b.milliseconds - a.milliseconds || (a.rule < b.rule ? -1 : 1));
  const width = Math.max(4, ...rows.map(({ rule }) => rule.length));
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const row = (rule: string, time: string, share: string, findings: string) =>
    `${rule.padEnd(width)}  ${time.padStart(9)}  ${share.padStart(6)}  ${findings.padStart(8)}\n`;
  return (
    row('rule', 'ms', 'share', 'findings') +
    rows
      .map(({ rule, milliseconds, findings }) =>
        row(
          rule,
          milliseconds.toFixed(1),
          total === 0 ? '' : `${Math.round((milliseconds / total) * 100)} %`,
          String(findings),
        ),
      )
      .join('')
  );
}

/**
 * Two findings of one rule that name each other's place are the two sides of one story: the first speaks for both.
 * What the second alone knows (its fixes) is added to the first.
 */
function foldPairs(findings: readonly ReportedFinding[]): readonly ReportedFinding[] {
  const at = new Map<string, ReportedFinding[]>();
  for (const finding of findings) {
    const key = placeKey(finding.rule, finding);
    at.set(key, [...(at.get(key) ?? []), finding]);
  }
  const told = new Set<ReportedFinding>();
  const shown: ReportedFinding[] = [];
  for (const finding of findings) {
    if (told.has(finding)) continue;
    told.add(finding);
    const own = placeKey(finding.rule, finding);
    const twins = finding.related
      .flatMap((other) => at.get(placeKey(finding.rule, other)) ?? [])
      .filter(
        (other) => !told.has(other) && other.related.some((place) => placeKey(finding.rule, place) === own),
      );
    for (const twin of twins) told.add(twin);
    const titles = new Set(finding.fixes.map(({ title }) => title));
    const more = twins.flatMap(({ fixes }) => fixes.filter(({ title }) => !titles.has(title)));
    shown.push({ ...finding, fixes: [...finding.fixes, ...more] });
  }
  return shown;
}

function placeKey(rule: string, { file, range }: Located): string {
  return `${rule} ${file}:${range.start.line}:${range.start.column}`;
}

function block(finding: ReportedFinding, options: PrettyOptions): string[] {
  const { style, columns } = options;
  const paint = painter(finding.severity, style);
  const head = `${finding.severity}[${finding.rule}]`;
  const [first = '', ...rest] = wrap(`${head} ${printable(finding.message)}`, Math.max(40, columns - 2));
  const lines = [
    style.bold(paint(head)) + style.bold(first.slice(head.length)),
    ...rest.map((line) => style.bold(`  ${line}`)),
    ...side(finding, `(${finding.confidence})`, paint, options),
  ];
  for (const other of finding.related) lines.push(...side(other, other.message, style.blue, options));
  if (finding.schedule.length > 0) lines.push('  how it goes wrong:', ...schedule(finding, style));
  const facts: (readonly [string, string])[] = [
    ...finding.fixes.map(
      ({ title, safe }) => ['fix', `${title}${safe ? ' (--fix applies it)' : ''}`] as const,
    ),
    ...(finding.lesson === '' ? [] : [['lesson', finding.lesson] as const]),
    ['page', `lockstep check --explain ${finding.rule}`],
  ];
  for (const [name, text] of facts) lines.push(`  ${style.cyan(name.padEnd(7))}${printable(text)}`);
  return lines;
}

function side(
  place: Located,
  caption: string,
  paint: (text: string) => string,
  { style, columns, text }: PrettyOptions,
): string[] {
  const { line, column } = place.range.start;
  const where = `${place.file}:${line}:${column}`;
  const [first = '', ...rest] = wrap(printable(caption), Math.max(40, columns - 6 - displayWidth(where)));
  const source = text(place.file);
  return [
    `  ${style.dim('-->')} ${where}  ${first}`.trimEnd(),
    ...rest.map((more) => ' '.repeat(8 + displayWidth(where)) + more),
    ...(source === null ? [] : excerpt(source, place.range, { style, paint, columns })),
  ];
}

function schedule({ schedule: steps }: ReportedFinding, style: Style): string[] {
  const agents = Math.max(...steps.map(({ agent }) => agent.length));
  const places = Math.max(...steps.map(({ file, line }) => `${file}:${line}`.length));
  return steps.map(
    ({ agent, file, line, does }, index) =>
      `  ${String(index + 1).padStart(3)}. ${agent.padEnd(agents)}  ${style.dim(`${file}:${line}`.padEnd(places))}  ${printable(does)}`,
  );
}

function summary({ findings, files, durationMs, hidden, errors, fixed }: CheckReport, style: Style): string {
  const seconds = `${(durationMs / 1000).toFixed(2)} s`;
  const where = `in ${count(files, 'file')}, ${seconds}`;
  const parts = (['error', 'warning', 'info', 'hint'] as const).flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    const name = severity === 'info' ? 'info' : number === 1 ? severity : `${severity}s`;
    return number === 0 ? [] : [painter(severity, style)(`${number} ${name}`)];
  });
  const fixable = findings.filter(({ fixes }) => fixes.some(({ safe }) => safe)).length;
  const lines = [
    findings.length === 0
      ? style.green(`No findings ${where}`)
      : `${style.bold(count(findings.length, 'finding'))} (${parts.join(', ')}) ${where}`,
  ];
  if (fixed.length === 0 && fixable > 0)
    lines.push(`${count(fixable, 'finding')} can be mended by lockstep check --fix`);
  if (hidden > 0)
    lines.push(style.dim(`${hidden} more below the asked severity: --min-severity hint shows them`));
  if (errors.length > 0)
    lines.push(style.yellow(`${count(errors.length, 'problem')} with the input, named on stderr`));
  return lines.join('\n');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function painter(severity: Severity, style: Style): (text: string) => string {
  if (severity === 'error') return style.red;
  return severity === 'warning' ? style.yellow : style.blue;
}
