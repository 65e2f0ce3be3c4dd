import type { Span } from '../base/text.ts';
import type { FactContext } from '../facts/fact.ts';
import type { Mark, Unit } from '../ir/unit.ts';
import type { Reason } from './explanation.ts';

export function reasonsAt(
  _cx: FactContext,
  _unit: Unit,
  _line: number,
  _spanAt: (mark: Mark) => Span | null,
): readonly Reason[] {
  return [];
}
