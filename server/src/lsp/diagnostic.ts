/** For: findings and problems in the protocol's words. In and out: engine data in, Diagnostics out. */
import type { Diagnostic } from 'vscode-languageserver';
import type { Finding } from '../base/finding.ts';
import { hashText, type FileId } from '../base/text.ts';
import { SEVERITY } from './convert.ts';
import type { Session } from './session.ts';
import { pageAddress } from './settings.ts';

/** What travels with a diagnostic and comes back with a request for code actions. */
export interface DiagnosticData {
  readonly key: string;
  readonly confidence: Finding['confidence'];
  readonly category: Finding['category'];
  readonly lesson: string;
  /** Absent if there is none. */
  readonly schedule?: readonly ScheduleStepData[];
}
export interface ScheduleStepData {
  readonly agent: string;
  readonly does: string;
  readonly uri: string;
  readonly range: Diagnostic['range'];
}

/** Names a finding as long as its place and words stay the same. */
export function findingKey({ rule, span, message }: Finding): string {
  return hashText(`${rule} ${span.file} ${span.start} ${span.end} ${message}`);
}

export function toDiagnostic(finding: Finding, { lines, client, options }: Session): Diagnostic {
  const { rule, related } = finding;
  const elsewhere = related.map(({ span, message }) => ({ location: lines.location(span), message }));
  const told = client.relatedInformation
    ? ''
    : elsewhere
        .map(
          ({ location: { uri, range }, message }) =>
            `\n${shortName(uri)}:${range.start.line + 1}: ${message}`,
        )
        .join('');
  const data: DiagnosticData = {
    key: findingKey(finding),
    confidence: finding.confidence,
    category: finding.category,
    lesson: finding.lesson,
    ...(finding.schedule.length === 0 ? {} : { schedule: scheduleOf(finding, lines) }),
  };
  return {
    range: lines.range(finding.span),
    severity: SEVERITY[finding.severity],
    code: rule,
    ...(client.codeDescription ? { codeDescription: { href: pageAddress(options, rule) } } : {}),
    source: 'lockstep',
    message: finding.message + told,
    ...(client.relatedInformation && elsewhere.length > 0 ? { relatedInformation: elsewhere } : {}),
    ...(client.diagnosticData ? { data } : {}),
  };
}

export function scheduleOf({ schedule }: Finding, lines: Session['lines']): ScheduleStepData[] {
  return schedule.map(({ agent, does, span }) => ({ agent, does, ...lines.location(span) }));
}

/** What is wrong with a file that is not code, such as a configuration with an unknown rule. */
export function problemDiagnostics(file: FileId, { lines, projects }: Session): Diagnostic[] {
  return projects
    .engines()
    .flatMap((engine) => engine.problems())
    .filter((problem) => problem.file === file)
    .map((problem) => ({
      range: lines.range(problem.span ?? { file, start: 0, end: 0 }),
      severity: SEVERITY.warning,
      code: 'input',
      source: 'lockstep',
      message: problem.message,
    }));
}

function shortName(uri: string): string {
  return decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
}
