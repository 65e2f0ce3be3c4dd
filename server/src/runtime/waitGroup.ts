/**
 * WaitGroup: wait until a number of jobs are done.
 *
 * | word   | means                                              |
 * |--------|----------------------------------------------------|
 * | count  | jobs that are not done                             |
 * | rounds | how often the count has reached 0; sleepers sleep on it |
 *
 *     add(n): count + n · done: count - 1, and at 0: rounds + 1, wake all · wait: until count is 0 or rounds has changed
 *
 * Memory, in 32-bit words: 0 tag · 1 count · 2 rounds.
 *
 * Source: Go, package sync, type WaitGroup (its contract, not its code); rounds are an event count (D. P. Reed,
 * R. K. Kanodia, "Synchronization with Eventcounts and Sequencers", 1979).
 *
 * Happens-before: each `done` → the return of every `wait` that it helps to end.
 *
 * Invariant: `rounds` changes after the count has reached 0, and a waiter reads `rounds` before it looks at the count:
 * a waiter cannot sleep through the end of its round, even when jobs are added at once for the next.
 */
import type { SyncHandle, WaitOptions } from './shared.ts';
import {
  cellsOf,
  claim,
  deadlineOf,
  expectBlocking,
  expectCount,
  expectHandle,
  expectTag,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
  SyncError,
} from './shared.ts';

const TAG = 0x4c53_0006;
const COUNT = 1;
const ROUNDS = 2;
const WORDS = 3;

export interface WaitGroupOptions {
  /** Jobs to begin with; default 0. */
  readonly count?: number | undefined;
}

/**
 * Add before the work is handed out, in the agent that waits: an `add` that the waiter cannot see in time is not waited for.
 *
 * Progress: `wait` blocks; `add` and `done` are lock-free. Cost: one compare-exchange each.
 * A worker that is terminated before its `done` is waited for until the timeout: call `done` for it on its `exit`.
 */
export class WaitGroup {
  static readonly alignment = 4;

  static byteLength(): number {
    return WORDS * 4;
  }

  static create(options: WaitGroupOptions = {}): WaitGroup {
    const buffer = new SharedArrayBuffer(WaitGroup.byteLength());
    WaitGroup.initialize(buffer, 0, options);
    return new WaitGroup(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: WaitGroupOptions = {}): void {
    const count = expectCount(options.count ?? 0, 0, 'WaitGroup count');
    const cells = cellsOf(buffer, byteOffset, WaitGroup.byteLength(), WaitGroup.alignment, 'WaitGroup');
    claim(cells, TAG, [count, 0], 'WaitGroup');
  }

  static from(handle: SyncHandle<'WaitGroup'>): WaitGroup {
    expectHandle(handle, 'WaitGroup');
    return new WaitGroup(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.cells = cellsOf(buffer, byteOffset, WaitGroup.byteLength(), WaitGroup.alignment, 'WaitGroup');
    expectTag(this.cells, TAG, 'WaitGroup');
  }

  get handle(): SyncHandle<'WaitGroup'> {
    return { type: 'WaitGroup', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Jobs that are not done now. */
  get count(): number {
    return Atomics.load(this.cells, COUNT);
  }

  /**
   * Counts `n` jobs more, or fewer if `n` is negative.
   * @throws SyncError negative if the count would fall below 0; nothing is changed then
   */
  add(n: number): void {
    if (!Number.isInteger(n))
      throw new SyncError('bad-argument', `WaitGroup.add(n) needs a whole number, and not ${String(n)}`);
    const { cells } = this;
    for (;;) {
      const seen = Atomics.load(cells, COUNT);
      if (seen + n < 0)
        throw new SyncError(
          'negative',
          `WaitGroup would count ${seen + n} jobs: done() was called more often than add() announced`,
        );
      if (seen + n > 0x7fff_ffff)
        throw new SyncError('bad-argument', `WaitGroup cannot count ${seen + n} jobs: 2^31 - 1 is the most`);
      if (Atomics.compareExchange(cells, COUNT, seen, seen + n) !== seen) continue;
      if (seen + n === 0 && n !== 0) {
        Atomics.add(cells, ROUNDS, 1);
        Atomics.notify(cells, ROUNDS);
      }
      return;
    }
  }

  /** One job is done. @throws SyncError negative */
  done(): void {
    this.add(-1);
  }

  /**
   * Waits until the count is 0. False if `timeoutMs` ran out first.
   * @throws SyncError cannot-block
   */
  wait(timeoutMs?: number): boolean {
    expectBlocking('WaitGroup.wait()');
    const { cells } = this;
    const deadline = deadlineOf(timeoutMs);
    const round = Atomics.load(cells, ROUNDS);
    while (Atomics.load(cells, COUNT) !== 0 && Atomics.load(cells, ROUNDS) === round) {
      if (remaining(deadline) <= 0) return false;
      sleep(cells, ROUNDS, round, deadline, 'WaitGroup.wait()');
    }
    return true;
  }

  /** The async form: true when the count is 0, false after the timeout; rejects when the signal aborts. */
  async waitAsync(options: WaitOptions = {}): Promise<boolean> {
    if (options.signal?.aborted === true) throw reasonOf(options.signal);
    const { cells } = this;
    const deadline = deadlineOf(options.timeout);
    const round = Atomics.load(cells, ROUNDS);
    while (Atomics.load(cells, COUNT) !== 0 && Atomics.load(cells, ROUNDS) === round) {
      if (remaining(deadline) <= 0) return false;
      await sleepAsync(cells, ROUNDS, round, deadline, options.signal);
    }
    return true;
  }
}
