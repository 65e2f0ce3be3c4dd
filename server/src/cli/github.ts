import type { Severity } from '../base/finding.ts';
import type { CheckReport, ReportedFinding } from './report.ts';

const COMMAND: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
  hint: 'notice',
};

/** Workflow commands of GitHub Actions: one line each, shown as annotations on the changed files. */
export function printGithub(report: CheckReport): string {
  const findings = report.findings.map(findingLine);
  const errors = report.errors.map(({ file, line, column, message }) =>
    workflowCommand('error', { file, line, col: column, title: 'lockstep' }, message),
  );
  return [...findings, ...errors].map((line) => `${line}\n`).join('');
}

function findingLine(finding: ReportedFinding): string {
  const { file, range, rule, severity, message, related, docs } = finding;
  const sides = related.map(
    (other) => `${other.file}:${other.range.start.line}:${other.range.start.column} ${other.message}`,
  );
  // GitHub draws columns only within one line and ignores them otherwise.
  const columns =
    range.start.line === range.end.line ? { col: range.start.column, endColumn: range.end.column } : {};
  return workflowCommand(
    COMMAND[severity],
    { file, line: range.start.line, endLine: range.end.line, ...columns, title: rule },
    [message, ...sides, docs].join('\n'),
  );
}

function workflowCommand(
  command: string,
  properties: Readonly<Record<string, string | number | undefined>>,
  message: string,
): string {
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(',');
  return `::${command} ${list}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
