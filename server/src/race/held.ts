/**
 * For: which cells that Atomics work on are locks, told by what is done to them, and in which order one thread takes them.
 * In and out: results of atomic writes in, acquisitions out (LockListener).
 *
 * A thread takes a lock when its compare-exchange or exchange turns the free value into another, and releases it when it
 * brings the free value back. A cell that another thread frees (a semaphore, an event) or that its holder changes by
 * another compare-exchange (a counter) is none, and nothing is said about it.
 */
import { LOCK, NO_LOCK, S_FREE, S_HOLDER, S_SITE, S_STATE } from './records.ts';

export interface Held {
  readonly sync: number;
  readonly site: number;
  /** Taken by code that tries until it succeeds. */
  readonly blocking: boolean;
}

export interface Moment {
  readonly slot: number;
  readonly n: number;
  /** The order without the edges of locks. */
  readonly clock: readonly number[];
}

export interface LockListener {
  /** `wanted` was taken, or asked for in vain, while `held` were held. */
  ordered(held: readonly Held[], wanted: Held, moment: Moment): void;
}

/** As long as this many failures in a row at one cell count as being stuck there. */
const STUCK = 20_000;

export function heldLocks(heap: Int32Array, listener: LockListener, moment: () => Moment) {
  const held: Held[] = [];
  let stuckAt = 0;
  let failures = 0;

  function forget(sync: number): void {
    const index = held.findIndex((one) => one.sync === sync);
    if (index >= 0) held.splice(index, 1);
  }

  return {
    held: held as readonly Held[],

    written(sync: number, old: number, value: number, exchange: boolean, site: number, loop: boolean, slot: number): void {
      failures = 0;
      if (heap[sync + S_STATE] === NO_LOCK || old !== old || value !== value) return;
      const holder = heap[sync + S_HOLDER]!;
      if (holder === slot + 1) {
        if (value === heap[sync + S_FREE]) {
          heap[sync + S_HOLDER] = 0;
          heap[sync + S_STATE] = LOCK;
          forget(sync);
        } else if (exchange && old !== value) {
          heap[sync + S_STATE] = NO_LOCK;
          forget(sync);
        }
        return;
      }
      if (holder !== 0) {
        if (value === heap[sync + S_FREE] && old !== value) heap[sync + S_STATE] = NO_LOCK;
        return;
      }
      if (!exchange || old === value) return;
      if (heap[sync + S_STATE] === LOCK && heap[sync + S_FREE] !== old) return;
      heap[sync + S_HOLDER] = slot + 1;
      heap[sync + S_FREE] = old;
      heap[sync + S_SITE] = site;
      const wanted = { sync, site, blocking: loop };
      this.taken(wanted);
      held.push(wanted);
    },

    /** A compare-exchange that changed nothing. */
    refused(sync: number, site: number, loop: boolean, slot: number): void {
      if (sync !== stuckAt) {
        stuckAt = sync;
        failures = 0;
      }
      failures++;
      const holder = heap[sync + S_HOLDER]!;
      if (failures === 1 && loop && holder !== 0 && holder !== slot + 1)
        this.taken({ sync, site, blocking: true });
    },

    taken(wanted: Held): void {
      for (let index = held.length - 1; index >= 0; index--)
        if (heap[held[index]!.sync + S_STATE] === NO_LOCK) held.splice(index, 1);
      if (held.length > 0) listener.ordered(held, wanted, moment());
    },

    /** The cell that this thread has tried in vain for so long that it must be stuck; 0 if there is none. */
    stuck: (): number => (failures > STUCK ? stuckAt : 0),
  };
}
