/**
 * Once: the first agent that comes does the work; the others wait for it and see what it did.
 *
 * | state | means                                  |
 * |-------|----------------------------------------|
 * | 0     | not done                               |
 * | 1     | an agent is at it                      |
 * | 2     | done, for ever                         |
 *
 *     0 --first caller--> 1 --fn returned--> 2, wake all · 1 --fn threw--> 0, wake all: the next caller tries
 *
 * Memory, in 32-bit words: 0 tag · 1 state · 2 agent that is at it.
 *
 * Source: Go, package sync, type Once (its contract, not its code), which is double-checked locking as D. C. Schmidt
 * and T. Harrison describe it (1996), with the ordering that it needs.
 *
 * Happens-before: the end of `fn` → the return of every `do` and `doAsync`, and every `done` that is true.
 */
import type { SyncHandle, WaitOptions } from './shared.ts';
import {
  agentId,
  cellsOf,
  claim,
  deadlineOf,
  expectBlocking,
  expectHandle,
  expectNoPromise,
  expectTag,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
  SyncError,
} from './shared.ts';

const TAG = 0x4c53_0007;
const STATE = 1;
const RUNNER = 2;
const WORDS = 3;
const NEW = 0;
const RUNNING = 1;
const DONE = 2;

/**
 * Progress: blocking until done; after that wait-free, one load. The work must leave its result in shared memory.
 * An agent that is terminated in the middle of the work leaves it undone and claimed: timed forms give up.
 */
export class Once {
  static readonly alignment = 4;

  static byteLength(): number {
    return WORDS * 4;
  }

  static create(): Once {
    const buffer = new SharedArrayBuffer(Once.byteLength());
    Once.initialize(buffer, 0);
    return new Once(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number): void {
    claim(cellsOf(buffer, byteOffset, Once.byteLength(), Once.alignment, 'Once'), TAG, [NEW, 0], 'Once');
  }

  static from(handle: SyncHandle<'Once'>): Once {
    expectHandle(handle, 'Once');
    return new Once(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.cells = cellsOf(buffer, byteOffset, Once.byteLength(), Once.alignment, 'Once');
    expectTag(this.cells, TAG, 'Once');
  }

  get handle(): SyncHandle<'Once'> {
    return { type: 'Once', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Whether the work is done; what it wrote is then visible to this agent. */
  get done(): boolean {
    return Atomics.load(this.cells, STATE) === DONE;
  }

  /**
   * Does the work if nobody has, or waits until it is done. True when it is done; false if `timeoutMs` ran out first.
   * If `fn` throws, this call throws, the work counts as not done, and the next caller does it.
   * @throws SyncError cannot-block; self-deadlock if this agent is at the work already; async-body
   */
  do(fn: () => unknown, timeoutMs?: number): boolean {
    if (this.done) return true;
    expectBlocking('Once.do()');
    const deadline = deadlineOf(timeoutMs);
    for (;;) {
      const seen = Atomics.compareExchange(this.cells, STATE, NEW, RUNNING);
      if (seen === DONE) return true;
      if (seen === NEW) {
        this.cells[RUNNER] = agentId;
        let finished = false;
        try {
          expectNoPromise(fn(), 'Once.do()', 'doAsync()');
          finished = true;
        } finally {
          this.settle(finished ? DONE : NEW);
        }
        return true;
      }
      if (this.cells[RUNNER] === agentId)
        throw new SyncError(
          'self-deadlock',
          'Once.do() inside its own work, or while a task of this agent does it: it would wait for itself for ever',
        );
      if (remaining(deadline) <= 0) return false;
      sleep(this.cells, STATE, RUNNING, deadline, 'Once.do()');
    }
  }

  /** The async form: `fn` may return a promise. True when done, false after the timeout; rejects when the signal aborts. */
  async doAsync(fn: () => unknown, options: WaitOptions = {}): Promise<boolean> {
    if (options.signal?.aborted === true) throw reasonOf(options.signal);
    const deadline = deadlineOf(options.timeout);
    for (;;) {
      const seen = Atomics.compareExchange(this.cells, STATE, NEW, RUNNING);
      if (seen === DONE) return true;
      if (seen === NEW) {
        this.cells[RUNNER] = agentId;
        let finished = false;
        try {
          await fn();
          finished = true;
        } finally {
          this.settle(finished ? DONE : NEW);
        }
        return true;
      }
      if (remaining(deadline) <= 0) return false;
      await sleepAsync(this.cells, STATE, RUNNING, deadline, options.signal);
    }
  }

  private settle(state: number): void {
    // Cleared before the state is published: after it the word belongs to the next runner.
    this.cells[RUNNER] = 0;
    Atomics.store(this.cells, STATE, state);
    Atomics.notify(this.cells, STATE);
  }
}
