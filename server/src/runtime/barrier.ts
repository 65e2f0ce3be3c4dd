/**
 * Barrier: everybody waits until everybody has come; then all go on, and the barrier is ready for the next round.
 *
 * One word holds both parts of the state, so that one compare-exchange changes both:
 *
 * | bits   | means                                          |
 * |--------|------------------------------------------------|
 * | 16–31  | generation: rounds completed, modulo 2^16      |
 * | 0–15   | arrived: parties that wait in this generation  |
 *
 *     arrive: arrived + 1, sleep while the generation is the same · the last one: generation + 1, arrived 0, wake all
 *     give up: arrived - 1, if the generation is still the same
 *
 * Memory, in 32-bit words: 0 tag · 1 generation and arrived · 2 parties.
 *
 * Source: the sense-reversing barrier of D. Hensgen, R. Finkel, U. Manber, "Two Algorithms for Barrier
 * Synchronization" (1988), with a generation number for the sense.
 *
 * Happens-before: every `wait` of a round, as it is called → every `wait` of that round, as it returns.
 *
 * Invariant: a round cannot end without each party that has arrived in it, so nobody can sleep through 2^16 rounds.
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

const TAG = 0x4c53_0005;
const STATE = 1;
const PARTIES = 2;
const WORDS = 3;
const ARRIVED = 0xffff;
const MOST_PARTIES = 0xfffe;

export interface BarrierOptions {
  /** How many must come, 1 to 65,534. */
  readonly parties: number;
}

/**
 * Progress: blocking. Cost: one compare-exchange per arrival, one wake-up of all per round.
 * A party that gives up (timeout, abort) has not arrived: the others wait on. One that is terminated while it waits
 * counts as arrived in that round and is missing in the next; the others see it by their timeout.
 */
export class Barrier {
  static readonly alignment = 4;

  static byteLength(): number {
    return WORDS * 4;
  }

  static create(options: BarrierOptions): Barrier {
    const buffer = new SharedArrayBuffer(Barrier.byteLength());
    Barrier.initialize(buffer, 0, options);
    return new Barrier(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: BarrierOptions): void {
    const parties = expectCount(options.parties, 1, 'Barrier parties');
    if (parties > MOST_PARTIES)
      throw new SyncError(
        'bad-argument',
        `Barrier parties must be at most ${MOST_PARTIES}, and is ${parties}`,
      );
    const cells = cellsOf(buffer, byteOffset, Barrier.byteLength(), Barrier.alignment, 'Barrier');
    claim(cells, TAG, [0, parties], 'Barrier');
  }

  static from(handle: SyncHandle<'Barrier'>): Barrier {
    expectHandle(handle, 'Barrier');
    return new Barrier(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly parties: number;
  private readonly cells: Int32Array;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.cells = cellsOf(buffer, byteOffset, Barrier.byteLength(), Barrier.alignment, 'Barrier');
    expectTag(this.cells, TAG, 'Barrier');
    this.parties = Atomics.load(this.cells, PARTIES);
  }

  get handle(): SyncHandle<'Barrier'> {
    return { type: 'Barrier', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** How many wait in this round now. */
  get arrived(): number {
    return Atomics.load(this.cells, STATE) & ARRIVED;
  }

  /**
   * Waits until all parties have called it. False if `timeoutMs` ran out first: this party then has not arrived.
   * @throws SyncError cannot-block
   */
  wait(timeoutMs?: number): boolean {
    expectBlocking('Barrier.wait()');
    const deadline = deadlineOf(timeoutMs);
    const generation = this.arrive();
    for (;;) {
      const seen = Atomics.load(this.cells, STATE);
      if (generationOf(seen) !== generation) return true;
      if (remaining(deadline) > 0) sleep(this.cells, STATE, seen, deadline, 'Barrier.wait()');
      else if (this.withdraw(seen)) return false;
    }
  }

  /** The async form: true when the round is complete, false after the timeout; rejects when the signal aborts. */
  async waitAsync(options: WaitOptions = {}): Promise<boolean> {
    const signal = options.signal;
    const aborted = () => signal?.aborted === true;
    if (aborted()) throw reasonOf(signal!);
    const deadline = deadlineOf(options.timeout);
    const generation = this.arrive();
    for (;;) {
      const seen = Atomics.load(this.cells, STATE);
      if (generationOf(seen) !== generation) return true;
      if (aborted()) {
        if (this.withdraw(seen)) throw reasonOf(signal!);
      } else if (remaining(deadline) > 0)
        // An abort ends the sleep; whether the round was complete by then is decided above.
        await sleepAsync(this.cells, STATE, seen, deadline, signal).catch(() => undefined);
      else if (this.withdraw(seen)) return false;
    }
  }

  /** Counts this party in; the last one completes the round. Returns the generation arrived in. */
  private arrive(): number {
    const { cells, parties } = this;
    for (;;) {
      const seen = Atomics.load(cells, STATE);
      const complete = (seen & ARRIVED) + 1 >= parties;
      const next = complete ? (seen & ~ARRIVED) + (ARRIVED + 1) : seen + 1;
      if (Atomics.compareExchange(cells, STATE, seen, next | 0) !== seen) continue;
      if (complete) Atomics.notify(cells, STATE);
      return generationOf(seen);
    }
  }

  private withdraw(seen: number): boolean {
    return Atomics.compareExchange(this.cells, STATE, seen, seen - 1) === seen;
  }
}

function generationOf(state: number): number {
  return state >>> 16;
}
