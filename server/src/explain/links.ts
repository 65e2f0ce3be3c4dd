import type { Span } from '../base/text.ts';
import type { Mark } from '../ir/unit.ts';
import type { Explanation } from './explanation.ts';
import { where, type LinkTo, type Telling } from './telling.ts';

/** As many as a person looks at. */
const MOST = 8;

/** Marks become spans; what reads the same is told once, the place at hand not at all. */
export function linksOf(t: Telling, own: Span, links: readonly LinkTo[]): Explanation['links'] {
  const lines = new Set<string>();
  const found: { label: string; span: Span }[] = [];
  for (const { to, label } of links) {
    const span = isMark(to) ? t.spanAt(to) : to;
    const line = isMark(to) ? `${where(t, to)} ${label}` : label;
    if (span === null || isSame(span, own) || lines.has(line)) continue;
    if (found.some((each) => isSame(each.span, span))) continue;
    lines.add(line);
    found.push({ label, span });
    if (found.length === MOST) break;
  }
  return found;
}

function isMark(to: Mark | Span): to is Mark {
  return 'func' in to;
}

function isSame(a: Span, b: Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}
