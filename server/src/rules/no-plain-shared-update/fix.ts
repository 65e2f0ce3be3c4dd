import type { Fix } from '../../base/text.ts';
import { atomicFix, lockFix } from '../fix.ts';
import type { FixContext } from '../rule.ts';
import type { Sites } from '../words.ts';

/** One atomic operation for each update of the cell, or the lock that the other accesses hold. */
export function fix(cx: FixContext): readonly Fix[] {
  const { place, marks, guard } = cx.report.data as Sites;
  if (guard !== null) {
    const locked = lockFix(cx, guard.without, guard.lock);
    return locked === null ? [] : [{ ...locked, preferred: true }];
  }
  const everywhere = atomicFix(cx, marks, place);
  if (everywhere !== null) return [{ ...everywhere, preferred: true }];
  // The other side cannot be mended in the same way; this one loses no more updates of others.
  const here = atomicFix(cx, [cx.report.at], place);
  return here === null ? [] : [{ ...here, safe: false }];
}
