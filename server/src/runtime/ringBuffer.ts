/**
 * RingBuffer: a stream of numbers from one producer to one consumer, in bulk, without a lock.
 *
 * | word  | written by | means                                          |
 * |-------|------------|------------------------------------------------|
 * | write | producer   | elements written so far, modulo 2 × capacity   |
 * | read  | consumer   | elements read so far, modulo 2 × capacity      |
 *
 *     write = read: empty · write - read = capacity: full · the place of an element is its number modulo capacity
 *
 * Memory: bytes 0–63 the header (32-bit words: 0 tag · 1 capacity · 2 kind) · 64–127 the consumer's line (read, a flag
 * of a consumer that sleeps) · 128–191 the producer's line (write, a flag of a producer that sleeps) · from 192 on the
 * elements. The two sides write to different cache lines.
 *
 * Source: L. Lamport, "Proving the Correctness of Multiprocess Programs" (1977), the bounded buffer; each side keeps
 * the other's position as it saw it last, as in J. Giacomoni, T. Moseley, M. Vachharajani, "FastForward" (2008) and
 * successors.
 *
 * Happens-before: `push` → the `pop` that gets its elements · `pop` → the `push` that reuses their places. The elements
 * are plain accesses, ordered by the atomic store of a position and the load that reads it.
 */
import type { NumericArrays, NumericKind, SyncHandle, WaitOptions } from './shared.ts';
import {
  arrayOf,
  cellsOf,
  claim,
  deadlineOf,
  elementBytes,
  expectBlocking,
  expectCount,
  expectHandle,
  expectTag,
  kindNumber,
  kindOf,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
  SyncError,
} from './shared.ts';

const TAG = 0x4c53_0009;
const CAPACITY = 1;
const KIND = 2;
const READ = 16;
const READER_SLEEPS = 17;
const WRITE = 32;
const WRITER_SLEEPS = 33;
const HEADER = 192;
/** Up to this many elements a loop is faster than a view and a copy. */
const SMALL = 32;

export interface RingBufferOptions<Kind extends NumericKind = NumericKind> {
  /** Elements that fit. */
  readonly capacity: number;
  /** Default `f64`. */
  readonly kind?: Kind | undefined;
}

interface Elements {
  readonly length: number;
  [index: number]: unknown;
  set(array: ArrayLike<unknown>, offset?: number): void;
  subarray(begin: number, end: number): Elements;
}

/**
 * Exactly one agent pushes and exactly one pops; a handle may do either, not both sides in two agents.
 *
 * Progress: `push` and `pop` are wait-free: they move what fits and say how much that was. Cost: proportional to the
 * number of elements, and one atomic store.
 * A side that is terminated in the middle has not published: the other side sees nothing of it.
 */
export class RingBuffer<Kind extends NumericKind = 'f64'> {
  static readonly alignment = 8;

  static byteLength(options: RingBufferOptions): number {
    const capacity = expectCount(options.capacity, 1, 'RingBuffer capacity');
    return HEADER + Math.ceil((capacity * elementBytes(options.kind ?? 'f64')) / 8) * 8;
  }

  static create<Kind extends NumericKind = 'f64'>(options: RingBufferOptions<Kind>): RingBuffer<Kind> {
    const buffer = new SharedArrayBuffer(RingBuffer.byteLength(options));
    RingBuffer.initialize(buffer, 0, options);
    return new RingBuffer<Kind>(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: RingBufferOptions): void {
    const kind = kindNumber(options.kind ?? 'f64', 'RingBuffer');
    const bytes = RingBuffer.byteLength(options);
    if (options.capacity > 0x3fff_ffff)
      throw new SyncError(
        'bad-argument',
        `RingBuffer holds at most 2^30 - 1 elements, not ${options.capacity}`,
      );
    const cells = cellsOf(buffer, byteOffset, bytes, RingBuffer.alignment, 'RingBuffer');
    for (const word of [READ, READER_SLEEPS, WRITE, WRITER_SLEEPS]) cells[word] = 0;
    claim(cells, TAG, [options.capacity, kind], 'RingBuffer');
  }

  static from<Kind extends NumericKind = 'f64'>(handle: SyncHandle<'RingBuffer'>): RingBuffer<Kind> {
    expectHandle(handle, 'RingBuffer');
    return new RingBuffer<Kind>(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly capacity: number;
  private readonly cells: Int32Array;
  private readonly elements: Elements;
  /** The other side's position as this handle saw it last: never ahead of the truth, so a safe bound. */
  private readSeen: number;
  private writeSeen: number;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    const cells = cellsOf(buffer, byteOffset, HEADER, RingBuffer.alignment, 'RingBuffer');
    expectTag(cells, TAG, 'RingBuffer');
    const kind = kindOf(cells[KIND]!);
    this.cells = cells;
    this.capacity = cells[CAPACITY]!;
    cellsOf(buffer, byteOffset, RingBuffer.byteLength({ capacity: this.capacity, kind }), 8, 'RingBuffer');
    this.elements = arrayOf(kind, buffer, byteOffset + HEADER, this.capacity);
    this.readSeen = Atomics.load(cells, READ);
    this.writeSeen = Atomics.load(cells, WRITE);
  }

  get handle(): SyncHandle<'RingBuffer'> {
    return { type: 'RingBuffer', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Elements that the consumer can pop now; for the producer, at most that many. */
  get availableRead(): number {
    return this.used(Atomics.load(this.cells, WRITE), Atomics.load(this.cells, READ));
  }

  /** Elements that the producer can push now; for the consumer, at most that many. */
  get availableWrite(): number {
    return this.capacity - this.availableRead;
  }

  /** Producer: writes as many elements of `array` as fit, from its start, and returns how many those were. */
  push(array: NumericArrays[Kind], length = array.length): number {
    const { cells, capacity } = this;
    const wanted = Math.min(length, array.length);
    const write = cells[WRITE]!;
    let room = capacity - this.used(write, this.readSeen);
    if (room < wanted) {
      this.readSeen = Atomics.load(cells, READ);
      room = capacity - this.used(write, this.readSeen);
    }
    const count = wanted < room ? wanted : room;
    if (count <= 0) return 0;
    const at = write < capacity ? write : write - capacity;
    copyIn(this.elements, at, array, count, capacity);
    this.publish(WRITE, write + count, READER_SLEEPS);
    return count;
  }

  /** Consumer: reads as many elements as there are into the start of `array`, and returns how many those were. */
  pop(array: NumericArrays[Kind], length = array.length): number {
    const { cells, capacity } = this;
    const wanted = Math.min(length, array.length);
    const read = cells[READ]!;
    let ready = this.used(this.writeSeen, read);
    if (ready < wanted) {
      this.writeSeen = Atomics.load(cells, WRITE);
      ready = this.used(this.writeSeen, read);
    }
    const count = wanted < ready ? wanted : ready;
    if (count <= 0) return 0;
    const at = read < capacity ? read : read - capacity;
    copyOut(this.elements, at, array, count, capacity);
    this.publish(READ, read + count, WRITER_SLEEPS);
    return count;
  }

  /**
   * Consumer: waits until there is something to read. False if `timeoutMs` ran out first.
   * @throws SyncError cannot-block
   */
  waitReadable(timeoutMs?: number): boolean {
    expectBlocking('RingBuffer.waitReadable()');
    return this.until(WRITE, READER_SLEEPS, () => this.availableRead > 0, deadlineOf(timeoutMs));
  }

  /** Producer: waits until there is room. False if `timeoutMs` ran out first. @throws SyncError cannot-block */
  waitWritable(timeoutMs?: number): boolean {
    expectBlocking('RingBuffer.waitWritable()');
    return this.until(READ, WRITER_SLEEPS, () => this.availableWrite > 0, deadlineOf(timeoutMs));
  }

  waitReadableAsync(options: WaitOptions = {}): Promise<boolean> {
    return this.untilAsync(WRITE, READER_SLEEPS, () => this.availableRead > 0, options);
  }

  waitWritableAsync(options: WaitOptions = {}): Promise<boolean> {
    return this.untilAsync(READ, WRITER_SLEEPS, () => this.availableWrite > 0, options);
  }

  private used(write: number, read: number): number {
    const used = write - read;
    return used < 0 ? used + 2 * this.capacity : used;
  }

  /** The store that the other side reads: what was copied before it is visible with it. */
  private publish(word: number, position: number, sleeper: number): void {
    const { cells } = this;
    const wrap = 2 * this.capacity;
    Atomics.store(cells, word, position < wrap ? position : position - wrap);
    // Invariant: a sleeper raises its flag and then looks once more; this stores and then looks at the flag.
    if (Atomics.load(cells, sleeper) !== 0) Atomics.notify(cells, word);
  }

  private until(word: number, flag: number, ready: () => boolean, deadline: number): boolean {
    const { cells } = this;
    Atomics.store(cells, flag, 1);
    try {
      for (;;) {
        const seen = Atomics.load(cells, word);
        if (ready()) return true;
        if (remaining(deadline) <= 0) return false;
        sleep(cells, word, seen, deadline, 'RingBuffer');
      }
    } finally {
      Atomics.store(cells, flag, 0);
    }
  }

  private async untilAsync(
    word: number,
    flag: number,
    ready: () => boolean,
    { timeout, signal }: WaitOptions,
  ): Promise<boolean> {
    if (signal?.aborted === true) throw reasonOf(signal);
    const { cells } = this;
    const deadline = deadlineOf(timeout);
    Atomics.store(cells, flag, 1);
    try {
      for (;;) {
        const seen = Atomics.load(cells, word);
        if (ready()) return true;
        if (remaining(deadline) <= 0) return false;
        await sleepAsync(cells, word, seen, deadline, signal);
      }
    } finally {
      Atomics.store(cells, flag, 0);
    }
  }
}

function copyIn(ring: Elements, at: number, from: Elements, count: number, capacity: number): void {
  const end = at + count;
  if (end <= capacity && count <= SMALL)
    for (let index = 0; index < count; index++) ring[at + index] = from[index];
  else if (end <= capacity) ring.set(count === from.length ? from : from.subarray(0, count), at);
  else {
    const head = capacity - at;
    ring.set(from.subarray(0, head), at);
    ring.set(from.subarray(head, count), 0);
  }
}

function copyOut(ring: Elements, at: number, to: Elements, count: number, capacity: number): void {
  const end = at + count;
  if (end <= capacity && count <= SMALL)
    for (let index = 0; index < count; index++) to[index] = ring[at + index];
  else if (end <= capacity) to.set(ring.subarray(at, end), 0);
  else {
    const head = capacity - at;
    to.set(ring.subarray(at, capacity), 0);
    to.set(ring.subarray(0, count - head), head);
  }
}
