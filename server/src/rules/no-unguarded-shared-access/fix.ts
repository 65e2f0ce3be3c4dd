import type { Fix } from '../../base/text.ts';
import { lockFix } from '../fix.ts';
import type { FixContext } from '../rule.ts';

/** The same lock here. */
export function fix(cx: FixContext): readonly Fix[] {
  const locked = lockFix(cx, [cx.report.at], cx.report.data as number);
  return locked === null ? [] : [{ ...locked, preferred: true }];
}
