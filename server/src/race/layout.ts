/**
 * For: where things lie in the memory that all threads of one process share: counters, clocks, histories, shadow cells.
 * In and out: a Memory, made once by the first thread and handed to every other.
 *
 * Both big arrays are reserved, not filled: the system gives pages when they are first written.
 */
import { atomicAdd, atomicCompareExchange, atomicStore, atomicSub, atomicWait } from './atomics.ts';
import { CLOCK_WORDS, SLOTS } from './clock.ts';

/** Words at the start of `heap`. */
export const LIVE = 0;
export const SLOT_COUNT = 1;
export const SHADOW_TOP = 2;
export const HEAP_TOP = 3;
export const SITE_TOP = 4;
export const THREAD_TOP = 5;
export const SHADOW_FULL = 8;
export const MAIN_IDLE = 10;
/** Threads that were started and have not ended. */
export const ALIVE = 11;
/** 1 once orders may have been missed (no slot or no room left): from then on nothing is reported. */
export const BLIND = 12;

const HEADER = 64;
/** One clock for each slot. */
export const CLOCKS = HEADER;
/** For each slot: which thread (0 main, 1 first worker …) has it. */
export const THREAD_OF = CLOCKS + SLOTS * CLOCK_WORDS;
/** For each slot: the sync cell it waits at without a limit of time, 0 if none; and how often it has waited. */
export const WAITS_AT = THREAD_OF + SLOTS;
export const WAIT_COUNT = WAITS_AT + SLOTS;
export const WAIT_SITE = WAIT_COUNT + SLOTS;
/** For each slot: 1 once its thread has ended or is being terminated, so that its spin locks may be taken over. */
export const ENDED = WAIT_SITE + SLOTS;
/** For each thread: its slot now. */
export const SLOT_OF = ENDED + SLOTS;
export const MAX_THREADS = 16384;
/** Pairs of places already reported: a hash set of two words each. */
export const PAIRS = SLOT_OF + MAX_THREADS;
export const PAIR_CAPACITY = 4096;
/** Instrumented files by the hash of their text: hash, first site, plus one. */
export const FILES = PAIRS + PAIR_CAPACITY * 2;
export const FILE_CAPACITY = 16384;
const HISTORY = FILES + FILE_CAPACITY * 2;

export interface Memory {
  /** Everything but shadow cells. */
  readonly heap: Int32Array;
  /** Two words for each cell of watched memory: last write, last read. */
  readonly shadow: Int32Array;
  /** Entries kept for each slot, a power of two. */
  readonly history: number;
}

export interface MemorySizes {
  readonly heapBytes: number;
  readonly shadowBytes: number;
  readonly history: number;
}

export function createMemory(
  sizes: MemorySizes,
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new SharedArrayBuffer(bytes),
): Memory {
  let { heapBytes, shadowBytes } = sizes;
  for (;;) {
    try {
      const heap = new Int32Array(allocate(heapBytes));
      const shadow = new Int32Array(allocate(shadowBytes));
      heap[HEAP_TOP] = HISTORY + SLOTS * sizes.history;
      // Cell 0 stays unused, so that a base of 0 can mean none.
      heap[SHADOW_TOP] = 2;
      heap[SITE_TOP] = 1;
      return { heap, shadow, history: sizes.history };
    } catch (error) {
      // A machine that gives no more address space gets a smaller shadow; what does not fit is named in `limits`.
      if (shadowBytes <= 1 << 22) throw error;
      shadowBytes >>= 1;
      heapBytes = Math.max(heapBytes >> 1, 1 << 24);
    }
  }
}

export const historyOf = (memory: Memory, slot: number): number => HISTORY + slot * memory.history;

/** Takes `words` zeroed words from the heap; 0 when there are none left. */
export function allocate(heap: Int32Array, words: number): number {
  const at = atomicAdd(heap, HEAP_TOP, words);
  if (at + words > heap.length || at < 0) {
    atomicSub(heap, HEAP_TOP, words);
    heap[BLIND] = 1;
    return 0;
  }
  return at;
}

/** Waits for the spin lock at `at` and takes it for `slot`. Taken over from a thread that has ended while it held it. */
export function lock(heap: Int32Array, at: number, slot: number): void {
  let spins = 0;
  for (;;) {
    const holder = atomicCompareExchange(heap, at, 0, slot + 1);
    if (holder === 0) return;
    if (++spins < 200) continue;
    // Ended threads never leave; a thread that is being terminated gets some time to leave by itself.
    if (
      spins > 400 &&
      heap[ENDED + holder - 1] === 1 &&
      atomicCompareExchange(heap, at, holder, slot + 1) === holder
    )
      return;
    atomicWait(heap, at, holder, 0.2);
  }
}

export function unlock(heap: Int32Array, at: number): void {
  atomicStore(heap, at, 0);
}
