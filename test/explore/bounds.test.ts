import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../server/src/base/cancel.ts';
import { cas, load, program, rmw, store, wait, when } from '../../server/src/explore/build.ts';
import { explain } from '../../server/src/explore/explain.ts';
import { explore } from '../../server/src/explore/explore.ts';
import { TooLarge } from '../../server/src/explore/limits.ts';
import type { Op, Program } from '../../server/src/explore/program.ts';
import { interleavings } from '../../server/src/explore/machine.ts';

/** Many agents with many plain loads: far too many outcomes for anyone. */
const HUGE: Program = program(
  'huge',
  [0, 1, 2, 3].map((agent) => [
    store('x', agent + 1),
    ...Array.from({ length: 6 }, (_, index): Op => load('x', `r${agent}${index}`)),
  ]),
);

describe('bounds', () => {
  it('are said when they are hit', { timeout: 60_000 }, () => {
    const found = explore(HUGE, { init: 'tear-free' });
    expect(found.limits).toEqual([expect.stringMatching(/^stopped at 250000 outcomes/)]);
    expect(found.outcomes.length).toBeLessThanOrEqual(250_000);
  });

  it('stop at the first answer that is no longer awaited', () => {
    let asked = 0;
    const cancelled = (): boolean => ++asked > 3;
    expect(() => explore(HUGE, { cancelled })).toThrow(Cancelled);
    // Asked often enough that nobody waits: after every few hundred choices, not at the end of the search.
    expect(asked).toBe(4);
    expect(() => interleavings(HUGE, 'sc', () => true)).toThrow(Cancelled);
    expect(() =>
      explain(HUGE, [{ reg: 'r00', cmp: '==', value: 77 }], { cancelled: () => true }),
    ).not.toThrow();
    expect(() =>
      explain(
        HUGE,
        [
          { reg: 'r00', cmp: '>=', value: 0 },
          { reg: 'r35', cmp: '==', value: 99 },
        ],
        { cancelled: () => true },
      ),
    ).toThrow(Cancelled);
  });

  it('hold for ways through the code as well, and for waits', () => {
    const ways = Array.from({ length: 6 }, (_, index): Op[] => [
      cas('x', 5, 6, `_r${index}`),
      when({ reg: `_r${index}` }, '==', 7, [load('y', `_y${index}`)]),
    ]).flat();
    const many = program('ways', [ways, ways, ways, ways]);
    let asked = 0;
    expect(() => explore(many, { cancelled: () => ++asked > 2 })).toThrow(Cancelled);
    const waits = Array.from({ length: 3 }, (): Op => wait('t', 0, null, 1));
    const sleepers = program('waits', [waits, waits, waits, waits]);
    asked = 0;
    expect(() => explore(sleepers, { cancelled: () => ++asked > 2 })).toThrow(Cancelled);
    const wide = Array.from({ length: 8 }, (_, index): Op =>
      store('x', index * 1e300 + 1 / 3, { type: 'f64' }),
    );
    const torn = program('wide', [...wide.map((op) => [op]).slice(1), [load('x', 'r', { type: 'f64' })]]);
    expect(() => explore(torn)).toThrow(/in more than 100000 ways/);
  });

  it('refuse what has too many ways through or too many writes', () => {
    const branches = Array.from({ length: 13 }, (_, index): Op => rmw('add', 'x', 1, `r${index}`)).flatMap(
      (op, index): Op[] => [op, when({ reg: `r${index}` }, '==', 0, [store('y', 1)])],
    );
    expect(() => explore(program('ways', [branches]))).toThrow(TooLarge);
    const writes = Array.from({ length: 40 }, (_, index): Op => store('x', index));
    expect(() => explore(program('writes', [writes, [load('x', 'r')]]))).toThrow(
      /could read from more than 30 writes/,
    );
  });
});
