import type { Fix } from '../../base/text.ts';
import { atomicFix, eventsAt, lockFix } from '../fix.ts';
import type { FixContext } from '../rule.ts';
import type { Sites } from '../words.ts';

/** Atomics on all sides, or the lock that the others hold. */
export function fix(cx: FixContext): readonly Fix[] {
  const { place, marks, guard } = cx.report.data as Sites;
  if (guard !== null) {
    const locked = lockFix(cx, guard.without, guard.lock);
    return locked === null ? [] : [{ ...locked, preferred: true }];
  }
  const atomic = atomicFix(cx, marks, place);
  if (atomic === null) return [];
  // A flag that decides what runs is meant to publish; data that belong together need one order for all of them.
  const isFlag = marks.some((mark) =>
    eventsAt(cx.program!, mark).some((event) => event.op === 'read' && event.guards.length > 0),
  );
  return [{ ...atomic, safe: atomic.safe && isFlag, preferred: isFlag }];
}
