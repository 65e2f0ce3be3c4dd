/** For: SARIF 2.1.0 (OASIS standard), as code scanning services read it. Clause numbers below are the standard's. */
import { pathToFileURL } from 'node:url';
import type { CodeFlow, Fix, Location, Log, ReportingDescriptor, Result, Run } from 'sarif';
import { docsUrl, type Severity } from '../base/finding.ts';
import type { RulePage } from './pages.ts';
import { compareText, type CheckReport, type Located, type ReportedFinding } from './report.ts';

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
  hint: 'note',
};

/** `result.rank` (3.27.25) is a priority from 0 to 100; ours follows how sure the finding is. */
const RANK: Readonly<Record<ReportedFinding['confidence'], number>> = {
  proved: 95,
  likely: 70,
  possible: 30,
};

/** The base that all file names are relative to: the working directory (3.14.14). */
const BASE = 'SRCROOT';

export function printSarif(
  report: CheckReport,
  cwd: string,
  toolVersion: string,
  pageOf: (rule: string) => RulePage | null,
): string {
  const ids = [...new Set(report.findings.map(({ rule }) => rule))].sort(compareText);
  const run: Run = {
    tool: {
      driver: {
        name: 'Lockstep',
        version: toolVersion,
        semanticVersion: toolVersion,
        informationUri: 'https://github.com/lockstep-js/lockstep',
        rules: ids.map((id) => describeRule(id, report, pageOf(id))),
      },
    },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [BASE]: { uri: `${pathToFileURL(cwd).href.replace(/\/$/, '')}/` } },
    invocations: [
      {
        executionSuccessful: report.errors.length === 0,
        toolExecutionNotifications: report.errors.map(({ file, message, line, column }) => ({
          level: 'error' as const,
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: artifact(file),
                ...(line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } }),
              },
            },
          ],
        })),
      },
    ],
    results: report.findings.map((finding) => describeResult(finding, ids.indexOf(finding.rule))),
  };
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function describeRule(id: string, report: CheckReport, page: RulePage | null): ReportingDescriptor {
  const found = report.findings.find(({ rule }) => rule === id);
  return {
    id,
    ...(page === null
      ? {}
      : {
          shortDescription: { text: page.title },
          fullDescription: { text: page.summary || page.title },
          help: { text: page.markdown, markdown: page.markdown },
        }),
    helpUri: docsUrl(id),
    properties: { tags: ['concurrency', ...(found === undefined ? [] : [found.category])] },
  };
}

function describeResult(finding: ReportedFinding, ruleIndex: number): Result {
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: LEVEL[finding.severity],
    rank: RANK[finding.confidence],
    message: { text: finding.message },
    locations: [location(finding)],
    ...(finding.related.length === 0
      ? {}
      : {
          relatedLocations: finding.related.map((other, id) => ({
            id,
            ...location(other),
            message: { text: other.message },
          })),
        }),
    ...(finding.schedule.length === 0 ? {} : { codeFlows: [codeFlow(finding)] }),
    ...(finding.fixes.length === 0 ? {} : { fixes: finding.fixes.map(describeFix) }),
    properties: { confidence: finding.confidence, category: finding.category, lesson: finding.lesson },
  };
}

/** One thread flow per agent (3.36.3); `executionOrder` (3.38.11) says how the agents take turns. */
function codeFlow(finding: ReportedFinding): CodeFlow {
  const agents = [...new Set(finding.schedule.map(({ agent }) => agent))];
  return {
    threadFlows: agents.map((agent) => ({
      id: agent,
      locations: finding.schedule.flatMap((step, index) =>
        step.agent === agent
          ? [
              {
                executionOrder: index + 1,
                location: {
                  physicalLocation: {
                    artifactLocation: artifact(step.file),
                    region: { startLine: step.line },
                  },
                  message: { text: `${step.agent}: ${step.does}` },
                },
              },
            ]
          : [],
      ),
    })),
  };
}

function describeFix({ title, edits }: ReportedFinding['fixes'][number]): Fix {
  const files = [...new Set(edits.map(({ file }) => file))];
  return {
    description: { text: title },
    artifactChanges: files.map((file) => ({
      artifactLocation: artifact(file),
      replacements: edits
        .filter((edit) => edit.file === file)
        .map((edit) => ({ deletedRegion: region(edit), insertedContent: { text: edit.newText } })),
    })),
  };
}

function location(place: Located): Location {
  return { physicalLocation: { artifactLocation: artifact(place.file), region: region(place) } };
}

/** SARIF's `endColumn` is exclusive (3.30.8), as ours is. */
function region({ range }: Located): {
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
} {
  return {
    startLine: range.start.line,
    startColumn: range.start.column,
    endLine: range.end.line,
    endColumn: range.end.column,
  };
}

function artifact(file: string): { uri: string; uriBaseId: string } {
  return { uri: file.split('/').map(encodeURIComponent).join('/'), uriBaseId: BASE };
}
