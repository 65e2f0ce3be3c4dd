/**
 * For: an answer within a keystroke, where the client says that it takes one and waits for a refresh: findings of the file
 * alone are fresh, those that reach across files are the ones of before the edit, moved with the text.
 * In and out: findings and two texts in; findings out. Must never know: the protocol.
 */
import type { Finding } from '../base/finding.ts';
import type { FileId, Span } from '../base/text.ts';

/** What was found in a file when everything was known. */
export interface Known {
  /** Of the session, at that moment. */
  readonly revision: number;
  readonly text: string;
  readonly findings: readonly Finding[];
  /** Those of them that the file alone does not show. */
  readonly across: readonly Finding[];
}

export function known(
  revision: number,
  text: string,
  findings: readonly Finding[],
  quick: readonly Finding[],
): Known {
  const own = new Set(quick.map(identity));
  return { revision, text, findings, across: findings.filter((finding) => !own.has(identity(finding))) };
}

/** A finding whose place lies inside the edit is left out: whether it still holds is not known yet. */
export function provisionalFindings(
  file: FileId,
  text: string,
  quick: readonly Finding[],
  before: Known,
): readonly Finding[] {
  const move = mover(file, before.text, text);
  const across = before.across.flatMap((finding): Finding[] => {
    const span = move(finding.span);
    if (span === null) return [];
    const related = finding.related.map((other) => ({ ...other, span: move(other.span) ?? span }));
    const schedule = finding.schedule.map((step) => ({ ...step, span: move(step.span) ?? span }));
    return [{ ...finding, span, related, schedule }];
  });
  return [...across, ...quick].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
}

/** Where a span of the old text is in the new one, if the two differ in one stretch; null: within that stretch. */
function mover(file: FileId, before: string, after: string): (span: Span) => Span | null {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before.charCodeAt(head) === after.charCodeAt(head)) head++;
  let tail = 0;
  while (
    tail < least - head &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail++;
  const shift = after.length - before.length;
  return (span) => {
    if (span.file !== file || span.end <= head) return span;
    if (span.start < before.length - tail) return null;
    return { file, start: span.start + shift, end: span.end + shift };
  };
}

function identity({ rule, span, message }: Finding): string {
  return `${rule} ${span.start} ${span.end} ${message}`;
}
