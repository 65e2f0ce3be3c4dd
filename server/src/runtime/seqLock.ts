/**
 * SeqLock: a small record that writers never wait to write for readers; readers look again if a write came between.
 *
 * | sequence | means                                    |
 * |----------|------------------------------------------|
 * | even     | the words belong to one finished write   |
 * | odd      | a writer is storing the words            |
 *
 *     write: lock the writers, make the new record aside, sequence + 1, store the words, sequence + 1, unlock
 *     read: load sequence (even), load the words, load sequence: the same? else again
 *
 * Memory, in 32-bit words: 0 tag · 1 size · 2 kind · 3 sequence · 4 writers' lock (0 free, 1 held, 2 held and wanted) ·
 * 5 readers that sleep · 6 agent that writes · 7 unused · from 8 the record.
 *
 * Source: C. Lameter, "Effective Synchronization on Linux/NUMA Systems" (2005); H.-J. Boehm, "Can Seqlocks Get Along
 * with Programming Language Memory Models?" (2012), on why the words themselves must not be plain accesses. Here they
 * are Atomics, so a read that meets a write is no data race, and nothing can move past the two looks at the sequence.
 *
 * Happens-before: `write` → each `read` that returns its record.
 *
 * Limit: a reader that is stopped between its two looks for exactly 2^31 writes would take a mixed record for a whole.
 */
import type { NumericArrays, NumericKind, SyncHandle, WaitOptions } from './shared.ts';
import {
  agentId,
  arrayOf,
  canBlock,
  cellsOf,
  claim,
  deadlineOf,
  elementBytes,
  expectBlocking,
  expectCount,
  expectHandle,
  expectNoPromise,
  expectTag,
  kindNumber,
  kindOf,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
  SyncError,
} from './shared.ts';

const TAG = 0x4c53_000d;
const SIZE = 1;
const KIND = 2;
const SEQUENCE = 3;
const LOCK = 4;
const SLEEPERS = 5;
const HOLDER = 6;
const RECORD = 8;
const SPINS = 200;

export interface SeqLockOptions<Kind extends NumericKind = NumericKind> {
  /** Elements of the record; bytes, if no kind is given. */
  readonly size: number;
  /** Default `u8`. */
  readonly kind?: Kind | undefined;
}

/** A record in this agent's own memory, seen as words and as elements. */
interface Copy<Kind extends NumericKind> {
  readonly words: Int32Array;
  readonly elements: NumericArrays[Kind];
}

/**
 * For records of a few words that are written often and read very often: a position, a clock, counters that belong
 * together. For more than about 64 words take `SnapshotCell`, whose readers do not copy.
 *
 * Progress: writers block one another, never readers; a reader gets through as soon as no write comes between its two
 * looks. Cost: one atomic access per word and side, and two of the sequence.
 * A writer that is terminated while it stores leaves the sequence odd: `read` waits for ever, `tryRead` says undefined.
 */
export class SeqLock<Kind extends NumericKind = 'u8'> {
  static readonly alignment = 8;

  static byteLength(options: SeqLockOptions): number {
    return RECORD * 4 + recordBytes(expectCount(options.size, 1, 'SeqLock size'), options.kind ?? 'u8');
  }

  /** All elements are 0. */
  static create<Kind extends NumericKind = 'u8'>(options: SeqLockOptions<Kind>): SeqLock<Kind> {
    const buffer = new SharedArrayBuffer(SeqLock.byteLength(options));
    SeqLock.initialize(buffer, 0, options);
    return new SeqLock<Kind>(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: SeqLockOptions): void {
    const kind = kindNumber(options.kind ?? 'u8', 'SeqLock');
    const bytes = SeqLock.byteLength(options);
    const cells = cellsOf(buffer, byteOffset, bytes, SeqLock.alignment, 'SeqLock');
    claim(cells, TAG, [options.size, kind, 0, 0, 0, 0], 'SeqLock');
  }

  static from<Kind extends NumericKind = 'u8'>(handle: SyncHandle<'SeqLock'>): SeqLock<Kind> {
    expectHandle(handle, 'SeqLock');
    return new SeqLock<Kind>(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;
  private readonly words: number;
  private readonly newCopy: () => Copy<Kind>;
  /** Kept for the next read; taken while one runs, as a read may begin inside another. */
  private spare: Copy<Kind> | undefined;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    const head = cellsOf(buffer, byteOffset, RECORD * 4, SeqLock.alignment, 'SeqLock');
    expectTag(head, TAG, 'SeqLock');
    const size = head[SIZE]!;
    const kind = kindOf(head[KIND]!) as Kind;
    const bytes = recordBytes(size, kind);
    this.cells = cellsOf(buffer, byteOffset, RECORD * 4 + bytes, SeqLock.alignment, 'SeqLock');
    this.words = bytes / 4;
    this.newCopy = () => {
      const own = new ArrayBuffer(bytes);
      return { words: new Int32Array(own), elements: arrayOf(kind, own, 0, size) };
    };
  }

  get handle(): SyncHandle<'SeqLock'> {
    return { type: 'SeqLock', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /**
   * Calls `fn` once, with a copy of one finished write. The copy is reused by the next read: do not keep it.
   * Where blocking is forbidden it spins while a write is going on, which takes a few instructions.
   */
  read<T>(fn: (record: NumericArrays[Kind]) => T): T {
    const copy = this.borrow();
    for (let spins = 0; !this.load(copy); spins++) if (spins > SPINS && canBlock) this.untilEven();
    return this.hand(copy, fn);
  }

  /** The same, but undefined when a write comes between; never waits. Wait-free. */
  tryRead<T>(fn: (record: NumericArrays[Kind]) => T): T | undefined {
    const copy = this.borrow();
    if (this.load(copy)) return this.hand(copy, fn);
    this.spare = copy;
    return undefined;
  }

  /**
   * Calls `fn` with a copy of the record and stores what `fn` has made of it. False if other writers did not let this
   * one in within `timeoutMs`. If `fn` throws, nothing has changed. `fn` must not return a promise.
   * @throws SyncError cannot-block; self-deadlock inside another write of this agent
   */
  write(fn: (record: NumericArrays[Kind]) => unknown, timeoutMs?: number): boolean {
    expectBlocking('SeqLock.write()');
    const { cells } = this;
    const deadline = deadlineOf(timeoutMs);
    if (Atomics.compareExchange(cells, LOCK, 0, 1) !== 0) {
      if (cells[HOLDER] === agentId)
        throw new SyncError(
          'self-deadlock',
          'SeqLock.write() inside another write of this agent: it would wait for itself for ever',
        );
      while (Atomics.exchange(cells, LOCK, 2) !== 0) {
        if (remaining(deadline) <= 0) return false;
        sleep(cells, LOCK, 2, deadline, 'SeqLock.write()');
      }
    }
    this.change(fn);
    return true;
  }

  /** Writes if no other writer is at it; never waits. */
  tryWrite(fn: (record: NumericArrays[Kind]) => unknown): boolean {
    if (Atomics.compareExchange(this.cells, LOCK, 0, 1) !== 0) return false;
    this.change(fn);
    return true;
  }

  /** The async form of `write`; `fn` itself is synchronous. False after the timeout; rejects when the signal aborts. */
  async writeAsync(
    fn: (record: NumericArrays[Kind]) => unknown,
    { timeout, signal }: WaitOptions = {},
  ): Promise<boolean> {
    if (signal?.aborted === true) throw reasonOf(signal);
    const { cells } = this;
    const deadline = deadlineOf(timeout);
    if (Atomics.compareExchange(cells, LOCK, 0, 1) !== 0)
      while (Atomics.exchange(cells, LOCK, 2) !== 0) {
        if (remaining(deadline) <= 0) return false;
        await sleepAsync(cells, LOCK, 2, deadline, signal);
      }
    this.change(fn);
    return true;
  }

  /** With the writers' lock held. */
  private change(fn: (record: NumericArrays[Kind]) => unknown): void {
    const { cells } = this;
    cells[HOLDER] = agentId;
    try {
      const copy = this.borrow();
      this.load(copy);
      const result: unknown = fn(copy.elements);
      expectNoPromise(result, 'SeqLock.write()', 'the values: compute them first, then write');
      Atomics.add(cells, SEQUENCE, 1);
      for (let word = 0; word < this.words; word++) Atomics.store(cells, RECORD + word, copy.words[word]!);
      Atomics.add(cells, SEQUENCE, 1);
      if (Atomics.load(cells, SLEEPERS) > 0) Atomics.notify(cells, SEQUENCE);
      this.spare = copy;
    } finally {
      cells[HOLDER] = 0;
      if (Atomics.exchange(cells, LOCK, 0) === 2) Atomics.notify(cells, LOCK, 1);
    }
  }

  private load(copy: Copy<Kind>): boolean {
    const { cells, words } = this;
    const before = Atomics.load(cells, SEQUENCE);
    if ((before & 1) === 1) return false;
    for (let word = 0; word < words; word++) copy.words[word] = Atomics.load(cells, RECORD + word);
    return Atomics.load(cells, SEQUENCE) === before;
  }

  private untilEven(): void {
    const { cells } = this;
    Atomics.add(cells, SLEEPERS, 1);
    const seen = Atomics.load(cells, SEQUENCE);
    if ((seen & 1) === 1) sleep(cells, SEQUENCE, seen, Infinity, 'SeqLock.read()');
    Atomics.sub(cells, SLEEPERS, 1);
  }

  private borrow(): Copy<Kind> {
    const copy = this.spare ?? this.newCopy();
    this.spare = undefined;
    return copy;
  }

  private hand<T>(copy: Copy<Kind>, fn: (record: NumericArrays[Kind]) => T): T {
    try {
      return fn(copy.elements);
    } finally {
      this.spare = copy;
    }
  }
}

function recordBytes(size: number, kind: NumericKind): number {
  return Math.ceil((size * elementBytes(kind)) / 4) * 4;
}
