import type { Finding } from '../base/finding.ts';
import type { Edit, FileId, Fix } from '../base/text.ts';

/** A fix together with the finding that it mends. */
export interface Candidate {
  readonly finding: Finding;
  readonly fix: Fix;
}

/** The fix that may be applied unseen: the preferred one if it is safe, else the first safe one. */
export function safeFix(fixes: readonly Fix[]): Fix | undefined {
  return fixes.find((fix) => fix.safe && fix.preferred === true) ?? fixes.find((fix) => fix.safe);
}

/**
 * The longest prefix-greedy choice of fixes whose edits can all be made to the same text: each is taken whole or not at all,
 * the earlier candidate wins, and an edit that an earlier fix already makes counts once.
 */
export function mergeFixes(candidates: readonly Candidate[]): {
  readonly taken: readonly Candidate[];
  readonly edits: readonly Edit[];
} {
  const taken: Candidate[] = [];
  const edits: Edit[] = [];
  for (const candidate of candidates) {
    const fresh = candidate.fix.edits.filter((edit) => !edits.some((other) => sameEdit(edit, other)));
    if (fresh.some((edit) => edits.some((other) => conflict(edit, other)))) continue;
    taken.push(candidate);
    edits.push(...fresh);
  }
  return { taken, edits };
}

/** In the order in which the files are first named. */
export function editsByFile(edits: readonly Edit[]): ReadonlyMap<FileId, readonly Edit[]> {
  const files = new Map<FileId, Edit[]>();
  for (const edit of edits) {
    const own = files.get(edit.span.file);
    if (own === undefined) files.set(edit.span.file, [edit]);
    else own.push(edit);
  }
  return files;
}

function sameEdit(a: Edit, b: Edit): boolean {
  return (
    a.span.file === b.span.file &&
    a.span.start === b.span.start &&
    a.span.end === b.span.end &&
    a.text === b.text
  );
}

/** Two insertions at one offset conflict too: nothing says which comes first. */
function conflict(a: Edit, b: Edit): boolean {
  if (a.span.file !== b.span.file) return false;
  if (a.span.start === b.span.start && (a.span.start === a.span.end) === (b.span.start === b.span.end))
    return true;
  return a.span.start < b.span.end && b.span.start < a.span.end;
}
