import type { Fix } from '../../base/text.ts';
import { atomicFix } from '../fix.ts';
import type { FixContext } from '../rule.ts';

/** The same access with Atomics, as the cell's others. */
export function fix(cx: FixContext): readonly Fix[] {
  const atomic = atomicFix(cx, [cx.report.at], '');
  return atomic === null ? [] : [{ ...atomic, preferred: true }];
}
