/**
 * Semaphore: a number of permits, taken and given back.
 *
 * | word    | means                                                            |
 * |---------|------------------------------------------------------------------|
 * | permits | how many are free, at least 0                                     |
 * | waiters | how many calls wait, so that a release without any costs no wake  |
 * | large   | how many of those want more than one permit                       |
 *
 *     acquire(n): permits ≥ n → permits - n, else sleep on the permits word · release(n): permits + n, wake
 *
 * Memory, in 32-bit words: 0 tag · 1 permits · 2 waiters · 3 large waiters · 4 most permits there may be.
 *
 * Source: E. W. Dijkstra, "Over de sequentialiteit van procesbeschrijvingen" (EWD 35, 1962); sleeping as in Drepper,
 * "Futexes Are Tricky".
 *
 * Happens-before: `release` → each `acquire` that its permits make possible (the permits word is changed by
 * read-modify-writes only, so an acquisition reads from all changes before it).
 *
 * Invariant: a waiter counts itself before it looks at the permits, a release changes the permits before it looks at
 * the count: one of the two sees the other.
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

const TAG = 0x4c53_0003;
const PERMITS = 1;
const WAITERS = 2;
const LARGE = 3;
const MOST = 4;
const WORDS = 5;

export interface SemaphoreOptions {
  /** Permits to begin with. */
  readonly permits: number;
  /** A release beyond this number is an error: more was given back than was taken. Default: no such check. */
  readonly max?: number | undefined;
}

/**
 * Lets up to `permits` callers in at once. A permit belongs to nobody: any agent may release it.
 *
 * Progress: blocking; `tryAcquire` and `release` are lock-free. Not fair, and a call that wants many permits may
 * wait long while small ones pass.
 * An agent that is terminated keeps its permits for ever.
 */
export class Semaphore {
  static readonly alignment = 4;

  static byteLength(): number {
    return WORDS * 4;
  }

  static create(options: SemaphoreOptions): Semaphore {
    const buffer = new SharedArrayBuffer(Semaphore.byteLength());
    Semaphore.initialize(buffer, 0, options);
    return new Semaphore(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: SemaphoreOptions): void {
    const max = expectCount(options.max ?? 0x7fff_ffff, 1, 'Semaphore max');
    const permits = expectCount(options.permits, 0, 'Semaphore permits');
    if (permits > max)
      throw new SyncError('bad-argument', `Semaphore with ${permits} permits cannot have a max of ${max}`);
    claim(
      cellsOf(buffer, byteOffset, Semaphore.byteLength(), Semaphore.alignment, 'Semaphore'),
      TAG,
      [permits, 0, 0, max],
      'Semaphore',
    );
  }

  static from(handle: SyncHandle<'Semaphore'>): Semaphore {
    expectHandle(handle, 'Semaphore');
    return new Semaphore(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.cells = cellsOf(buffer, byteOffset, Semaphore.byteLength(), Semaphore.alignment, 'Semaphore');
    expectTag(this.cells, TAG, 'Semaphore');
  }

  get handle(): SyncHandle<'Semaphore'> {
    return { type: 'Semaphore', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Free permits now; by the time of the answer it may be otherwise. */
  get available(): number {
    return Atomics.load(this.cells, PERMITS);
  }

  /**
   * Waits until `n` permits are free and takes them together. False if `timeoutMs` ran out first.
   * @throws SyncError cannot-block, negative, bad-argument
   */
  acquire(n = 1, timeoutMs?: number): boolean {
    expectBlocking('Semaphore.acquire()');
    this.expectTakeable(n);
    if (this.take(n)) return true;
    const deadline = deadlineOf(timeoutMs);
    this.enter(n);
    try {
      for (;;) {
        const seen = Atomics.load(this.cells, PERMITS);
        if (seen >= n) {
          if (this.take(n)) return true;
        } else if (remaining(deadline) <= 0) return false;
        else sleep(this.cells, PERMITS, seen, deadline, 'Semaphore.acquire()');
      }
    } finally {
      this.leave(n);
    }
  }

  /** Takes `n` permits if they are free; never waits. */
  tryAcquire(n = 1): boolean {
    this.expectTakeable(n);
    return this.take(n);
  }

  /** The async form: true once taken, false after the timeout; rejects when the signal aborts, with nothing taken. */
  async acquireAsync(n = 1, options: WaitOptions = {}): Promise<boolean> {
    this.expectTakeable(n);
    if (options.signal?.aborted === true) throw reasonOf(options.signal);
    if (this.take(n)) return true;
    const deadline = deadlineOf(options.timeout);
    this.enter(n);
    try {
      for (;;) {
        const seen = Atomics.load(this.cells, PERMITS);
        if (seen >= n) {
          if (this.take(n)) return true;
        } else if (remaining(deadline) <= 0) return false;
        else await sleepAsync(this.cells, PERMITS, seen, deadline, options.signal);
      }
    } finally {
      this.leave(n);
    }
  }

  /**
   * Gives `n` permits back and wakes those who can go on.
   * @throws SyncError negative, bad-argument; also when there would be more than `max`
   */
  release(n = 1): void {
    expectCount(n, 1, 'Semaphore.release(n)');
    const { cells } = this;
    const max = Atomics.load(cells, MOST);
    for (;;) {
      const seen = Atomics.load(cells, PERMITS);
      if (seen + n > max)
        throw new SyncError(
          'bad-argument',
          `Semaphore.release(${n}) would make ${seen + n} permits of ${max}: more is given back than was taken`,
        );
      if (Atomics.compareExchange(cells, PERMITS, seen, seen + n) === seen) break;
    }
    if (Atomics.load(cells, WAITERS) === 0) return;
    // One permit wakes one small waiter. A large one might take the wake-up and not be able to use it, so wake all.
    if (Atomics.load(cells, LARGE) === 0) Atomics.notify(cells, PERMITS, n);
    else Atomics.notify(cells, PERMITS);
  }

  /** Runs `fn` with a permit and gives it back whatever happens. */
  async runExclusive<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    if (!(await this.acquireAsync(1, options))) {
      const error = new Error('Semaphore.runExclusive() did not get a permit within its timeout');
      error.name = 'TimeoutError';
      throw error;
    }
    try {
      return await fn();
    } finally {
      this.release();
    }
  }

  private take(n: number): boolean {
    const { cells } = this;
    for (;;) {
      const seen = Atomics.load(cells, PERMITS);
      if (seen < n) return false;
      if (Atomics.compareExchange(cells, PERMITS, seen, seen - n) === seen) return true;
    }
  }

  private enter(n: number): void {
    if (n > 1) Atomics.add(this.cells, LARGE, 1);
    Atomics.add(this.cells, WAITERS, 1);
  }

  private leave(n: number): void {
    Atomics.sub(this.cells, WAITERS, 1);
    if (n > 1) Atomics.sub(this.cells, LARGE, 1);
  }

  private expectTakeable(n: number): void {
    expectCount(n, 1, 'Semaphore.acquire(n)');
    const max = this.cells[MOST]!;
    if (n > max)
      throw new SyncError(
        'bad-argument',
        `Semaphore.acquire(${n}) would wait for ever: there are never more than ${max} permits`,
      );
  }
}
