/**
 * Condition: sleep until another agent says that something may have changed.
 *
 * | word    | means                                                              |
 * |---------|--------------------------------------------------------------------|
 * | changes | counts the notifications; sleepers sleep on it                     |
 * | waiters | how many wait, so that a notification without any costs no wake-up |
 *
 *     wait: waiters + 1, read changes, unlock the mutex, sleep while changes is as read, waiters - 1, lock the mutex
 *     notify: changes + 1, wake one sleeper or all
 *
 * Memory, in 32-bit words: 0 tag · 1 changes · 2 waiters.
 *
 * Source: C. A. R. Hoare, "Monitors" (1974), with the signal-and-continue of B. W. Lampson and D. D. Redell, "Experience
 * with Processes and Monitors in Mesa" (1980); the sequence counter is Drepper's, "Futexes Are Tricky".
 *
 * Happens-before: what the mutex gives: changes made under the mutex before the notification → the waiter, once it
 * holds the mutex again. Besides, `notifyOne` and `notifyAll` → the return of the sleep they end (critical sections of
 * one waiters' list, ECMA-262 EnterCriticalSection).
 *
 * Invariant: the count of changes is read while the mutex is held, so every notification that is sent after the mutex
 * was let go changes it: none is lost between unlocking and sleeping.
 */
import type { SyncHandle, WaitOptions } from './shared.ts';
import {
  cellsOf,
  claim,
  deadlineOf,
  expectBlocking,
  expectHandle,
  expectTag,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
} from './shared.ts';

const TAG = 0x4c53_0004;
const CHANGES = 1;
const WAITERS = 2;
const WORDS = 3;

/** What a Condition needs of a lock; `Mutex` and the writer's side of `RWMutex` have it. */
export interface Lockable {
  lock(): unknown;
  lockAsync(): Promise<unknown>;
  /** Throws if this agent does not hold the lock. */
  unlock(): void;
}

/**
 * Waiting for a predicate over data that a mutex guards. Change the data while you hold the mutex, then notify; wait
 * in a loop that checks the predicate, or with {@link Condition.waitUntil}: wake-ups without a notification happen.
 *
 * Progress: `wait` blocks; notifications are wait-free. Cost of a notification without waiters: one load.
 * Limit: a waiter that is stopped for 2^32 notifications between reading the count and sleeping would miss them.
 */
export class Condition {
  static readonly alignment = 4;

  static byteLength(): number {
    return WORDS * 4;
  }

  static create(): Condition {
    const buffer = new SharedArrayBuffer(Condition.byteLength());
    Condition.initialize(buffer, 0);
    return new Condition(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number): void {
    const cells = cellsOf(buffer, byteOffset, Condition.byteLength(), Condition.alignment, 'Condition');
    claim(cells, TAG, [0, 0], 'Condition');
  }

  static from(handle: SyncHandle<'Condition'>): Condition {
    expectHandle(handle, 'Condition');
    return new Condition(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.cells = cellsOf(buffer, byteOffset, Condition.byteLength(), Condition.alignment, 'Condition');
    expectTag(this.cells, TAG, 'Condition');
  }

  get handle(): SyncHandle<'Condition'> {
    return { type: 'Condition', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /**
   * Lets the mutex go, sleeps until notified, and takes the mutex again. False if `timeoutMs` ran out first; the mutex
   * is held in either case.
   * @throws SyncError cannot-block; not-held if this agent does not hold the mutex
   */
  wait(mutex: Lockable, timeoutMs?: number): boolean {
    expectBlocking('Condition.wait()');
    const { cells } = this;
    const deadline = deadlineOf(timeoutMs);
    Atomics.add(cells, WAITERS, 1);
    const seen = Atomics.load(cells, CHANGES);
    try {
      mutex.unlock();
      try {
        sleep(cells, CHANGES, seen, deadline, 'Condition.wait()');
      } finally {
        mutex.lock();
      }
    } finally {
      Atomics.sub(cells, WAITERS, 1);
    }
    return Atomics.load(cells, CHANGES) !== seen || remaining(deadline) > 0;
  }

  /** The async form. The mutex is held again when the promise settles, also when the signal has aborted it. */
  async waitAsync(mutex: Lockable, options: WaitOptions = {}): Promise<boolean> {
    if (options.signal?.aborted === true) throw reasonOf(options.signal);
    const { cells } = this;
    const deadline = deadlineOf(options.timeout);
    Atomics.add(cells, WAITERS, 1);
    const seen = Atomics.load(cells, CHANGES);
    try {
      mutex.unlock();
      try {
        await sleepAsync(cells, CHANGES, seen, deadline, options.signal);
      } finally {
        await mutex.lockAsync();
      }
    } finally {
      Atomics.sub(cells, WAITERS, 1);
    }
    return Atomics.load(cells, CHANGES) !== seen || remaining(deadline) > 0;
  }

  /** The loop: waits until `predicate` holds, which is called with the mutex held. False if the time ran out first. */
  waitUntil(mutex: Lockable, predicate: () => boolean, timeoutMs?: number): boolean {
    const deadline = deadlineOf(timeoutMs);
    while (!predicate()) {
      const left = remaining(deadline);
      if (left <= 0) return false;
      this.wait(mutex, left);
    }
    return true;
  }

  /** The loop for async code. */
  async waitUntilAsync(
    mutex: Lockable,
    predicate: () => boolean,
    options: WaitOptions = {},
  ): Promise<boolean> {
    const deadline = deadlineOf(options.timeout);
    while (!predicate()) {
      const left = remaining(deadline);
      if (left <= 0) return false;
      await this.waitAsync(mutex, { timeout: left, signal: options.signal });
    }
    return true;
  }

  /** Wakes one waiter, the one that has slept longest. Call it with the mutex held, or after letting it go. */
  notifyOne(): void {
    if (Atomics.load(this.cells, WAITERS) === 0) return;
    Atomics.add(this.cells, CHANGES, 1);
    Atomics.notify(this.cells, CHANGES, 1);
  }

  /** Wakes all who wait now. */
  notifyAll(): void {
    if (Atomics.load(this.cells, WAITERS) === 0) return;
    Atomics.add(this.cells, CHANGES, 1);
    Atomics.notify(this.cells, CHANGES);
  }
}
