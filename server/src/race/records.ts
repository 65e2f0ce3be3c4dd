/**
 * For: the exact state of one aligned word of 8 bytes, kept where a simple cell does not suffice: atomic cells, bytes
 * accessed by different sizes, waiters' lists.
 * In and out: offsets into `Memory.heap`. Every function here asks that the caller holds the record's spin lock.
 */
import { copy, join, SLOTS } from './clock.ts';
import { allocate, SLOT_COUNT } from './layout.ts';

/** How memory was touched. Failed compare-exchanges are loads: they write nothing and release nothing. */
export const READ = 0;
export const WRITE = 1;
export const LOAD = 2;
export const STORE = 3;
export const RMW = 4;
export type Kind = typeof READ | typeof WRITE | typeof LOAD | typeof STORE | typeof RMW;

export const isAtomic = (kind: number): boolean => kind >= LOAD;
export const writes = (kind: number): boolean => kind !== READ && kind !== LOAD;

/** Words of a record. */
export const R_LOCK = 0;
export const R_BLOCK = 1;
export const R_WORD = 2;
export const R_ENTRIES = 3;
export const R_SYNCS = 4;
export const R_NEXT = 5;
const RECORD_WORDS = 6;

/** An entry holds the last access of one thread, of one kind, to one set of bytes. */
export const E_NEXT = 0;
export const E_KEY = 1;
export const E_EPOCH = 2;
const ENTRY_WORDS = 3;

/** A synchronisation cell: a range of bytes that Atomics work on, or (`WAITERS`) a waiters' list. */
const S_NEXT = 0;
const S_KEY = 1;
export const S_VALID = 2;
const S_CAPACITY = 3;
const S_CLOCK = 4;
/** Slot + 1 of the thread that holds the lock that this cell seems to be. */
export const S_HOLDER = 5;
/** The value that means free. */
export const S_FREE = 6;
/** 0 not known, LOCK once a holder has released it, NO_LOCK once its use contradicts that. */
export const S_STATE = 7;
export const S_SITE = 8;
export const S_RECORD = 9;
const SYNC_WORDS = 10;

export const WAITERS = 256;
export const LOCK = 1;
export const NO_LOCK = 2;

export function newRecord(heap: Int32Array, block: number, word: number, next: number): number {
  const record = allocate(heap, RECORD_WORDS);
  if (record === 0) return 0;
  heap[record + R_BLOCK] = block;
  heap[record + R_WORD] = word;
  heap[record + R_NEXT] = next;
  return record;
}

/** Bits of the bytes `byte … byte + size` within the record's word. */
export const maskOf = (byte: number, size: number): number => ((1 << size) - 1) << (byte & 7);

/** Replaces this thread's entry of that kind and those bytes, or adds one. */
export function note(heap: Int32Array, record: number, kind: number, mask: number, epoch: number): void {
  const key = (kind << 8) | mask;
  const slot = epoch >>> 24;
  for (let at = heap[record + R_ENTRIES]!; at !== 0; at = heap[at + E_NEXT]!) {
    if (heap[at + E_KEY] === key && heap[at + E_EPOCH]! >>> 24 === slot) {
      if (epoch > heap[at + E_EPOCH]!) heap[at + E_EPOCH] = epoch;
      return;
    }
  }
  const fresh = allocate(heap, ENTRY_WORDS);
  if (fresh === 0) return;
  heap[fresh + E_NEXT] = heap[record + R_ENTRIES]!;
  heap[fresh + E_KEY] = key;
  heap[fresh + E_EPOCH] = epoch;
  heap[record + R_ENTRIES] = fresh;
}

/**
 * Two accesses that no order relates are a data race if they share a byte, one of them writes, and they are not both
 * atomic on the same range (ECMA-262, Data Races).
 */
export function conflict(kind: number, mask: number, otherKind: number, otherMask: number): boolean {
  if ((mask & otherMask) === 0 || (!writes(kind) && !writes(otherKind))) return false;
  return !(isAtomic(kind) && isAtomic(otherKind) && mask === otherMask);
}

/** The synchronisation cell of `key` (a mask, or a mask with WAITERS), made if need be; 0 if memory has run out. */
export function syncOf(heap: Int32Array, record: number, key: number): number {
  for (let at = heap[record + R_SYNCS]!; at !== 0; at = heap[at + S_NEXT]!)
    if (heap[at + S_KEY] === key) return at;
  const fresh = allocate(heap, SYNC_WORDS);
  if (fresh === 0) return 0;
  heap[fresh + S_NEXT] = heap[record + R_SYNCS]!;
  heap[fresh + S_KEY] = key;
  heap[fresh + S_RECORD] = record;
  heap[record + R_SYNCS] = fresh;
  return fresh;
}

/** Byte offset in its block of what a synchronisation cell stands for. */
export function syncByte(heap: Int32Array, sync: number): number {
  const mask = heap[sync + S_KEY]! & 255;
  return heap[heap[sync + S_RECORD]! + R_WORD]! + (31 - Math.clz32(mask & -mask));
}

/** A write that is not an atomic one of the same range: what was released there can no longer be acquired. */
export function invalidate(heap: Int32Array, record: number, mask: number, except: number): void {
  for (let at = heap[record + R_SYNCS]!; at !== 0; at = heap[at + S_NEXT]!) {
    const key = heap[at + S_KEY]!;
    if (at !== except && key < WAITERS && (key & mask) !== 0) heap[at + S_VALID] = 0;
  }
}

/** `clock ⊔= L`; the order without locks only if the cell is no lock. Nothing if nothing valid was released there. */
export function acquireFrom(heap: Int32Array, sync: number, clock: number): void {
  if (heap[sync + S_VALID] === 0) return;
  const capacity = heap[sync + S_CAPACITY]!;
  const from = heap[sync + S_CLOCK]!;
  join(heap, clock, from, capacity);
  const state = heap[sync + S_STATE]!;
  if (state === NO_LOCK || (state !== LOCK && heap[sync + S_HOLDER] === 0 && heap[sync + S_SITE] === 0))
    join(heap, clock + SLOTS, from + capacity, capacity);
}

/** `L := clock`: replaced, never joined, for a later reader reads from this write alone. */
export function releaseTo(heap: Int32Array, sync: number, clock: number): void {
  const slots = heap[SLOT_COUNT]!;
  let capacity = heap[sync + S_CAPACITY]!;
  if (capacity < slots) {
    capacity = capacity === 0 ? 4 : capacity;
    while (capacity < slots) capacity *= 2;
    capacity = Math.min(capacity, SLOTS);
    const fresh = allocate(heap, capacity * 2);
    if (fresh === 0) {
      heap[sync + S_VALID] = 0;
      return;
    }
    heap[sync + S_CLOCK] = fresh;
    heap[sync + S_CAPACITY] = capacity;
  }
  copy(heap, heap[sync + S_CLOCK]!, clock, capacity);
  copy(heap, heap[sync + S_CLOCK]! + capacity, clock + SLOTS, capacity);
  heap[sync + S_VALID] = 1;
}
