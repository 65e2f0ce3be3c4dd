/**
 * For: which cells that Atomics work on are locks, told by what is done to them, and in which order one thread takes them.
 * In and out: results of atomic writes in, acquisitions out (LockListener).
 *
 * A thread takes a lock when its compare-exchange or exchange turns the free value into another, and releases it when it
 * brings the free value back. A cell that another thread frees (a semaphore, an event) or that its holder changes by
 * another compare-exchange (a counter) is none, and nothing is said about it.
 */
import { LOCK, NO_LOCK, S_FREE, S_HOLDER, S_SITE, S_STATE } from './records.ts';

export interface Held<Stack = unknown> {
  readonly sync: number;
  readonly site: number;
  /** Taken by code that tries until it succeeds. */
  readonly blocking: boolean;
  /** How it was reached, for the first some hundred acquisitions of a thread. */
  readonly stack: Stack;
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
  /** It has become known whether a cell is a lock. */
  told(sync: number, isLock: boolean): void;
  stack(): unknown;
}

/** Looking at the stack costs more than taking a lock: it is looked at this often. */
const STACKS = 400;

export function heldLocks(heap: Int32Array, listener: LockListener, moment: () => Moment) {
  const held: Held[] = [];
  let refusedAt = 0;
  let stacks = 0;

  function forget(sync: number): void {
    const index = held.findIndex((one) => one.sync === sync);
    if (index >= 0) held.splice(index, 1);
  }

  function noLock(sync: number): void {
    heap[sync + S_STATE] = NO_LOCK;
    heap[sync + S_HOLDER] = 0;
    listener.told(sync, false);
  }

  return {
    held: held as readonly Held[],

    written(
      sync: number,
      old: number,
      value: number,
      exchange: boolean,
      site: number,
      loop: boolean,
      slot: number,
    ): void {
      refusedAt = 0;
      if (heap[sync + S_STATE] === NO_LOCK || old !== old || value !== value) return;
      const holder = heap[sync + S_HOLDER]!;
      if (holder === slot + 1) {
        if (value === heap[sync + S_FREE]) {
          heap[sync + S_HOLDER] = 0;
          if (heap[sync + S_STATE] !== LOCK) listener.told(sync, true);
          heap[sync + S_STATE] = LOCK;
          forget(sync);
        } else if (exchange && old !== value) {
          noLock(sync);
          forget(sync);
        }
        return;
      }
      if (holder !== 0) {
        if (value === heap[sync + S_FREE] && old !== value) noLock(sync);
        return;
      }
      if (!exchange || old === value) return;
      if (heap[sync + S_STATE] === LOCK && heap[sync + S_FREE] !== old) return;
      heap[sync + S_HOLDER] = slot + 1;
      heap[sync + S_FREE] = old;
      heap[sync + S_SITE] = site;
      const wanted = { sync, site, blocking: loop, stack: stacks++ < STACKS ? listener.stack() : null };
      this.taken(wanted);
      held.push(wanted);
    },

    /** A compare-exchange that changed nothing, or a wait for the cell to change. */
    refused(sync: number, site: number, loop: boolean, slot: number): void {
      const holder = heap[sync + S_HOLDER]!;
      if (sync !== refusedAt && loop && holder !== 0 && holder !== slot + 1)
        this.taken({ sync, site, blocking: true, stack: stacks++ < STACKS ? listener.stack() : null });
      refusedAt = sync;
    },

    taken(wanted: Held): void {
      for (let index = held.length - 1; index >= 0; index--)
        if (heap[held[index]!.sync + S_STATE] === NO_LOCK) held.splice(index, 1);
      if (held.length > 0) listener.ordered(held, wanted, moment());
    },
  };
}
