/**
 * RWMutex: many readers, or one writer.
 *
 * | state | means                    |     | queue word      | means                                       |
 * |-------|--------------------------|     |-----------------|---------------------------------------------|
 * | 0     | free                     |     | waiting writers | > 0: readers that come now wait             |
 * | n > 0 | n readers hold it        |     | writer turn     | writers sleep on it; changed to wake one    |
 * | -1    | one writer holds it      |     | reader turn     | readers sleep on it; changed to wake all    |
 *
 *     reader enters:  state ≥ 0 and (no writer waits, or the reader turn has changed since this reader came)
 *     writer enters:  state = 0
 *     last reader leaves: wake one writer · writer leaves: wake one writer and all readers
 *
 * So a waiting writer lets no new reader in, and the readers that a writer kept waiting get in after it: neither side
 * starves the other.
 *
 * Memory, in 32-bit words: 0 tag · 1 state · 2 waiting writers · 3 writer turn · 4 reader turn · 5 writing agent ·
 * 6 flags · 7 waiting readers, so that a writer without any costs no wake-up · from 8 on the debug block.
 *
 * Source: P. J. Courtois, F. Heymans, D. L. Parnas, "Concurrent Control with Readers and Writers" (1971); the turns
 * are event counts (D. P. Reed, R. K. Kanodia, 1979); phases as in B. B. Brandenburg, J. H. Anderson (2010).
 *
 * Happens-before: `unlock` → each later `lock` and `rLock`; `rUnlock` → each later `lock`. The state word is changed by
 * read-modify-writes only.
 *
 * Invariant: a waiter reads its turn, then looks at the state; who changes the state changes the turn after it. So
 * either the waiter sees the new state, or its sleep ends at once.
 */
import type { Guard, LockOptions, LockRecorder, SyncHandle, WaitOptions } from './shared.ts';
import {
  agentId,
  cellsOf,
  claim,
  deadlineOf,
  DEBUG_BYTES,
  debugFor,
  expectBlocking,
  expectHandle,
  expectNoPromise,
  expectTag,
  guardOf,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
  SyncError,
} from './shared.ts';

const TAG = 0x4c53_0002;
const STATE = 1;
const WRITERS = 2;
const WRITER_TURN = 3;
const READER_TURN = 4;
const HOLDER = 5;
const FLAGS = 6;
const READERS = 7;
const WORDS = 8;
const DEBUG = 1;
const WRITING = -1;

/**
 * A lock for data that is read much more often than it is written.
 *
 * Progress: blocking; neither readers nor writers are starved by the other side. Writers are not fair among themselves.
 * Cost: one compare-exchange for each side of a free lock.
 * Not reentrant: an agent that takes a second read lock while a writer waits between the two waits for ever.
 *
 * An agent that is terminated while it holds the lock leaves it held, and one that is terminated while it waits to
 * write keeps new readers out: timed forms give up, others wait for ever.
 */
export class RWMutex {
  static readonly alignment = 4;

  /** In bytes: 32, more in debug mode. */
  static byteLength(options: LockOptions = {}): number {
    return WORDS * 4 + (options.debug === true ? DEBUG_BYTES : 0);
  }

  static create(options: LockOptions = {}): RWMutex {
    const buffer = new SharedArrayBuffer(RWMutex.byteLength(options));
    RWMutex.initialize(buffer, 0, options);
    return new RWMutex(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: LockOptions = {}): void {
    const cells = cellsOf(buffer, byteOffset, RWMutex.byteLength(options), RWMutex.alignment, 'RWMutex');
    claim(cells, TAG, [0, 0, 0, 0, 0, options.debug === true ? DEBUG : 0, 0], 'RWMutex');
    if (options.debug === true) debugFor('RWMutex').prepare(cells.subarray(WORDS), options.name);
  }

  static from(handle: SyncHandle<'RWMutex'>): RWMutex {
    expectHandle(handle, 'RWMutex');
    return new RWMutex(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;
  private readonly debug: LockRecorder | undefined;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    let cells = cellsOf(buffer, byteOffset, RWMutex.byteLength(), RWMutex.alignment, 'RWMutex');
    expectTag(cells, TAG, 'RWMutex');
    if ((cells[FLAGS]! & DEBUG) !== 0) {
      cells = cellsOf(buffer, byteOffset, RWMutex.byteLength({ debug: true }), RWMutex.alignment, 'RWMutex');
      this.debug = debugFor('RWMutex').attach(cells.subarray(WORDS), 'RWMutex');
    } else this.debug = undefined;
    this.cells = cells;
  }

  get handle(): SyncHandle<'RWMutex'> {
    return { type: 'RWMutex', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Readers that hold the lock now, or -1 for a writer; by the time of the answer it may be otherwise. */
  get state(): number {
    return Atomics.load(this.cells, STATE);
  }

  /** Whether this agent holds the lock for writing. */
  get heldHere(): boolean {
    return Atomics.load(this.cells, HOLDER) === agentId;
  }

  /**
   * Waits until nobody holds the lock and takes it for writing. False if `timeoutMs` ran out first.
   * @throws SyncError cannot-block; self-deadlock if this agent holds it for writing already
   */
  lock(timeoutMs?: number): boolean {
    expectBlocking('RWMutex.lock()');
    const place = this.want();
    if (!this.take() && !this.lockSlowly(timeoutMs)) return false;
    Atomics.store(this.cells, HOLDER, agentId);
    this.debug?.acquired(place);
    return true;
  }

  /** Takes the lock for writing if nobody holds it; never waits. */
  tryLock(): boolean {
    if (!this.take()) return false;
    Atomics.store(this.cells, HOLDER, agentId);
    this.debug?.acquired(this.debug.here());
    return true;
  }

  /** @throws SyncError not-held if this agent does not hold the lock for writing */
  unlock(): void {
    const { cells } = this;
    if (Atomics.load(cells, HOLDER) !== agentId)
      throw new SyncError('not-held', 'RWMutex.unlock() without holding the lock for writing');
    this.debug?.released();
    Atomics.store(cells, HOLDER, 0);
    Atomics.store(cells, STATE, 0);
    this.wakeReaders();
    this.wakeWriter();
  }

  /** The async form of `lock`: true once held, false after the timeout; rejects when the signal aborts. */
  async lockAsync(options: WaitOptions = {}): Promise<boolean> {
    if (options.signal?.aborted === true) throw reasonOf(options.signal);
    const place = this.debug?.here() ?? '';
    if (!this.take() && !(await this.lockLater(options))) return false;
    Atomics.store(this.cells, HOLDER, agentId);
    this.debug?.acquiredByTask(place);
    return true;
  }

  /** Runs `fn` while holding the lock for writing. `fn` must not return a promise. */
  withLock<T>(fn: () => T): T {
    this.lock();
    let result: T;
    try {
      result = fn();
    } finally {
      this.unlock();
    }
    expectNoPromise(result, 'RWMutex.withLock()', 'runExclusive()');
    return result;
  }

  /** Runs `fn` while holding the lock for writing and waits for its promise. */
  async runExclusive<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    if (!(await this.lockAsync(options))) throw timedOut('RWMutex.runExclusive()');
    try {
      return await fn();
    } finally {
      this.unlock();
    }
  }

  /** For writing, to the end of the block: `using _held = lock.guard()`. */
  guard(): Guard {
    this.lock();
    return guardOf(() => this.unlock());
  }

  async guardAsync(options?: WaitOptions): Promise<Guard> {
    if (!(await this.lockAsync(options))) throw timedOut('RWMutex.guardAsync()');
    return guardOf(() => this.unlock());
  }

  /**
   * Waits until no writer holds the lock or has been waiting for it, and takes it for reading.
   * False if `timeoutMs` ran out first.
   * @throws SyncError cannot-block; self-deadlock if this agent holds it for writing
   */
  rLock(timeoutMs?: number): boolean {
    expectBlocking('RWMutex.rLock()');
    const place = this.want();
    const { cells } = this;
    const came = Atomics.load(cells, READER_TURN);
    if (!this.enter(came)) {
      if (this.heldHere) throw selfDeadlock('rLock()', '');
      const deadline = deadlineOf(timeoutMs);
      Atomics.add(cells, READERS, 1);
      try {
        for (;;) {
          const turn = Atomics.load(cells, READER_TURN);
          if (this.enter(came)) break;
          if (remaining(deadline) <= 0) return false;
          sleep(cells, READER_TURN, turn, deadline, 'RWMutex.rLock()');
        }
      } finally {
        Atomics.sub(cells, READERS, 1);
      }
    }
    this.debug?.acquired(place);
    return true;
  }

  /** Takes the lock for reading if no writer holds it or waits for it; never waits. */
  tryRLock(): boolean {
    if (!this.enter(Atomics.load(this.cells, READER_TURN))) return false;
    this.debug?.acquired(this.debug.here());
    return true;
  }

  /**
   * Gives a read lock back.
   * @throws SyncError not-held if nobody holds the lock for reading
   */
  rUnlock(): void {
    const { cells } = this;
    this.debug?.released();
    let seen = Atomics.load(cells, STATE);
    for (;;) {
      if (seen <= 0)
        throw new SyncError('not-held', 'RWMutex.rUnlock(), and nobody holds the lock for reading');
      const now = Atomics.compareExchange(cells, STATE, seen, seen - 1);
      if (now === seen) break;
      seen = now;
    }
    if (seen === 1) this.wakeWriter();
  }

  /** The async form of `rLock`: true once held, false after the timeout; rejects when the signal aborts. */
  async rLockAsync(options: WaitOptions = {}): Promise<boolean> {
    if (options.signal?.aborted === true) throw reasonOf(options.signal);
    const place = this.debug?.here() ?? '';
    const { cells } = this;
    const came = Atomics.load(cells, READER_TURN);
    if (!this.enter(came)) {
      const deadline = deadlineOf(options.timeout);
      Atomics.add(cells, READERS, 1);
      try {
        for (;;) {
          const turn = Atomics.load(cells, READER_TURN);
          if (this.enter(came)) break;
          if (remaining(deadline) <= 0) return false;
          await sleepAsync(cells, READER_TURN, turn, deadline, options.signal);
        }
      } finally {
        Atomics.sub(cells, READERS, 1);
      }
    }
    this.debug?.acquiredByTask(place);
    return true;
  }

  /** Runs `fn` while holding the lock for reading. `fn` must not return a promise. */
  withRLock<T>(fn: () => T): T {
    this.rLock();
    let result: T;
    try {
      result = fn();
    } finally {
      this.rUnlock();
    }
    expectNoPromise(result, 'RWMutex.withRLock()', 'runShared()');
    return result;
  }

  /** Runs `fn` while holding the lock for reading and waits for its promise. */
  async runShared<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    if (!(await this.rLockAsync(options))) throw timedOut('RWMutex.runShared()');
    try {
      return await fn();
    } finally {
      this.rUnlock();
    }
  }

  /** For reading, to the end of the block: `using _held = lock.rGuard()`. */
  rGuard(): Guard {
    this.rLock();
    return guardOf(() => this.rUnlock());
  }

  private take(): boolean {
    return Atomics.compareExchange(this.cells, STATE, 0, WRITING) === 0;
  }

  /** One reader more, unless a writer holds the lock or has a right to go first. */
  private enter(came: number): boolean {
    const { cells } = this;
    for (;;) {
      if (Atomics.load(cells, WRITERS) > 0 && Atomics.load(cells, READER_TURN) === came) return false;
      const seen = Atomics.load(cells, STATE);
      if (seen < 0) return false;
      if (Atomics.compareExchange(cells, STATE, seen, seen + 1) === seen) return true;
    }
  }

  private lockSlowly(timeoutMs: number | undefined): boolean {
    const { cells } = this;
    const deadline = deadlineOf(timeoutMs);
    if (this.heldHere) throw selfDeadlock('lock()', '');
    Atomics.add(cells, WRITERS, 1);
    try {
      for (;;) {
        const turn = Atomics.load(cells, WRITER_TURN);
        if (this.take()) return true;
        if (remaining(deadline) <= 0) return false;
        sleep(cells, WRITER_TURN, turn, deadline, 'RWMutex.lock()');
      }
    } finally {
      this.stopWaiting();
    }
  }

  private async lockLater({ timeout, signal }: WaitOptions): Promise<boolean> {
    const { cells } = this;
    const deadline = deadlineOf(timeout);
    Atomics.add(cells, WRITERS, 1);
    try {
      for (;;) {
        const turn = Atomics.load(cells, WRITER_TURN);
        if (this.take()) return true;
        if (remaining(deadline) <= 0) return false;
        await sleepAsync(cells, WRITER_TURN, turn, deadline, signal);
      }
    } finally {
      this.stopWaiting();
    }
  }

  /** A writer waits no longer. If it was the last and did not get the lock, the readers behind it must be told. */
  private stopWaiting(): void {
    const { cells } = this;
    if (Atomics.sub(cells, WRITERS, 1) > 1 || Atomics.load(cells, STATE) === WRITING) return;
    this.wakeReaders();
  }

  /** The turn changes in any case: readers that came before have a right to enter now. */
  private wakeReaders(): void {
    const { cells } = this;
    Atomics.add(cells, READER_TURN, 1);
    if (Atomics.load(cells, READERS) > 0) Atomics.notify(cells, READER_TURN);
  }

  private wakeWriter(): void {
    const { cells } = this;
    if (Atomics.load(cells, WRITERS) === 0) return;
    Atomics.add(cells, WRITER_TURN, 1);
    Atomics.notify(cells, WRITER_TURN, 1);
  }

  private want(): string {
    if (this.debug === undefined) return '';
    const place = this.debug.here();
    if (this.heldHere)
      throw selfDeadlock('lock', `: taken at ${this.debug.heldAt()}, wanted again at ${place}`);
    this.debug.wanted(place);
    return place;
  }
}

function selfDeadlock(method: string, places: string): SyncError {
  return new SyncError(
    'self-deadlock',
    `This agent already holds the RWMutex for writing: ${method} would wait for itself for ever${places}`,
  );
}

function timedOut(what: string): Error {
  const error = new Error(`${what} did not get the lock within its timeout`);
  error.name = 'TimeoutError';
  return error;
}
