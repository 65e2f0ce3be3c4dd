/** For: a report as SARIF 2.1.0 (OASIS standard). In and out: a report in, JSON text out. */
import { pathToFileURL } from 'node:url';
import type { Location, Log, Result } from 'sarif';
import type { Place, Report } from './report.ts';

export function printSarif(report: Report, cwd: string, version: string): string {
  const races = report.races.map(({ accesses: [now, before], location }): Result => ({
    ruleId: 'data-race',
    level: 'error',
    message: {
      text: `${now.kind} by ${now.thread} is unordered with the ${before.kind} by ${before.thread} at ${before.file}:${before.line}: bytes ${location.byteOffset} to ${location.byteOffset + location.byteLength - 1} of the buffer ${location.buffer}`,
    },
    locations: [at(now)],
    relatedLocations: [at(before, `${before.kind} by ${before.thread}`)],
    stacks: [now, before].map((access) => ({
      message: { text: `${access.kind} by ${access.thread}` },
      frames: access.stack.map((frame) => ({ location: at(frame, frame.function) })),
    })),
  }));
  const deadlocks = report.deadlocks.map(({ kind, threads, locks, sites }): Result => ({
    ruleId: kind,
    level: kind === 'lock-order' ? 'warning' : 'error',
    message: { text: `${kind}: ${threads.join(', ')} at ${locks.join(', ')}` },
    locations: sites.slice(0, 1).map((site) => at(site)),
    relatedLocations: sites.slice(1).map((site) => at(site, site.function)),
  }));
  const ids = [...new Set([...races, ...deadlocks].map(({ ruleId }) => ruleId!))];
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Lockstep race',
            version,
            semanticVersion: version,
            informationUri: 'https://github.com/lockstep-js/lockstep',
            rules: ids.map((id) => ({ id, shortDescription: { text: DESCRIPTIONS[id] ?? id } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { SRCROOT: { uri: `${pathToFileURL(cwd).href.replace(/\/$/, '')}/` } },
        results: [...races, ...deadlocks],
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'data-race': 'Unordered accesses to the same bytes, at least one of them a write and one not atomic',
  cycle: 'Threads that wait for each other',
  'lock-order': 'Locks taken in opposite orders',
  'lost-wakeup': 'A wait that nobody can end',
  self: 'A thread waits for a lock that it holds',
};

function at({ file, line, column }: Place, text?: string): Location {
  const absolute = /^(?:\/|[A-Za-z]:\/)/.test(file);
  return {
    physicalLocation: {
      artifactLocation: absolute
        ? { uri: pathToFileURL(file).href }
        : { uri: encodeURI(file), uriBaseId: 'SRCROOT' },
      region: { startLine: Math.max(1, line), startColumn: Math.max(1, column) },
    },
    ...(text === undefined || text === '' ? {} : { message: { text } }),
  };
}
