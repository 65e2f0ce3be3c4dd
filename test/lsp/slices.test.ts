import { describe, expect, it } from 'vitest';
import { Cancelled, type CancelCheck } from '../../server/src/base/cancel.ts';
import { readAbilities } from '../../server/src/lsp/capabilities.ts';
import type { Timers } from '../../server/src/lsp/host.ts';
import { Session } from '../../server/src/lsp/session.ts';
import { parseOptions } from '../../server/src/lsp/settings.ts';
import { inSlices } from '../../server/src/lsp/slices.ts';
import { createFakeEngine } from './fakeEngine.ts';

/** A clock that goes one millisecond on whenever it is looked at, and messages that arrive at given times. */
function clock(arrivals: readonly number[] | null = null) {
  let now = 0;
  let read = 0;
  const breaths: number[] = [];
  const waiting = () => (arrivals ?? []).filter((at) => at <= now).length > read;
  const timers: Timers = {
    now: () => ++now,
    after: () => () => undefined,
    breathe: () => {
      breaths.push(now);
      read = (arrivals ?? []).filter((at) => at <= now).length;
      return Promise.resolve();
    },
    ...(arrivals === null ? {} : { messageWaiting: waiting }),
  };
  return { timers, breaths };
}

/** Work of a length that keeps nothing of an attempt. */
const spin = (length: number, timers: Timers) => (cancelled: CancelCheck) => {
  const end = timers.now() + length;
  while (timers.now() < end) if (cancelled()) throw new Cancelled();
  return 'done';
};
const nothing = () => undefined;

describe('work in slices', () => {
  it.each([
    ['by time', null],
    ['by messages', []],
  ])('is done at once if it is short: %s', async (_name, arrivals) => {
    const { timers, breaths } = clock(arrivals);
    const long: string[] = [];
    expect(await inSlices(timers, nothing, () => long.push('long'), spin(50, timers))).toBe('done');
    expect(breaths).toHaveLength(1);
    expect(long).toEqual([]);
  });

  it('ends however long it is, where messages cannot be seen', async () => {
    const { timers, breaths } = clock();
    const long: string[] = [];
    expect(await inSlices(timers, nothing, () => long.push('long'), spin(1000, timers))).toBe('done');
    // 400, 800 and 1600 of the clock, which goes on while it is asked.
    expect(breaths.length).toBeGreaterThan(1);
    expect(breaths.length).toBeLessThan(5);
    expect(long).toEqual(['long']);
  });

  it('stops twice at most if nothing arrives: to say that it is long, and when it is done', async () => {
    const { timers, breaths } = clock([]);
    const long: string[] = [];
    expect(await inSlices(timers, nothing, () => long.push('long'), spin(100_000, timers))).toBe('done');
    expect(breaths).toHaveLength(2);
    expect(long).toEqual(['long']);
  });

  it('stops soon after a message has arrived', async () => {
    const { timers, breaths } = clock([100]);
    await inSlices(timers, nothing, nothing, spin(300, timers));
    expect(breaths[1]).toBeGreaterThanOrEqual(100);
    expect(breaths[1]).toBeLessThan(110);
  });

  it('ends although messages keep coming', async () => {
    const { timers } = clock(Array.from({ length: 100_000 }, (_, at) => at));
    expect(await inSlices(timers, nothing, nothing, spin(3000, timers))).toBe('done');
  });

  it('is given up when its answer is no longer wanted', async () => {
    const { timers } = clock([100]);
    let asked = 0;
    const proceed = () => {
      if (++asked === 2) throw new Error('not wanted');
    };
    await expect(inSlices(timers, proceed, nothing, spin(1_000_000, timers))).rejects.toThrow('not wanted');
  });
});

describe('two pieces of work', () => {
  it('are done one after the other, also when the first is interrupted or fails', async () => {
    const { timers } = clock([5]);
    const session = new Session(
      { files: { read: () => null, page: () => null }, timers, createEngine: createFakeEngine },
      readAbilities({}),
      parseOptions(null),
      nothing,
    );
    const steps: string[] = [];
    const first = session.work(nothing, (cancelled) => {
      steps.push('first');
      spin(50, timers)(cancelled);
      throw new Error('a defect');
    });
    const second = session.work(nothing, () => steps.push('second'));
    await expect(first).rejects.toThrow('a defect');
    await second;
    expect(steps).toEqual(['first', 'first', 'second']);
  });
});
