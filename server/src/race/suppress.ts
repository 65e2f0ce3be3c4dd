/**
 * For: races that are known and accepted, each with a reason.
 * In and out: the text of a suppression file and a report in; the report without them, and suppressions that matched
 * nothing, out.
 *
 * One suppression a line, `<file>[:<line>] [<file>[:<line>]]: <reason>`; `#` begins a comment. A race is left out if each
 * place named matches one of its accesses; a deadlock, if each matches one of its sites.
 */
import type { Report } from './report.ts';

interface Pattern {
  readonly file: string;
  readonly line: number | null;
}
export interface Suppression {
  readonly at: number;
  readonly places: readonly Pattern[];
  readonly reason: string;
}

export class SuppressionError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** @throws SuppressionError for a line without a reason or without a place. */
export function parseSuppressions(text: string): Suppression[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return [];
    const parts = /^(.*?\S):\s+(\S.*)$/.exec(content);
    if (parts === null)
      throw new SuppressionError(index + 1, 'no reason; write `file.mjs:12: why this is meant`');
    const places = parts[1]!.split(/\s+/).map((place) => {
      const numbered = /^(.*):(\d+)$/.exec(place);
      return numbered === null
        ? { file: place, line: null }
        : { file: numbered[1]!, line: Number(numbered[2]) };
    });
    return [{ at: index + 1, places, reason: parts[2]! }];
  });
}

export function suppress(
  report: Report,
  suppressions: readonly Suppression[],
): { report: Report; unused: Suppression[] } {
  const used = new Set<Suppression>();
  const kept = (places: readonly { readonly file: string; readonly line: number }[]): boolean => {
    const found = suppressions.find((one) =>
      one.places.every((pattern) =>
        places.some(
          ({ file, line }) =>
            (file === pattern.file || file.endsWith(`/${pattern.file}`)) && (pattern.line ?? line) === line,
        ),
      ),
    );
    if (found !== undefined) used.add(found);
    return found === undefined;
  };
  return {
    report: {
      ...report,
      races: report.races.filter(({ accesses }) => kept(accesses)),
      deadlocks: report.deadlocks.filter(({ sites }) => kept(sites)),
    },
    unused: suppressions.filter((one) => !used.has(one)),
  };
}
