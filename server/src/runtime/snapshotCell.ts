/**
 * SnapshotCell: readers see the newest complete version, never block, and never see it change under them (RCU).
 *
 * | version is | when                                             | who may write to it        |
 * |------------|--------------------------------------------------|----------------------------|
 * | current    | its number stands in the current word            | nobody                     |
 * | old        | not current, its count of readers is above 0     | nobody                     |
 * | reusable   | not current, its count of readers is 0           | the writer that holds the writers' lock |
 *
 *     read: count + 1 in the version that is current, look whether it still is (else count - 1, again), read, count - 1
 *     update: lock, copy current into a reusable version, change it, make it current, unlock
 *
 * Memory, in 32-bit words: 0 tag · 1 size · 2 kind · 3 versions · 4 current · 5 writers' lock (0 free, 1 held, 2 held and
 * wanted) · 6 free turn, on which a writer sleeps that finds no reusable version · 7 whether one does · 8 agent that holds
 * the writers' lock · from 9 a count of readers for each version; then, from the next multiple of 8, the versions.
 *
 * Source: P. E. McKenney, J. D. Slingwine, "Read-Copy Update: Using Execution History to Solve Concurrency Problems"
 * (1998); here a count for each version stands in for the grace period.
 *
 * Happens-before: `update` → each `read` that finds its version · each `read` of a version → the `update` that reuses it
 * (the count is changed by read-modify-writes only). So the elements are plain accesses without a race.
 *
 * Invariant: a reader counts itself before it looks whether the version is current, a writer replaces current before
 * it looks at the counts: a version that a reader was told to be current is not reused while it reads.
 */
import type { NumericArrays, NumericKind, SyncHandle, WaitOptions } from './shared.ts';
import {
  agentId,
  arrayOf,
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

const TAG = 0x4c53_000c;
const SIZE = 1;
const KIND = 2;
const VERSIONS = 3;
const CURRENT = 4;
const LOCK = 5;
const FREE_TURN = 6;
const WANTED = 7;
const HOLDER = 8;
const READERS = 9;

export interface SnapshotCellOptions<Kind extends NumericKind = NumericKind> {
  /** Elements of one version; bytes, if no kind is given. */
  readonly size: number;
  /** At least 2; default 4. A writer waits when readers hold all but the current one. */
  readonly versions?: number | undefined;
  /** Default `u8`. */
  readonly kind?: Kind | undefined;
}

/**
 * For data that is read all the time and replaced as a whole now and then: configuration, tables, positions.
 *
 * Progress: `read` is lock-free and never blocks: it looks again only when an update has just come. Updates block one
 * another, and wait for a version that no reader holds.
 * Cost: two read-modify-writes for a read; a copy of the whole for an update.
 * A reader that is terminated keeps its version for ever; a writer that is terminated keeps the writers' lock.
 */
export class SnapshotCell<Kind extends NumericKind = 'u8'> {
  static readonly alignment = 8;

  static byteLength(options: SnapshotCellOptions): number {
    const size = expectCount(options.size, 1, 'SnapshotCell size');
    const versions = expectCount(options.versions ?? 4, 2, 'SnapshotCell versions');
    return dataAt(versions) + versions * versionBytes(size, options.kind ?? 'u8');
  }

  /** All elements are 0 in the first version. */
  static create<Kind extends NumericKind = 'u8'>(options: SnapshotCellOptions<Kind>): SnapshotCell<Kind> {
    const buffer = new SharedArrayBuffer(SnapshotCell.byteLength(options));
    SnapshotCell.initialize(buffer, 0, options);
    return new SnapshotCell<Kind>(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: SnapshotCellOptions): void {
    const kind = kindNumber(options.kind ?? 'u8', 'SnapshotCell');
    const bytes = SnapshotCell.byteLength(options);
    const versions = options.versions ?? 4;
    const cells = cellsOf(buffer, byteOffset, bytes, SnapshotCell.alignment, 'SnapshotCell');
    const counts = Array.from({ length: versions }, () => 0);
    claim(cells, TAG, [options.size, kind, versions, 0, 0, 0, 0, 0, ...counts], 'SnapshotCell');
  }

  static from<Kind extends NumericKind = 'u8'>(handle: SyncHandle<'SnapshotCell'>): SnapshotCell<Kind> {
    expectHandle(handle, 'SnapshotCell');
    return new SnapshotCell<Kind>(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  private readonly cells: Int32Array;
  private readonly versions: readonly NumericArrays[Kind][];

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    const head = cellsOf(buffer, byteOffset, READERS * 4, SnapshotCell.alignment, 'SnapshotCell');
    expectTag(head, TAG, 'SnapshotCell');
    const size = head[SIZE]!;
    const versions = head[VERSIONS]!;
    const kind = kindOf(head[KIND]!) as Kind;
    cellsOf(buffer, byteOffset, SnapshotCell.byteLength({ size, versions, kind }), 8, 'SnapshotCell');
    this.cells = new Int32Array(buffer, byteOffset, READERS + versions);
    this.versions = Array.from({ length: versions }, (_, version) =>
      arrayOf(kind, buffer, byteOffset + dataAt(versions) + version * versionBytes(size, kind), size),
    );
  }

  get handle(): SyncHandle<'SnapshotCell'> {
    return { type: 'SnapshotCell', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /**
   * Calls `fn` with the newest version, which stays as it is until `fn` returns. Read only, and do not keep the array:
   * after the call its place is used for another version. `fn` must not return a promise.
   */
  read<T>(fn: (version: NumericArrays[Kind]) => T): T {
    const { cells } = this;
    for (;;) {
      const version = Atomics.load(cells, CURRENT);
      Atomics.add(cells, READERS + version, 1);
      if (Atomics.load(cells, CURRENT) !== version) {
        this.leave(version);
        continue;
      }
      let result: T;
      try {
        result = fn(this.versions[version]!);
      } finally {
        this.leave(version);
      }
      expectNoPromise(result, 'SnapshotCell.read()', 'a copy: read((version) => version.slice())');
      return result;
    }
  }

  /**
   * Calls `fn` with a copy of the newest version and makes what `fn` has made of it the newest. False if `timeoutMs` ran
   * out first. If `fn` throws, nothing has changed. `fn` must not return a promise.
   * @throws SyncError cannot-block; self-deadlock inside another update of this agent
   */
  update(fn: (draft: NumericArrays[Kind]) => unknown, timeoutMs?: number): boolean {
    expectBlocking('SnapshotCell.update()');
    const { cells } = this;
    const deadline = deadlineOf(timeoutMs);
    if (Atomics.compareExchange(cells, LOCK, 0, 1) !== 0) {
      this.expectNotMine();
      while (Atomics.exchange(cells, LOCK, 2) !== 0) {
        if (remaining(deadline) <= 0) return false;
        sleep(cells, LOCK, 2, deadline, 'SnapshotCell.update()');
      }
    }
    cells[HOLDER] = agentId;
    try {
      for (;;) {
        const turn = this.wanting();
        const version = this.reusable();
        if (version >= 0) return this.publish(version, fn);
        if (remaining(deadline) <= 0) return false;
        sleep(cells, FREE_TURN, turn, deadline, 'SnapshotCell.update()');
      }
    } finally {
      this.unlock();
    }
  }

  /** Updates if no other update is under way and a version is free; never waits. */
  tryUpdate(fn: (draft: NumericArrays[Kind]) => unknown): boolean {
    const { cells } = this;
    if (Atomics.compareExchange(cells, LOCK, 0, 1) !== 0) return false;
    cells[HOLDER] = agentId;
    try {
      const version = this.reusable();
      return version >= 0 && this.publish(version, fn);
    } finally {
      this.unlock();
    }
  }

  /** The async form of `update`; `fn` itself is synchronous. False after the timeout; rejects when the signal aborts. */
  async updateAsync(
    fn: (draft: NumericArrays[Kind]) => unknown,
    options: WaitOptions = {},
  ): Promise<boolean> {
    const { signal } = options;
    if (signal?.aborted === true) throw reasonOf(signal);
    const { cells } = this;
    const deadline = deadlineOf(options.timeout);
    if (Atomics.compareExchange(cells, LOCK, 0, 1) !== 0)
      while (Atomics.exchange(cells, LOCK, 2) !== 0) {
        if (remaining(deadline) <= 0) return false;
        await sleepAsync(cells, LOCK, 2, deadline, signal);
      }
    cells[HOLDER] = agentId;
    try {
      for (;;) {
        const turn = this.wanting();
        const version = this.reusable();
        if (version >= 0) return this.publish(version, fn);
        if (remaining(deadline) <= 0) return false;
        await sleepAsync(cells, FREE_TURN, turn, deadline, signal);
      }
    } finally {
      this.unlock();
    }
  }

  private leave(version: number): void {
    const { cells } = this;
    if (Atomics.sub(cells, READERS + version, 1) !== 1 || Atomics.load(cells, WANTED) === 0) return;
    Atomics.add(cells, FREE_TURN, 1);
    Atomics.notify(cells, FREE_TURN);
  }

  /** Says that a version is wanted, before looking for one: the reader that leaves after the look sees it. */
  private wanting(): number {
    Atomics.store(this.cells, WANTED, 1);
    return Atomics.load(this.cells, FREE_TURN);
  }

  private reusable(): number {
    const { cells } = this;
    const current = Atomics.load(cells, CURRENT);
    for (let version = 0; version < this.versions.length; version++)
      if (version !== current && Atomics.load(cells, READERS + version) === 0) return version;
    return -1;
  }

  private publish(version: number, fn: (draft: NumericArrays[Kind]) => unknown): true {
    const { cells, versions } = this;
    const draft = versions[version]!;
    draft.set(versions[Atomics.load(cells, CURRENT)]! as never);
    const result: unknown = fn(draft);
    expectNoPromise(result, 'SnapshotCell.update()', 'the values: compute them first, then update');
    Atomics.store(cells, CURRENT, version);
    return true;
  }

  private unlock(): void {
    const { cells } = this;
    Atomics.store(cells, WANTED, 0);
    cells[HOLDER] = 0;
    if (Atomics.exchange(cells, LOCK, 0) === 2) Atomics.notify(cells, LOCK, 1);
  }

  private expectNotMine(): void {
    if (this.cells[HOLDER] === agentId)
      throw new SyncError(
        'self-deadlock',
        'SnapshotCell.update() inside another update of this agent: it would wait for itself for ever',
      );
  }
}

function dataAt(versions: number): number {
  return Math.ceil(((READERS + versions) * 4) / 8) * 8;
}

function versionBytes(size: number, kind: NumericKind): number {
  return Math.ceil((size * elementBytes(kind)) / 8) * 8;
}
