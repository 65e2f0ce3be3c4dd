/**
 * For: epochs and vector clocks in words of 32 bits, in memory that all threads of a process share.
 * In and out: numbers and one Int32Array. Must never know: what the clocks order.
 *
 * An epoch is `slot << 24 | n`: the n-th entry in the history of one thread. Every entry belongs to one place in the
 * code and to one stretch between two releases, so an epoch names the time and the place of an access at once, and both
 * are updated by one atomic instruction.
 *
 * Source of the method: Flanagan and Freund, "FastTrack: Efficient and Precise Dynamic Race Detection" (PLDI 2009).
 */

/** Threads that can be told apart at one time. A slot of a thread that has ended is used again. */
export const SLOTS = 96;
export const ENTRY_BITS = 24;
export const LAST_ENTRY = (1 << ENTRY_BITS) - 2;

/** Words of one clock: the full order, then the order without the edges that locks give (for lock-order inversions). */
export const CLOCK_WORDS = SLOTS * 2;

export const epochOf = (slot: number, n: number): number => (slot << ENTRY_BITS) | n;
export const slotOf = (epoch: number): number => epoch >>> ENTRY_BITS;
export const entryOf = (epoch: number): number => epoch & ((1 << ENTRY_BITS) - 1);

/** True if the clock at `clock` has seen the event of `epoch`. */
export function covers(words: Int32Array, clock: number, epoch: number): boolean {
  return (epoch & ((1 << ENTRY_BITS) - 1)) <= words[clock + (epoch >>> ENTRY_BITS)]!;
}

/** `into ⊔= from` over `count` components. */
export function join(words: Int32Array, into: number, from: number, count: number): void {
  for (let index = 0; index < count; index++) {
    const value = words[from + index]!;
    if (value > words[into + index]!) words[into + index] = value;
  }
}

/** `into := from` over `count` components. */
export function copy(words: Int32Array, into: number, from: number, count: number): void {
  for (let index = 0; index < count; index++) words[into + index] = words[from + index]!;
}
