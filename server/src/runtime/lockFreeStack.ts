/**
 * LockFreeStack: last in, first out, for any number of agents, without a lock.
 *
 * Two lists run through one pool of nodes: the stack, and the free nodes. Each has a head of 64 bits:
 *
 * | bits  | means                                                        |
 * |-------|--------------------------------------------------------------|
 * | 0–31  | node on top, 1 to capacity; 0: the list is empty             |
 * | 32–63 | version, one more with every change, modulo 2^32             |
 *
 *     push: take a free node, write the value, link it to the top, CAS the head · pop: CAS the head to the second node
 *
 * Memory: bytes 0–63 the header (32-bit words: 0 tag · 1 capacity · 2 kind) · 64 head of the stack · 128 head of the
 * free list, each in its cache line · from 192 the links (32 bits a node), then the values (8 bytes a node).
 *
 * Source: R. K. Treiber, "Systems Programming: Coping with Parallelism" (IBM RJ 5118, 1986); the version against ABA
 * is that paper's too: between the load of a head and its compare-exchange the same node may have been popped and
 * pushed again, with another node below it. Nodes are reused at once here, no collector keeps them apart.
 *
 * Happens-before: `push` → the `pop` that gets its value. Heads are changed by compare-exchanges only, so each reads
 * from the one before; a value is read by the only owner of its node.
 *
 * Limit: an agent that is stopped between load and compare-exchange for exactly a multiple of 2^32 changes, with the
 * same node on top again, would take the old second node for the new one.
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

const TAG = 0x4c53_000a;
const CAPACITY = 1;
const KIND = 2;
const LINKS = 192;
/** Of the two heads, in 64-bit words. */
const TOP = 8;
const FREE = 16;

export interface LockFreeStackOptions<Kind extends NumericKind = NumericKind> {
  /** Elements that fit. */
  readonly capacity: number;
  /** Default `f64`. */
  readonly kind?: Kind | undefined;
}

/**
 * Progress: lock-free: some agent gets on, whatever the others do, even when they are stopped or terminated. One that
 * is terminated in the middle takes at most its node along. Cost: two compare-exchanges when nobody interferes.
 */
export class LockFreeStack<Kind extends NumericKind = 'f64'> {
  static readonly alignment = 8;

  static byteLength(options: LockFreeStackOptions): number {
    const capacity = expectCount(options.capacity, 1, 'LockFreeStack capacity');
    return valuesAt(capacity) + capacity * 8;
  }

  static create<Kind extends NumericKind = 'f64'>(options: LockFreeStackOptions<Kind>): LockFreeStack<Kind> {
    const buffer = new SharedArrayBuffer(LockFreeStack.byteLength(options));
    LockFreeStack.initialize(buffer, 0, options);
    return new LockFreeStack<Kind>(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: LockFreeStackOptions): void {
    const kind = kindNumber(options.kind ?? 'f64', 'LockFreeStack');
    const bytes = LockFreeStack.byteLength(options);
    const cells = cellsOf(buffer, byteOffset, bytes, LockFreeStack.alignment, 'LockFreeStack');
    expectNew(cells);
    const heads = new BigInt64Array(buffer, byteOffset, FREE + 1);
    Atomics.store(heads, TOP, 0n);
    Atomics.store(heads, FREE, 1n);
    for (let node = 1; node <= options.capacity; node++)
      Atomics.store(cells, LINKS / 4 + node - 1, node === options.capacity ? 0 : node + 1);
    claim(cells, TAG, [options.capacity, kind], 'LockFreeStack');
  }

  static from<Kind extends NumericKind = 'f64'>(handle: SyncHandle<'LockFreeStack'>): LockFreeStack<Kind> {
    expectHandle(handle, 'LockFreeStack');
    return new LockFreeStack<Kind>(handle.buffer, handle.byteOffset);
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly capacity: number;
  private readonly kind: NumericKind;
  private readonly heads: BigInt64Array;
  /** The node below each node; link `n - 1` belongs to node `n`. */
  private readonly links: Int32Array;
  private readonly values: Record<number, unknown>;
  private readonly stride: number;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    const cells = cellsOf(buffer, byteOffset, LINKS, LockFreeStack.alignment, 'LockFreeStack');
    expectTag(cells, TAG, 'LockFreeStack');
    const capacity = cells[CAPACITY]!;
    cellsOf(buffer, byteOffset, LockFreeStack.byteLength({ capacity }), 8, 'LockFreeStack');
    this.capacity = capacity;
    this.kind = kindOf(cells[KIND]!);
    this.heads = new BigInt64Array(buffer, byteOffset, FREE + 1);
    this.links = new Int32Array(buffer, byteOffset + LINKS, capacity);
    const values = arrayOf(this.kind, buffer, byteOffset + valuesAt(capacity), 1);
    this.stride = 8 / values.BYTES_PER_ELEMENT;
    this.values = arrayOf(this.kind, buffer, byteOffset + valuesAt(capacity), capacity * this.stride);
  }

  get handle(): SyncHandle<'LockFreeStack'> {
    return { type: 'LockFreeStack', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /**
   * Puts a value on top. False if no node is free: the stack is full, or was, but for values that others are popping.
   * @throws SyncError bad-argument
   */
  push(value: ElementOf<Kind>): boolean {
    expectElement(this.kind, value, 'A LockFreeStack');
    const node = this.unlink(FREE);
    if (node === 0) return false;
    this.values[(node - 1) * this.stride] = value;
    this.link(TOP, node);
    return true;
  }

  /** Takes the value on top; undefined if the stack is empty. */
  pop(): ElementOf<Kind> | undefined {
    const node = this.unlink(TOP);
    if (node === 0) return undefined;
    const value = this.values[(node - 1) * this.stride] as ElementOf<Kind>;
    this.link(FREE, node);
    return value;
  }

  private link(head: number, node: number): void {
    const { heads, links } = this;
    for (;;) {
      const seen = Atomics.load(heads, head);
      Atomics.store(links, node - 1, nodeOf(seen));
      if (Atomics.compareExchange(heads, head, seen, changed(seen, node)) === seen) return;
    }
  }

  private unlink(head: number): number {
    const { heads, links } = this;
    for (;;) {
      const seen = Atomics.load(heads, head);
      const node = nodeOf(seen);
      if (node === 0) return 0;
      // May be out of date, if another agent has taken the node meanwhile: then the version has changed too.
      const below = Atomics.load(links, node - 1);
      if (Atomics.compareExchange(heads, head, seen, changed(seen, below)) === seen) return node;
    }
  }
}

function nodeOf(head: bigint): number {
  return Number(BigInt.asUintN(32, head));
}

/** The head with another node and the next version. */
function changed(head: bigint, node: number): bigint {
  return BigInt.asIntN(64, head - BigInt.asUintN(32, head) + 0x1_0000_0000n + BigInt(node));
}

function valuesAt(capacity: number): number {
  return LINKS + Math.ceil((capacity * 4) / 8) * 8;
}

/** Before anything is written: the links lie outside of what {@link claim} protects. */
function expectNew(cells: Int32Array): void {
  if (Atomics.load(cells, 0) === TAG) claim(cells, TAG, [], 'LockFreeStack');
}
