/**
 * For: counts of outcomes as rows of a histogram, each under what the lesson says of it.
 * In and out: counts and claims in, rows out. Must never know: the page.
 */
import type { Claim } from '../../server/src/learn/protocol.ts';
import { claimFor } from '../../server/src/learn/source.ts';

export interface Row {
  readonly label: string;
  readonly times: number;
  /** From 0 to 1, of all trials. */
  readonly share: number;
  /** `unknown`: an outcome that the lesson does not foresee. */
  readonly kind: 'fine' | 'harm' | 'unknown';
  readonly meaning: string;
}

/** More different numbers than this under one claim are drawn as ranges. */
const MAX_ROWS = 10;

/** Numbers in their order, words by frequency; harm and the unforeseen first, so that they are not overlooked. */
export function histogram(
  counts: Readonly<Record<string, number>>,
  claims: readonly Claim[],
): readonly Row[] {
  const total = Object.values(counts).reduce((sum, times) => sum + times, 0);
  const groups = new Map<Claim | null, { outcome: string; times: number }[]>();
  for (const [outcome, times] of Object.entries(counts)) {
    const claim = claimFor(claims, outcome);
    const group = groups.get(claim) ?? [];
    group.push({ outcome, times });
    groups.set(claim, group);
  }
  const rows: Row[] = [];
  for (const [claim, outcomes] of groups) {
    const numeric = outcomes.every(({ outcome }) => /^-?\d+$/.test(outcome));
    const entries =
      numeric && outcomes.length > MAX_ROWS
        ? ranges(outcomes)
        : outcomes
            .sort((a, b) => (numeric ? Number(a.outcome) - Number(b.outcome) : b.times - a.times))
            .map(({ outcome, times }) => ({ label: numeric ? thousands(outcome) : outcome, times }));
    for (const { label, times } of entries) {
      rows.push({
        label,
        times,
        share: times / total,
        kind: claim?.kind ?? 'unknown',
        meaning: claim?.meaning ?? '',
      });
    }
  }
  const rank = { unknown: 0, harm: 1, fine: 2 };
  return rows.sort((a, b) => rank[a.kind] - rank[b.kind]);
}

/** Ranges of one width, rounded to 1, 2 or 5 times a power of ten; empty ones between others stay, as gaps do in a drawing. */
function ranges(outcomes: readonly { outcome: string; times: number }[]): { label: string; times: number }[] {
  const values = outcomes.map(({ outcome, times }) => ({ value: Number(outcome), times }));
  const low = Math.min(...values.map(({ value }) => value));
  const high = Math.max(...values.map(({ value }) => value));
  const width = niceWidth((high - low + 1) / MAX_ROWS);
  const first = Math.floor(low / width);
  const bins = Array.from({ length: Math.floor(high / width) - first + 1 }, () => 0);
  for (const { value, times } of values) bins[Math.floor(value / width) - first]! += times;
  return bins.map((times, index) => {
    const from = (first + index) * width;
    return { label: `${thousands(String(from))} – ${thousands(String(from + width - 1))}`, times };
  });
}

function niceWidth(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return ([1, 2, 5, 10].find((step) => step * power >= least) ?? 10) * power;
}

/** 200000 → 200 000, with a space that does not break. */
export function thousands(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
}
