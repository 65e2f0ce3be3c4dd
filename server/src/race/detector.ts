/**
 * For: which accesses to shared memory are unordered, by vector clocks (FastTrack, made exact for the memory model of
 * ECMA-262: `Memory Model`, `Races`, `Data Races`).
 * In and out: one Detector for each thread, all over one Memory; accesses, atomic operations and host edges in; races out.
 * Must never know: Node, typed arrays, source text, where reports go.
 *
 * A plain access whose bytes are one cell costs one atomic instruction the first time in each stretch between two
 * releases and two loads after that. Writers set the write word and then look at the read word, readers set the read
 * word and then look at the write word. The compare-exchange in between is a full barrier on x86-64 (a locked
 * instruction), so of two racing accesses at least one sees the other.
 * Limit: on ARM the look may come early; of two accesses within some nanoseconds of each other a race can be missed
 * there, none is invented.
 * Everything else has a record (records.ts) under a spin lock; an atomic operation of the program runs inside that lock,
 * so that the write a load reads from is known, not guessed.
 *
 * Limit: a write that follows an unordered read is reported though the read did not read it (ECMA-262 `Races` asks for
 * that): another execution of the same program has the race.
 */
import {
  atomicAdd,
  atomicCompareExchange,
  atomicExchange,
  atomicLoad,
  atomicStore,
  atomicSub,
} from './atomics.ts';
import { CLOCK_WORDS, covers, entryOf, epochOf, join, LAST_ENTRY, slotOf, SLOTS } from './clock.ts';
import { heldLocks, type Held, type LockListener } from './held.ts';
import {
  allocate,
  CLOCKS,
  BLIND,
  historyOf,
  lock,
  type Memory,
  SHADOW_FULL,
  SHADOW_TOP,
  SLOT_COUNT,
  SLOT_OF,
  THREAD_OF,
  unlock,
} from './layout.ts';
import {
  acquireFrom,
  conflict,
  E_EPOCH,
  E_KEY,
  E_NEXT,
  invalidate,
  type Kind,
  LOAD,
  maskOf,
  newRecord,
  note,
  R_ENTRIES,
  R_LOCK,
  R_NEXT,
  R_WORD,
  READ,
  releaseTo,
  RMW,
  STORE,
  syncOf,
  WAITERS,
  WRITE,
} from './records.ts';

/** Words of a block: one for each SharedArrayBuffer. */
const B_LOCK = 0;
/** log2 of the bytes of a cell; -1 until the first plain access decides. */
export const B_GRAIN = 1;
/** First word in the shadow; 0 if the shadow had no room. */
export const B_BASE = 2;
const B_RECORDS = 3;
export const B_BYTES = 4;
const BLOCK_WORDS = 8;

export interface Access {
  readonly slot: number;
  readonly kind: Kind;
  /** 0 if the history no longer has it. */
  readonly site: number;
  readonly n: number;
}

export interface Race {
  readonly block: number;
  readonly byte: number;
  readonly size: number;
  readonly now: Access;
  readonly before: Access;
}

export interface Listener extends LockListener {
  race(race: Race): void;
  /** A place is entered into the history: the moment to note how it was reached. */
  entered(site: number, n: number): void;
}

/** Clocks as they travel with a message: `SLOTS`-wise pairs of full order and order without locks. */
export type Snapshot = readonly number[];

export interface Detector {
  /** Bounds of the epochs that this thread has given out since its last release; see `fresh`. */
  readonly now: { low: number; span: number; slot: number };
  readonly held: readonly Held[];
  entry(site: number): number;
  /** Plain access to any range of a block. */
  access(block: number, byte: number, size: number, kind: typeof READ | typeof WRITE, site: number): void;
  /** Plain access to exactly the cell whose write word is at `cell`. */
  readCell(cell: number, block: number, byte: number, size: number, site: number): void;
  writeCell(cell: number, block: number, byte: number, size: number, site: number): void;
  /** Makes sure that the block has cells; their size is that of the first plain access. */
  cells(block: number, size: number): void;
  /** The record of the bytes, locked: the real operation runs between this and one of the three that follow. 0: unwatched. */
  begin(block: number, byte: number): number;
  /** `old` and `value` are what the cell held and holds; `NaN` where they are no 32-bit numbers. */
  finish(
    record: number,
    byte: number,
    size: number,
    kind: Kind,
    site: number,
    old: number,
    value: number,
    exchange: boolean,
    loop: boolean,
  ): number;
  /** The critical section of a waiters' list: acquires what the section before released, and releases. */
  section(record: number, byte: number, size: number): void;
  leave(record: number): void;
  snapshot(): Snapshot;
  acquire(snapshot: Snapshot): void;
  /** Gives the clock of this thread to a thread that starts in `slot`. */
  fork(slot: number): void;
  /** Everything that the thread in `slot` has done happens before what follows here. */
  joinSlot(slot: number): void;
  /** The release of an edge that is not a message: starts a new stretch. */
  release(): void;
  clock(): readonly number[];
}

export function newBlock(memory: Memory, bytes: number): number {
  const block = allocate(memory.heap, BLOCK_WORDS);
  if (block === 0) return 0;
  memory.heap[block + B_GRAIN] = -1;
  memory.heap[block + B_BYTES] = bytes;
  return block;
}

/** A slot that no thread has had, or -1. */
export function newSlot(memory: Memory, thread: number): number {
  const { heap } = memory;
  const slot = atomicAdd(heap, SLOT_COUNT, 1);
  if (slot >= SLOTS) {
    atomicStore(heap, SLOT_COUNT, SLOTS);
    heap[BLIND] = 1;
    return -1;
  }
  heap[THREAD_OF + slot] = thread;
  heap[SLOT_OF + thread] = slot;
  return slot;
}

/** The words of shadow that `bytes` bytes need: a write and a read word for each cell. */
function takeCells(memory: Memory, bytes: number, grain: number): number {
  const words = Math.ceil(bytes / (1 << grain)) * 2;
  if (words > memory.shadow.length) return 0;
  const at = atomicAdd(memory.heap, SHADOW_TOP, words);
  if (at >= 0 && at + words <= memory.shadow.length) return at;
  atomicSub(memory.heap, SHADOW_TOP, words);
  return 0;
}

export function createDetector(memory: Memory, firstSlot: number, listener: Listener): Detector {
  const { heap, shadow } = memory;
  const historyMask = memory.history - 1;
  const thread = heap[THREAD_OF + firstSlot]!;
  let slot = firstSlot;
  let clock = CLOCKS + slot * CLOCK_WORDS;
  let history = historyOf(memory, slot);
  let n = heap[clock + slot]!;
  let released = epochOf(slot, n);
  let off = false;
  let siteEpochs = new Int32Array(1024);
  const now = { low: 0, span: 0, slot };
  const records = new Map<number, Map<number, number>>();
  let lastBlock = 0;
  let lastRecords = new Map<number, number>();
  const locks = heldLocks(heap, listener, () => ({
    slot,
    n,
    clock: Array.from(heap.subarray(clock + SLOTS, clock + SLOTS + heap[SLOT_COUNT]!)),
  }));

  startStretch();

  function startStretch(): void {
    released = epochOf(slot, n);
    now.low = released + 1;
    now.span = epochOf(slot, LAST_ENTRY + 1) - now.low;
    now.slot = slot;
    heap[clock + slot] = n;
    heap[clock + SLOTS + slot] = n;
  }

  function entry(site: number): number {
    // Out of range reads as undefined, and no comparison with that is true.
    const known = siteEpochs[site]!;
    return known > released ? known : newEntry(site);
  }

  function newEntry(site: number): number {
    if (site >= siteEpochs.length) {
      const larger = new Int32Array(Math.max(site + 1, siteEpochs.length * 2));
      larger.set(siteEpochs);
      siteEpochs = larger;
    }
    if (n >= LAST_ENTRY) moveToFreshSlot();
    n++;
    heap[history + (n & historyMask)] = site;
    heap[clock + slot] = n;
    heap[clock + SLOTS + slot] = n;
    const epoch = epochOf(slot, n);
    siteEpochs[site] = epoch;
    listener.entered(site, n);
    return epoch;
  }

  /** The thread goes on as its own successor: everything it has done is before everything it will do. */
  function moveToFreshSlot(): void {
    const next = newSlot(memory, thread);
    if (next < 0) {
      // Silent from here on: epochs that repeat would invent orders and races alike.
      off = true;
      n = 0;
      return;
    }
    const old = clock;
    clock = CLOCKS + next * CLOCK_WORDS;
    for (let index = 0; index < CLOCK_WORDS; index++) heap[clock + index] = heap[old + index]!;
    slot = next;
    history = historyOf(memory, slot);
    n = 0;
    siteEpochs.fill(0);
    startStretch();
  }

  const ordered = (epoch: number): boolean => slotOf(epoch) === slot || covers(heap, clock, epoch);

  function report(
    before: number,
    kindBefore: number,
    kind: Kind,
    site: number,
    block: number,
    byte: number,
    size: number,
  ): void {
    if (heap[BLIND] !== 0) return;
    const other = slotOf(before);
    const at = entryOf(before);
    const latest = heap[CLOCKS + other * CLOCK_WORDS + other]!;
    const kept = latest - at < memory.history;
    const siteBefore = kept ? heap[historyOf(memory, other) + (at & historyMask)]! : 0;
    listener.race({
      block,
      byte,
      size,
      now: { slot, kind, site, n },
      before: { slot: other, kind: kindBefore as Kind, site: siteBefore, n: at },
    });
  }

  function readCell(cell: number, block: number, byte: number, size: number, site: number): void {
    if (shadow[cell]! >= 0) {
      const epoch = entry(site);
      for (;;) {
        const read = shadow[cell + 1]!;
        if (read < 0) {
          addReader(-read, epoch);
          break;
        }
        if (read === 0 || read >>> 24 === slot || covers(heap, clock, read)) {
          if (atomicCompareExchange(shadow, cell + 1, read, epoch) === read) break;
          continue;
        }
        const readers = allocate(heap, READERS_WORDS);
        if (readers === 0) break;
        // Slots 0 to 3 come first: a look at one word tells a thread in one of them that it is in the list.
        addReader(readers, epoch);
        addReader(readers, read);
        if (atomicCompareExchange(shadow, cell + 1, read, -readers) === read) break;
      }
    }
    const after = shadow[cell]!;
    if (after <= 0) {
      if (after < 0) inRecord(-after, READ, byte, size, site, block);
    } else if (after >>> 24 !== slot && !covers(heap, clock, after))
      report(after, WRITE, READ, site, block, byte, size);
  }

  function writeCell(cell: number, block: number, byte: number, size: number, site: number): void {
    let write = shadow[cell]!;
    if (write >= 0) {
      const epoch = entry(site);
      for (;;) {
        const seen = atomicCompareExchange(shadow, cell, write, epoch);
        if (seen === write) break;
        write = seen;
        if (write < 0) break;
      }
    }
    if (write <= 0) {
      if (write < 0) {
        inRecord(-write, WRITE, byte, size, site, block);
        return;
      }
    } else if (write >>> 24 !== slot && !covers(heap, clock, write))
      report(write, WRITE, WRITE, site, block, byte, size);
    const read = shadow[cell + 1]!;
    if (read > 0) {
      if (read >>> 24 !== slot && !covers(heap, clock, read))
        report(read, READ, WRITE, site, block, byte, size);
    } else if (read < 0) {
      for (let at = -read; at !== 0; at = atomicLoad(heap, at)) {
        for (let index = 2; index < READERS_WORDS; index++) {
          const reader = heap[at + index]!;
          if (reader !== 0 && !ordered(reader)) report(reader, READ, WRITE, site, block, byte, size);
        }
      }
    }
  }

  /** A list of readers: next, group of four slots, and their epochs. It only grows, so it needs no lock. */
  function addReader(first: number, epoch: number): void {
    const group = slotOf(epoch) >> 2;
    let at = first;
    for (;;) {
      if (heap[at + 1] === group) {
        atomicStore(heap, at + 2 + (slotOf(epoch) & 3), epoch);
        return;
      }
      const next = atomicLoad(heap, at);
      if (next !== 0) {
        at = next;
        continue;
      }
      const fresh = allocate(heap, READERS_WORDS);
      if (fresh === 0) return;
      heap[fresh + 1] = group;
      heap[fresh + 2 + (slotOf(epoch) & 3)] = epoch;
      if (atomicCompareExchange(heap, at, 0, fresh) === 0) return;
    }
  }

  function inRecord(
    record: number,
    kind: Kind,
    byte: number,
    size: number,
    site: number,
    block: number,
  ): void {
    lock(heap, record + R_LOCK, slot);
    const mask = maskOf(byte, size);
    check(record, kind, mask, site, block, byte, size);
    if (kind === WRITE) invalidate(heap, record, mask, 0);
    unlock(heap, record + R_LOCK);
  }

  function check(
    record: number,
    kind: Kind,
    mask: number,
    site: number,
    block: number,
    byte: number,
    size: number,
  ): void {
    const epoch = entry(site);
    for (let at = heap[record + R_ENTRIES]!; at !== 0; at = heap[at + E_NEXT]!) {
      const key = heap[at + E_KEY]!;
      const before = heap[at + E_EPOCH]!;
      if (conflict(kind, mask, key >> 8, key & 255) && !ordered(before))
        report(before, key >> 8, kind, site, block, byte, size);
    }
    note(heap, record, kind, mask, epoch);
  }

  function access(
    block: number,
    byte: number,
    size: number,
    kind: typeof READ | typeof WRITE,
    site: number,
  ): void {
    if (off || size <= 0) return;
    cells(block, size);
    const grain = heap[block + B_GRAIN]!;
    const base = heap[block + B_BASE]!;
    if (base === 0) return;
    const cellBytes = 1 << grain;
    const end = Math.min(byte + size, heap[block + B_BYTES]!);
    for (let at = byte; at < end;) {
      const start = (at >> grain) << grain;
      const next = Math.min(start + cellBytes, end);
      const cell = base + (at >> grain) * 2;
      if (next - at === cellBytes) {
        if ((shadow[cell]! - now.low) >>> 0 > now.span) {
          if (kind === WRITE) writeCell(cell, block, at, cellBytes, site);
          else if ((shadow[cell + 1]! - now.low) >>> 0 > now.span) readCell(cell, block, at, cellBytes, site);
        }
      } else {
        const record = recordOf(block, at & ~7);
        if (record !== 0) inRecord(record, kind, at, next - at, site, block);
      }
      at = next;
    }
  }

  function cells(block: number, size: number): void {
    if (atomicLoad(heap, block + B_GRAIN) >= 0) return;
    lock(heap, block + B_LOCK, slot);
    if (heap[block + B_GRAIN]! < 0) {
      const grain = size === 8 ? 3 : size === 4 ? 2 : size === 2 ? 1 : 0;
      const base = takeCells(memory, heap[block + B_BYTES]!, grain);
      if (base === 0) heap[SHADOW_FULL] = 1;
      else {
        for (let record = heap[block + B_RECORDS]!; record !== 0; record = heap[record + R_NEXT]!)
          forEachCell(block, base, grain, heap[record + R_WORD]!, (cell) =>
            atomicStore(shadow, cell, -record),
          );
      }
      heap[block + B_BASE] = base;
      atomicStore(heap, block + B_GRAIN, grain);
    }
    unlock(heap, block + B_LOCK);
  }

  function forEachCell(
    block: number,
    base: number,
    grain: number,
    word: number,
    visit: (cell: number, byte: number) => void,
  ): void {
    const end = Math.min(word + 8, heap[block + B_BYTES]!);
    for (let byte = word; byte < end; byte += 1 << grain) visit(base + (byte >> grain) * 2, byte);
  }

  /** The record of an aligned word; made, with what its cells knew, if there is none. */
  function recordOf(block: number, word: number): number {
    if (block !== lastBlock) {
      lastBlock = block;
      lastRecords = records.get(block) ?? new Map<number, number>();
      records.set(block, lastRecords);
    }
    const known = lastRecords.get(word >> 3);
    if (known !== undefined) return known;
    lock(heap, block + B_LOCK, slot);
    let record = heap[block + B_RECORDS]!;
    while (record !== 0 && heap[record + R_WORD] !== word) record = heap[record + R_NEXT]!;
    if (record === 0) {
      record = newRecord(heap, block, word, heap[block + B_RECORDS]!);
      if (record !== 0) {
        const grain = heap[block + B_GRAIN]!;
        const base = heap[block + B_BASE]!;
        if (grain >= 0 && base !== 0)
          forEachCell(block, base, grain, word, (cell, byte) => moveCell(record, cell, byte, 1 << grain));
        heap[block + B_RECORDS] = record;
      }
    }
    unlock(heap, block + B_LOCK);
    if (record !== 0) lastRecords.set(word >> 3, record);
    return record;
  }

  function moveCell(record: number, cell: number, byte: number, size: number): void {
    const mask = maskOf(byte, size);
    lock(heap, record + R_LOCK, slot);
    const write = atomicExchange(shadow, cell, -record);
    if (write > 0) note(heap, record, WRITE, mask, write);
    const read = shadow[cell + 1]!;
    if (read > 0) note(heap, record, READ, mask, read);
    for (let at = read < 0 ? -read : 0; at !== 0; at = atomicLoad(heap, at))
      for (let index = 2; index < READERS_WORDS; index++) {
        const reader = atomicLoad(heap, at + index);
        if (reader !== 0) note(heap, record, READ, mask, reader);
      }
    unlock(heap, record + R_LOCK);
  }

  function begin(block: number, byte: number): number {
    if (off || byte >= heap[block + B_BYTES]!) return 0;
    const record = recordOf(block, byte & ~7);
    if (record !== 0) lock(heap, record + R_LOCK, slot);
    return record;
  }

  function finish(
    record: number,
    byte: number,
    size: number,
    kind: Kind,
    site: number,
    old: number,
    value: number,
    exchange: boolean,
    loop: boolean,
  ): number {
    const mask = maskOf(byte, size);
    const block = heap[record + 1]!;
    const sync = syncOf(heap, record, mask);
    // What the read synchronises with happens before the access itself.
    if (sync !== 0 && (kind === LOAD || kind === RMW)) acquireFrom(heap, sync, clock);
    check(record, kind, mask, site, block, byte, size);
    if (sync !== 0) {
      if (kind !== LOAD) {
        if (kind === STORE || kind === RMW) locks.written(sync, old, value, exchange, site, loop, slot);
        releaseTo(heap, sync, clock);
        invalidate(heap, record, mask, sync);
        startStretch();
      } else if (exchange) locks.refused(sync, site, loop, slot);
    }
    unlock(heap, record + R_LOCK);
    return sync;
  }

  function section(record: number, byte: number, size: number): void {
    const sync = syncOf(heap, record, WAITERS | maskOf(byte, size));
    if (sync === 0) return;
    acquireFrom(heap, sync, clock);
    releaseTo(heap, sync, clock);
    startStretch();
  }

  function snapshot(): Snapshot {
    const slots = heap[SLOT_COUNT]!;
    const result: number[] = [];
    for (let index = 0; index < slots; index++)
      result.push(heap[clock + index]!, heap[clock + SLOTS + index]!);
    startStretch();
    return result;
  }

  function acquire(from: Snapshot): void {
    for (let index = 0; index * 2 + 1 < from.length; index++) {
      if (index === slot) continue;
      const full = from[index * 2]!;
      const lockless = from[index * 2 + 1]!;
      if (full > heap[clock + index]!) heap[clock + index] = full;
      if (lockless > heap[clock + SLOTS + index]!) heap[clock + SLOTS + index] = lockless;
    }
  }

  function fork(child: number): void {
    const into = CLOCKS + child * CLOCK_WORDS;
    const own = heap[into + child]!;
    for (let index = 0; index < CLOCK_WORDS; index++) heap[into + index] = heap[clock + index]!;
    heap[into + child] = own;
    heap[into + SLOTS + child] = own;
    startStretch();
  }

  function joinSlot(other: number): void {
    const from = CLOCKS + other * CLOCK_WORDS;
    join(heap, clock, from, heap[SLOT_COUNT]!);
    join(heap, clock + SLOTS, from + SLOTS, heap[SLOT_COUNT]!);
  }

  return {
    now,
    held: locks.held,
    entry,
    access,
    readCell,
    writeCell,
    cells,
    begin,
    finish,
    section,
    leave: (record) => unlock(heap, record + R_LOCK),
    snapshot,
    acquire,
    fork,
    joinSlot,
    release: startStretch,
    clock: () => Array.from(heap.subarray(clock, clock + heap[SLOT_COUNT]!)),
  };
}

const READERS_WORDS = 6;
