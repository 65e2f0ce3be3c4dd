/**
 * For: what a hover says: which rule of the memory model applies to the code at hand, and with which other place.
 * In and out: facts, a Unit and an offset → an Explanation. Must never know: the editor.
 */
import type { Span } from '../base/text.ts';
import type { FactContext } from '../facts/fact.ts';
import type { Mark, Unit } from '../ir/unit.ts';
import type { Explanation } from './explanation.ts';

export function explainAt(
  _cx: FactContext,
  _unit: Unit,
  _offset: number,
  _spanAt: (mark: Mark) => Span | null,
): Explanation | null {
  return null;
}
