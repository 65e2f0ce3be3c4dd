/**
 * LockFreeQueue: first in, first out, for any number of agents, without a lock.
 *
 * A linked list in a pool of nodes. `head` is a dummy: the first value is in the node after it. `tail` is the last
 * node, or the one before it, and then anybody moves it on. Head, tail and the links are pointers of 64 bits:
 *
 * | bits  | means                                            |
 * |-------|--------------------------------------------------|
 * | 0–31  | node, 1 to capacity + 1; 0: none                 |
 * | 32–63 | version, one more with every change, modulo 2^32 |
 *
 *     enqueue: CAS the last node's link from none to the new node, then CAS tail to it
 *     dequeue: read the value after head, CAS head to that node; the old dummy becomes free
 *
 * Memory: bytes 0–63 the header (32-bit words: 0 tag · 1 capacity · 2 kind) · 64 head · 128 tail · 192 head of the free
 * list, each in its cache line · from 256 the links (8 bytes a node), the links of the free list (4 bytes a node), the
 * values (8 bytes a node).
 *
 * Source: M. M. Michael, M. L. Scott, "Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
 * Algorithms" (1996), figure 1, with its counted pointers; the free list is Treiber's stack (1986).
 *
 * Happens-before: `enqueue` → the `dequeue` that gets its value. A value is read before the node is won, as in the
 * paper, while another agent may already fill the node anew: so values are atomic accesses too, and what was read is
 * thrown away unless the compare-exchange shows that the node was still the same.
 *
 * Limit: an agent that is stopped between load and compare-exchange for exactly a multiple of 2^32 changes of that
 * pointer could mistake it for unchanged.
 */
import type { ElementOf, NumericKind, SyncHandle } from './shared.ts';
import {
  arrayOf,
  cellsOf,
  claim,
  expectCount,
  expectElement,
  expectHandle,
  expectTag,
  kindNumber,
  kindOf,
} from './shared.ts';

const TAG = 0x4c53_000b;
const CAPACITY = 1;
const KIND = 2;
const NODES = 256;
/** Of the three pointers and the first link, in 64-bit words. */
const HEAD = 8;
const TAIL = 16;
const FREE = 24;
const LINKS = NODES / 8;

export interface LockFreeQueueOptions<Kind extends NumericKind = NumericKind> {
  /** Elements that fit. */
  readonly capacity: number;
  /** Default `f64`. */
  readonly kind?: Kind | undefined;
}

/**
 * Progress: lock-free: some agent gets on, whatever the others do, even when they are stopped or terminated. One that
 * is terminated in the middle takes at most its node along. Cost: about four compare-exchanges when nobody interferes.
 */
export class LockFreeQueue<Kind extends NumericKind = 'f64'> {
  static readonly alignment = 8;

  static byteLength(options: LockFreeQueueOptions): number {
    return places(expectCount(options.capacity, 1, 'LockFreeQueue capacity')).end;
  }

  static create<Kind extends NumericKind = 'f64'>(options: LockFreeQueueOptions<Kind>): LockFreeQueue<Kind> {
    const buffer = new SharedArrayBuffer(LockFreeQueue.byteLength(options));
    LockFreeQueue.initialize(buffer, 0, options);
    return new LockFreeQueue<Kind>(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: LockFreeQueueOptions): void {
    const kind = kindNumber(options.kind ?? 'f64', 'LockFreeQueue');
    const bytes = LockFreeQueue.byteLength(options);
    const cells = cellsOf(buffer, byteOffset, bytes, LockFreeQueue.alignment, 'LockFreeQueue');
    // Before anything is written: the links lie outside of what claim() protects.
    if (Atomics.load(cells, 0) === TAG) claim(cells, TAG, [], 'LockFreeQueue');
    const nodes = options.capacity + 1;
    const pointers = new BigInt64Array(buffer, byteOffset, LINKS + nodes);
    for (let node = 1; node <= nodes; node++) {
      Atomics.store(pointers, LINKS + node - 1, 0n);
      Atomics.store(cells, places(options.capacity).free / 4 + node - 1, node === nodes ? 0 : node + 1);
    }
    // Node 1 is the first dummy; the others are free.
    Atomics.store(pointers, HEAD, 1n);
    Atomics.store(pointers, TAIL, 1n);
    Atomics.store(pointers, FREE, 2n);
    claim(cells, TAG, [options.capacity, kind], 'LockFreeQueue');
  }

  static from<Kind extends NumericKind = 'f64'>(handle: SyncHandle<'LockFreeQueue'>): LockFreeQueue<Kind> {
    expectHandle(handle, 'LockFreeQueue');
    return new LockFreeQueue<Kind>(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly capacity: number;
  private readonly kind: NumericKind;
  private readonly pointers: BigInt64Array;
  private readonly freeLinks: Int32Array;
  /** Two words a node, whatever the kind. */
  private readonly words: Int32Array;
  private readonly wide: boolean;
  /** This handle's own eight bytes, through which a value becomes words and back. */
  private readonly scratch: Int32Array;
  private readonly scratchValue: Record<number, unknown>;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    const cells = cellsOf(buffer, byteOffset, NODES, LockFreeQueue.alignment, 'LockFreeQueue');
    expectTag(cells, TAG, 'LockFreeQueue');
    const capacity = cells[CAPACITY]!;
    const { free, values, end } = places(capacity);
    cellsOf(buffer, byteOffset, end, 8, 'LockFreeQueue');
    this.capacity = capacity;
    this.kind = kindOf(cells[KIND]!);
    this.pointers = new BigInt64Array(buffer, byteOffset, LINKS + capacity + 1);
    this.freeLinks = new Int32Array(buffer, byteOffset + free, capacity + 1);
    this.words = new Int32Array(buffer, byteOffset + values, (capacity + 1) * 2);
    const scratch = new ArrayBuffer(8);
    const scratchValue = arrayOf(this.kind, scratch, 0, 1);
    this.wide = scratchValue.BYTES_PER_ELEMENT === 8;
    this.scratch = new Int32Array(scratch);
    this.scratchValue = scratchValue;
  }

  get handle(): SyncHandle<'LockFreeQueue'> {
    return { type: 'LockFreeQueue', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /**
   * Appends a value. False if no node is free: the queue is full, or was, but for values that others are taking out.
   * @throws SyncError bad-argument
   */
  enqueue(value: ElementOf<Kind>): boolean {
    expectElement(this.kind, value, 'A LockFreeQueue');
    const node = this.allocate();
    if (node === 0) return false;
    this.store(node, value);
    const { pointers } = this;
    // Nobody else writes to this link: it points to a node, and enqueuers look for links that point to none.
    const link = LINKS + node - 1;
    Atomics.store(pointers, link, changed(Atomics.load(pointers, link), 0));
    for (;;) {
      const tail = Atomics.load(pointers, TAIL);
      const last = LINKS + nodeOf(tail) - 1;
      const next = Atomics.load(pointers, last);
      // Without this look a node that is free again could pass for the last one.
      if (Atomics.load(pointers, TAIL) !== tail) continue;
      if (nodeOf(next) !== 0) Atomics.compareExchange(pointers, TAIL, tail, changed(tail, nodeOf(next)));
      else if (Atomics.compareExchange(pointers, last, next, changed(next, node)) === next) {
        Atomics.compareExchange(pointers, TAIL, tail, changed(tail, node));
        return true;
      }
    }
  }

  /** Takes the oldest value; undefined if the queue is empty. */
  dequeue(): ElementOf<Kind> | undefined {
    const { pointers } = this;
    for (;;) {
      const head = Atomics.load(pointers, HEAD);
      const tail = Atomics.load(pointers, TAIL);
      const next = nodeOf(Atomics.load(pointers, LINKS + nodeOf(head) - 1));
      if (Atomics.load(pointers, HEAD) !== head) continue;
      if (nodeOf(head) === nodeOf(tail)) {
        if (next === 0) return undefined;
        Atomics.compareExchange(pointers, TAIL, tail, changed(tail, next));
      } else {
        // Before the compare-exchange: after it another agent may free the node and fill it anew.
        const value = this.load(next);
        if (Atomics.compareExchange(pointers, HEAD, head, changed(head, next)) !== head) continue;
        this.free(nodeOf(head));
        return value;
      }
    }
  }

  private store(node: number, value: unknown): void {
    this.scratchValue[0] = value;
    Atomics.store(this.words, node * 2 - 2, this.scratch[0]!);
    if (this.wide) Atomics.store(this.words, node * 2 - 1, this.scratch[1]!);
  }

  private load(node: number): ElementOf<Kind> {
    this.scratch[0] = Atomics.load(this.words, node * 2 - 2);
    if (this.wide) this.scratch[1] = Atomics.load(this.words, node * 2 - 1);
    return this.scratchValue[0] as ElementOf<Kind>;
  }

  private allocate(): number {
    const { pointers, freeLinks } = this;
    for (;;) {
      const seen = Atomics.load(pointers, FREE);
      const node = nodeOf(seen);
      if (node === 0) return 0;
      const below = Atomics.load(freeLinks, node - 1);
      if (Atomics.compareExchange(pointers, FREE, seen, changed(seen, below)) === seen) return node;
    }
  }

  private free(node: number): void {
    const { pointers, freeLinks } = this;
    for (;;) {
      const seen = Atomics.load(pointers, FREE);
      Atomics.store(freeLinks, node - 1, nodeOf(seen));
      if (Atomics.compareExchange(pointers, FREE, seen, changed(seen, node)) === seen) return;
    }
  }
}

function nodeOf(pointer: bigint): number {
  return Number(BigInt.asUintN(32, pointer));
}

/** The pointer with another node and the next version. */
function changed(pointer: bigint, node: number): bigint {
  return BigInt.asIntN(64, pointer - BigInt.asUintN(32, pointer) + 0x1_0000_0000n + BigInt(node));
}

/** Where the parts lie, in bytes from the start. */
function places(capacity: number): { readonly free: number; readonly values: number; readonly end: number } {
  const nodes = capacity + 1;
  const free = NODES + nodes * 8;
  const values = free + Math.ceil((nodes * 4) / 8) * 8;
  return { free, values, end: values + nodes * 8 };
}
