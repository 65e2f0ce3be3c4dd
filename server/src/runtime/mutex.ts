/**
 * Mutex: one holder at a time.
 *
 * | state | means                                        |
 * |-------|----------------------------------------------|
 * | 0     | free                                         |
 * | 1     | held, nobody waits                           |
 * | 2     | held, somebody may wait: unlock must notify  |
 *
 *     free --lock--> 1 --another wants it--> 2 --unlock--> free, one waiter notified
 *
 * Memory, in 32-bit words: 0 tag · 1 state · 2 holder (agent id, 0 if none) · 3 flags · from 4 on the debug block.
 *
 * Source: Ulrich Drepper, "Futexes Are Tricky" (2011), the second mutex, its three states; the waiters' lists of
 * Atomics.wait and Atomics.notify (ECMA-262, WaiterList Objects) stand in for the futex.
 *
 * Happens-before: `unlock` → the next `lock` of any agent. Every change of the state word is a read-modify-write, so
 * each acquisition reads from the release before it (synchronizes-with).
 *
 * Invariant: if an agent sleeps on the state word, the state is 2, or an agent that was woken is on its way to make it 2.
 */
import type { Guard, LockOptions, LockRecorder, SyncHandle, WaitOptions } from './shared.ts';
import {
  agentId,
  cellsOf,
  claim,
  debugFor,
  deadlineOf,
  DEBUG_BYTES,
  expectBlocking,
  expectHandle,
  expectNoPromise,
  expectTag,
  guardOf,
  keepAlive,
  letGo,
  reasonOf,
  remaining,
  sleep,
  SyncError,
  waitAsync,
} from './shared.ts';

const TAG = 0x4c53_0001;
const STATE = 1;
const HOLDER = 2;
const FLAGS = 3;
const WORDS = 4;
const DEBUG = 1;

/** Loads of the state before an agent goes to sleep: about as long as a short critical section. */
const SPINS = 64;
/** Times in a row that tasks of one agent may overtake waiters of other agents. */
const STREAK = 64;

/**
 * A lock for agents (threads) and for async tasks alike.
 *
 * Progress: blocking. Not fair: a newcomer may overtake a waiter that has just been woken. Within one agent, async
 * tasks are served in the order in which they asked.
 * Cost: a free lock costs one compare-exchange, its release one exchange; waiting costs a system call.
 *
 * An agent that is terminated while it holds the lock leaves it held: timed forms give up, others wait for ever.
 * What it guarded may be half changed, so nobody else is let in by itself; see {@link Mutex.recover}.
 */
export class Mutex {
  static readonly alignment = 4;

  /** In bytes: 16, more in debug mode. */
  static byteLength(options: LockOptions = {}): number {
    return WORDS * 4 + (options.debug === true ? DEBUG_BYTES : 0);
  }

  /** A free lock in a buffer of its own. */
  static create(options: LockOptions = {}): Mutex {
    const buffer = new SharedArrayBuffer(Mutex.byteLength(options));
    Mutex.initialize(buffer, 0, options);
    return new Mutex(buffer, 0);
  }

  /**
   * Prepares the memory, once, before any agent attaches.
   * @throws SyncError not-shared, misaligned, too-small, already-initialised
   */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: LockOptions = {}): void {
    const cells = cellsOf(buffer, byteOffset, Mutex.byteLength(options), Mutex.alignment, 'Mutex');
    claim(cells, TAG, [0, 0, options.debug === true ? DEBUG : 0], 'Mutex');
    if (options.debug === true) debugFor('Mutex').prepare(cells.subarray(WORDS), options.name);
  }

  static from(handle: SyncHandle<'Mutex'>): Mutex {
    expectHandle(handle, 'Mutex');
    return new Mutex(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;
  private readonly tasks: Tasks;
  private readonly debug: LockRecorder | undefined;

  /**
   * Attaches to memory that `initialize` has prepared.
   * @throws SyncError not-shared, misaligned, too-small, not-initialised
   */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    let cells = cellsOf(buffer, byteOffset, Mutex.byteLength(), Mutex.alignment, 'Mutex');
    expectTag(cells, TAG, 'Mutex');
    if ((cells[FLAGS]! & DEBUG) !== 0) {
      cells = cellsOf(buffer, byteOffset, Mutex.byteLength({ debug: true }), Mutex.alignment, 'Mutex');
      this.debug = debugFor('Mutex').attach(cells.subarray(WORDS), 'Mutex');
    } else this.debug = undefined;
    this.cells = cells;
    this.tasks = tasksOf(buffer, byteOffset);
  }

  get handle(): SyncHandle<'Mutex'> {
    return { type: 'Mutex', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Whether some agent holds the lock now; by the time of the answer it may be otherwise. */
  get locked(): boolean {
    return Atomics.load(this.cells, STATE) !== 0;
  }

  /** Whether this agent holds the lock. Exact: only this agent writes its own id, and it clears it before it releases. */
  get heldHere(): boolean {
    return Atomics.load(this.cells, HOLDER) === agentId;
  }

  /**
   * Waits for the lock and takes it. True once held; false if `timeoutMs` ran out first.
   * @throws SyncError cannot-block; self-deadlock if this agent holds it already
   */
  lock(timeoutMs?: number): boolean {
    expectBlocking('Mutex.lock()');
    if (this.debug !== undefined) return this.lockRecorded(this.debug, timeoutMs);
    if (Atomics.compareExchange(this.cells, STATE, 0, 1) !== 0 && !this.lockSlowly(timeoutMs)) return false;
    this.taken();
    return true;
  }

  /** Takes the lock if it is free; never waits. Wait-free. */
  tryLock(): boolean {
    if (Atomics.compareExchange(this.cells, STATE, 0, 1) !== 0) return false;
    this.taken();
    this.debug?.acquired(this.debug.here());
    return true;
  }

  /**
   * Releases the lock and wakes one waiter, if there is one.
   * @throws SyncError not-held if this agent does not hold it
   */
  unlock(): void {
    const { cells, tasks } = this;
    if (Atomics.load(cells, HOLDER) !== agentId) throw notHeld(cells);
    this.debug?.released();
    // Cleared before the release: after it the word belongs to the next holder.
    Atomics.store(cells, HOLDER, 0);
    tasks.held = false;
    const before = Atomics.exchange(cells, STATE, 0);
    if (before === 2) Atomics.notify(cells, STATE, 1);
    if (tasks.waiting > 0 && !tasks.pumping) this.serveLater(before === 2);
  }

  /**
   * The lock for async code: true once held; false if the timeout ran out first; rejects when the signal aborts.
   * Held by the agent until `unlock`, across as many `await`s as you like.
   */
  lockAsync(options?: WaitOptions): Promise<boolean> {
    if (options?.signal?.aborted === true) return Promise.reject(reasonOf(options.signal));
    if (this.tasks.waiting > 0 || Atomics.compareExchange(this.cells, STATE, 0, 1) !== 0)
      return this.lockLater(options);
    this.taken();
    this.debug?.acquiredByTask(this.debug.here());
    return TAKEN;
  }

  /** Runs `fn` while holding the lock and releases it whatever happens. `fn` must not return a promise. */
  withLock<T>(fn: () => T): T {
    this.lock();
    let result: T;
    try {
      result = fn();
    } finally {
      this.unlock();
    }
    expectNoPromise(result, 'Mutex.withLock()', 'runExclusive()');
    return result;
  }

  /** Runs `fn` while holding the lock, waits for its promise, and releases the lock whatever happens. */
  async runExclusive<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    if (!(await this.lockAsync(options))) throw timedOut('Mutex.runExclusive()');
    try {
      return await fn();
    } finally {
      this.unlock();
    }
  }

  /** Takes the lock for the rest of a block: `using _held = mutex.guard()`. */
  guard(): Guard {
    this.lock();
    return guardOf(() => this.unlock());
  }

  /** The same for async code: `await using _held = await mutex.guardAsync()`. */
  async guardAsync(options?: WaitOptions): Promise<Guard> {
    if (!(await this.lockAsync(options))) throw timedOut('Mutex.guardAsync()');
    return guardOf(() => this.unlock());
  }

  /**
   * Releases the lock on behalf of an agent that has ended while it held it, and wakes all who wait, in case one of
   * them ended with the wake-up in its hands. True if the lock was that agent's.
   * Call it only after the agent has ended (Node: the worker's `exit` event), and repair what the lock guards first.
   * @param agent the `agentId` of the agent that has ended
   */
  recover(agent: number): boolean {
    const { cells } = this;
    const held = Atomics.compareExchange(cells, HOLDER, agent, 0) === agent;
    if (held) Atomics.store(cells, STATE, 0);
    Atomics.notify(cells, STATE);
    return held;
  }

  private lockSlowly(timeoutMs: number | undefined): boolean {
    const { cells } = this;
    const deadline = deadlineOf(timeoutMs);
    if (Atomics.load(cells, HOLDER) === agentId) throw selfDeadlock('');
    for (let spins = 0; spins < SPINS; spins++)
      if (Atomics.load(cells, STATE) === 0 && Atomics.compareExchange(cells, STATE, 0, 1) === 0) return true;
    // Whoever has slept once takes the lock as 2: others may sleep still, and nobody else remembers them.
    while (Atomics.exchange(cells, STATE, 2) !== 0) {
      if (remaining(deadline) <= 0) return false;
      sleep(cells, STATE, 2, deadline, 'Mutex.lock()');
    }
    return true;
  }

  private lockLater(options: WaitOptions | undefined): Promise<boolean> {
    const ms = options?.timeout;
    deadlineOf(ms);
    if (ms !== undefined && ms <= 0) return Promise.resolve(false);
    const { tasks } = this;
    const taken = tasks.join(ms, options?.signal, this.debug?.here() ?? '');
    // Held through these handles: the unlock will see to the tasks.
    if (!tasks.pumping && !tasks.held) {
      tasks.pumping = true;
      void this.pump();
    }
    return taken;
  }

  /**
   * The lock has really been released, and this turn may go on to block; its tasks ask for it once the turn is over.
   * Now and then they wait longer, so that waiters of other agents are not starved.
   */
  private serveLater(othersWait: boolean): void {
    const { tasks } = this;
    tasks.pumping = true;
    if (!othersWait || ++tasks.streak < STREAK) queueMicrotask(() => void this.pump());
    else setTimeout(() => void this.pump(), 0);
  }

  /**
   * Waits for the lock among the agents, on behalf of all tasks of this one, and gives it to the first.
   * Invariant: while a task waits, the lock is held through these handles, or the pump runs.
   */
  private async pump(): Promise<void> {
    const { cells, tasks } = this;
    let free = tasks.waiting > 0 && Atomics.compareExchange(cells, STATE, 0, 1) === 0;
    while (!free && tasks.wanting()) {
      free = Atomics.exchange(cells, STATE, 2) === 0;
      if (free) break;
      const waiter = waitAsync(cells, STATE, 2);
      if (!waiter.async) continue;
      await waiter.value;
      tasks.streak = 0;
      // Nobody here can take the lock now, but the notification may be another agent's last: pass it on.
      if (!tasks.wanting()) Atomics.notify(cells, STATE, 1);
    }
    tasks.pumping = false;
    if (!free) return;
    this.taken();
    const place = tasks.next();
    this.debug?.acquiredByTask(place);
  }

  private taken(): void {
    Atomics.store(this.cells, HOLDER, agentId);
    this.tasks.held = true;
  }

  private lockRecorded(debug: LockRecorder, timeoutMs: number | undefined): boolean {
    const place = debug.here();
    if (this.heldHere) throw selfDeadlock(`: taken at ${debug.heldAt()}, wanted again at ${place}`);
    debug.wanted(place);
    if (Atomics.compareExchange(this.cells, STATE, 0, 1) !== 0 && !this.lockSlowly(timeoutMs)) return false;
    this.taken();
    debug.acquired(place);
    return true;
  }
}

const TAKEN = Promise.resolve(true);

function notHeld(cells: Int32Array): SyncError {
  const by = Atomics.load(cells, STATE) === 0 ? 'nobody holds it' : 'another agent holds it';
  return new SyncError('not-held', `Mutex.unlock() without holding the lock: ${by}`);
}

function selfDeadlock(places: string): SyncError {
  return new SyncError(
    'self-deadlock',
    `This agent already holds the Mutex: lock() would wait for itself for ever${places}`,
  );
}

function timedOut(what: string): Error {
  const error = new Error(`${what} did not get the lock within its timeout`);
  error.name = 'TimeoutError';
  return error;
}

interface Task {
  readonly resolve: (taken: boolean) => void;
  readonly place: string;
  live: boolean;
  forget: () => void;
}

/**
 * The async tasks of this agent that wait for one lock, first come, first served. Only an agent's own business: it
 * can be lost without harm to the lock. Two handles of one place share it, so that either serves the other's tasks.
 */
class Tasks {
  waiting = 0;
  /** The lock is held through a handle that shares this list. */
  held = false;
  /** Somebody is about to ask for the lock on behalf of the list. */
  pumping = false;
  streak = 0;
  private queue: Task[] = [];
  private first = 0;

  wanting(): boolean {
    return this.waiting > 0 && !this.held;
  }

  join(ms: number | undefined, signal: AbortSignal | undefined, place: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const task: Task = { resolve, place, live: true, forget: () => undefined };
      if (this.waiting++ === 0) keepAlive();
      this.queue.push(task);
      if (ms === undefined && signal === undefined) return;
      const abort = () => {
        this.leave(task);
        reject(reasonOf(signal!));
      };
      const expire = () => {
        this.leave(task);
        resolve(false);
      };
      const timer = ms === undefined || ms === Infinity ? undefined : setTimeout(expire, ms);
      signal?.addEventListener('abort', abort);
      task.forget = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
    });
  }

  /** Gives the lock, just taken, to the first task that still wants it. Returns where it asked (debug mode). */
  next(): string {
    for (;;) {
      const task = this.queue[this.first++]!;
      if (this.first > 1024 && this.first * 2 > this.queue.length) {
        this.queue = this.queue.slice(this.first);
        this.first = 0;
      }
      if (!task.live) continue;
      this.leave(task);
      task.resolve(true);
      return task.place;
    }
  }

  private leave(task: Task): void {
    task.live = false;
    task.forget();
    if (--this.waiting > 0) return;
    letGo();
    this.queue = [];
    this.first = 0;
  }
}

const registry = new WeakMap<SharedArrayBuffer, Map<number, Tasks>>();

function tasksOf(buffer: SharedArrayBuffer, byteOffset: number): Tasks {
  let places = registry.get(buffer);
  if (places === undefined) registry.set(buffer, (places = new Map<number, Tasks>()));
  let tasks = places.get(byteOffset);
  if (tasks === undefined) places.set(byteOffset, (tasks = new Tasks()));
  return tasks;
}
