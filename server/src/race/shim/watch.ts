/**
 * For: which objects of this thread are views of memory that other threads can reach, and the helpers that instrumented
 * code calls at its accesses.
 * In and out: typed arrays and DataViews in; plain accesses by block and byte out to the detector.
 *
 * A buffer that only this thread has ever had needs no shadow: whoever gets it later gets it by a message, and all
 * accesses up to then happen before the message (`Block.escaped`).
 */
import { B_BASE, B_GRAIN, newBlock } from '../detector.ts';
import { BLIND, LIVE } from '../layout.ts';
import { READ, WRITE } from '../records.ts';
import type { Context } from './context.ts';
import { apply, isView, propertyOf, SharedBuffer } from './real.ts';

export interface Block {
  readonly id: number;
  escaped: boolean;
}

/** What the fast path needs of a view; `length` 0 sends every access the slow way. */
export interface View {
  readonly block: number;
  readonly byteOffset: number;
  /** Bytes of one element; 1 for a DataView. */
  readonly size: number;
  readonly integer: boolean;
  readonly big: boolean;
  /** Elements that have a cell each, from `cells` on. */
  length: number;
  cells: number;
  /** Follows a growable buffer. */
  readonly tracking: boolean;
  readonly fixedLength: number;
}

export interface Watch {
  /** Set as soon as some buffer of this thread is shared. */
  readonly live: () => boolean;
  /** `made`: here, just now. */
  blockOf(buffer: SharedArrayBuffer, made?: boolean): Block;
  tag(buffer: SharedArrayBuffer, id: number): void;
  /** Another object for the same memory. */
  alias(copy: SharedArrayBuffer, buffer: SharedArrayBuffer): void;
  escape(buffer: SharedArrayBuffer): number;
  known(): SharedArrayBuffer[];
  readonly knowsAny: () => boolean;
  /** Null for everything that is no view of shared memory. */
  viewOf(object: unknown): View | null;
  lengthOf(object: object, view: View): number;
  access(view: View, byte: number, bytes: number, kind: typeof READ | typeof WRITE, site: number): void;
  /** The place that the instrumented call has named, once. */
  takeSite(): number;
  /** The same, or 0. */
  givenSite(): number;
  /** `viewOf`, faster for an object that was at this site before. */
  viewAt(object: unknown, site: number): View | null;
  forgetSite(): void;
  /** A view that is none of the program's. */
  ignore(view: object): void;
  takeLoop(): boolean;
  whenLive(install: () => void): void;
}

const typedArray = Object.getPrototypeOf(Int8Array.prototype) as object;
const get = (object: object, name: PropertyKey) => propertyOf(object, name).get!;
const bufferOf = get(typedArray, 'buffer');
const lengthOfArray = get(typedArray, 'length');
const offsetOfArray = get(typedArray, 'byteOffset');
const tagOf = get(typedArray, Symbol.toStringTag);
const bufferOfData = get(DataView.prototype, 'buffer');
const offsetOfData = get(DataView.prototype, 'byteOffset');
const lengthOfData = get(DataView.prototype, 'byteLength');
const growableOf = propertyOf(SharedBuffer.prototype, 'growable').get;
const maxOf = propertyOf(SharedBuffer.prototype, 'maxByteLength').get;
const byteLengthOf = get(SharedBuffer.prototype, 'byteLength');

const SIZES: Readonly<Record<string, number>> = {
  Int8Array: 1,
  Uint8Array: 1,
  Uint8ClampedArray: 1,
  Int16Array: 2,
  Uint16Array: 2,
  Float16Array: 2,
  Int32Array: 4,
  Uint32Array: 4,
  Float32Array: 4,
  Float64Array: 8,
  BigInt64Array: 8,
  BigUint64Array: 8,
};

export function isShared(value: unknown): value is SharedArrayBuffer {
  if (typeof value !== 'object' || value === null) return false;
  try {
    apply(byteLengthOf, value, []);
    return true;
  } catch {
    return false;
  }
}

/** Sites that are remembered without the arrays growing. */
const SITES = 1 << 15;

export function installWatch(context: Context): Watch {
  const { detector, memory, heap } = context;
  const { shadow } = memory;
  const { now } = detector;
  const blocks = new WeakMap<SharedArrayBuffer, Block>();
  const views = new WeakMap<object, View | null>();
  let kept: WeakRef<SharedArrayBuffer>[] = [];
  const installers: (() => void)[] = [];
  let live = false;
  let site = 0;
  let loop = false;
  /** For each site the object it met last, and what is known of it. Limit: one object for each place lives longer. */
  const objects: unknown[] = new Array<unknown>(SITES).fill(null);
  const seen: (View | null)[] = new Array<View | null>(SITES).fill(null);

  // The detector's own memory.
  for (const { buffer } of [heap, shadow])
    blocks.set(buffer as unknown as SharedArrayBuffer, { id: 0, escaped: false });

  function goLive(): void {
    if (live) return;
    live = true;
    heap[LIVE] = 1;
    for (const install of installers) install();
  }

  function remember(buffer: SharedArrayBuffer, block: Block): Block {
    blocks.set(buffer, block);
    kept.push(new WeakRef(buffer));
    if (kept.length % 1024 === 0) kept = kept.filter((one) => one.deref() !== undefined);
    return block;
  }

  function blockOf(buffer: SharedArrayBuffer, made = false): Block {
    const known = blocks.get(buffer);
    if (known !== undefined) return known;
    // Not made here, and no message brought it: what it orders cannot be known, and a missing order would be a false report.
    if (!made) {
      heap[BLIND] = 1;
      context.limit('a shared buffer came by a way that is not watched; nothing is reported from there on');
    }
    const growable = growableOf !== undefined && (apply(growableOf, buffer, []) as boolean);
    const bytes = apply(growable ? maxOf! : byteLengthOf, buffer, []) as number;
    return remember(buffer, { id: newBlock(memory, bytes), escaped: false });
  }

  function viewOf(object: unknown): View | null {
    if (!isView(object)) return null;
    const known = views.get(object);
    return known !== undefined ? known : makeView(object);
  }

  function makeView(object: object): View | null {
    const name = apply(tagOf, object, []) as string | undefined;
    const buffer = apply(name === undefined ? bufferOfData : bufferOf, object, []) as SharedArrayBuffer;
    if (!isShared(buffer)) {
      views.set(object, null);
      return null;
    }
    const block = blockOf(buffer);
    if (!block.escaped || block.id === 0) return null;
    const size = name === undefined ? 1 : SIZES[name]!;
    const tracking = growableOf !== undefined && (apply(growableOf, buffer, []) as boolean);
    const view: View = {
      block: block.id,
      byteOffset: apply(name === undefined ? offsetOfData : offsetOfArray, object, []) as number,
      size,
      integer: name !== undefined && !name.startsWith('Float') && name !== 'Uint8ClampedArray',
      big: name?.startsWith('Big') === true,
      length: 0,
      cells: 0,
      tracking,
      fixedLength: name === undefined ? 0 : (apply(lengthOfArray, object, []) as number),
    };
    views.set(object, view);
    return view;
  }

  function settle(view: View): void {
    detector.cells(view.block, view.size);
    const grain = heap[view.block + B_GRAIN]!;
    const base = heap[view.block + B_BASE]!;
    if (base === 0 || view.tracking || 1 << grain !== view.size) return;
    view.cells = base + (view.byteOffset >> grain) * 2;
    view.length = view.fixedLength;
  }

  function lengthOf(object: object, view: View): number {
    if (!view.tracking) return view.fixedLength;
    const name = apply(tagOf, object, []) as string | undefined;
    return apply(name === undefined ? lengthOfData : lengthOfArray, object, []) as number;
  }

  function lookup(object: unknown, at: number): View | null {
    if (!isView(object)) return null;
    const view = viewOf(object);
    if (view !== null) {
      if (view.length === 0) settle(view);
    } else if (views.get(object) === undefined) return null;
    objects[at] = object;
    seen[at] = view;
    return view;
  }

  /** Everything but an element with a cell of its own: other sizes, growing buffers, keys that are text. */
  function other(
    object: unknown,
    key: unknown,
    view: View,
    kind: typeof READ | typeof WRITE,
    at: number,
  ): void {
    let index = key;
    if (typeof index === 'string') {
      const number = Number(index);
      if (String(number) !== index) return;
      index = number;
    }
    if (typeof index !== 'number' || index >>> 0 !== index || (view.fixedLength === 0 && !view.tracking))
      return;
    if (view.length > 0 && index < view.length) {
      if (kind === READ)
        detector.readCell(
          view.cells + index * 2,
          view.block,
          view.byteOffset + index * view.size,
          view.size,
          at,
        );
      else
        detector.writeCell(
          view.cells + index * 2,
          view.block,
          view.byteOffset + index * view.size,
          view.size,
          at,
        );
    } else if (index < lengthOf(object as object, view))
      detector.access(view.block, view.byteOffset + index * view.size, view.size, kind, at);
  }

  /** What the fast ways of `r` and `w` leave over. */
  function read(object: unknown, key: unknown, at: number): void {
    const view = objects[at] === object ? seen[at]! : lookup(object, at);
    if (view !== null) other(object, key, view, READ, at);
  }

  function write(object: unknown, key: unknown, at: number): void {
    const view = objects[at] === object ? seen[at]! : lookup(object, at);
    if (view !== null) other(object, key, view, WRITE, at);
  }

  function whole(object: unknown, at: number): void {
    const view = viewOf(object);
    if (view !== null && view.fixedLength + (view.tracking ? 1 : 0) > 0)
      detector.access(view.block, view.byteOffset, lengthOf(object as object, view) * view.size, READ, at);
  }

  /** Walks data properties only: no code of the program runs. */
  function peek(root: unknown, path: readonly string[]): unknown {
    let value = root;
    for (const name of path) {
      let holder = value as object | null;
      let found: PropertyDescriptor | undefined;
      while (holder !== null && typeof holder === 'object' && found === undefined) {
        found = Object.getOwnPropertyDescriptor(holder, name);
        holder = Object.getPrototypeOf(holder) as object | null;
      }
      if (found === undefined || !('value' in found)) return undefined;
      value = found.value;
    }
    return value;
  }

  // The names that instrument.ts writes. Each gives back what it was given.
  const helpers: Record<string, unknown> = {
    // One function without calls, so that it can be inlined where it is hot.
    r(object: unknown, key: unknown, at: number) {
      if (live) {
        if (objects[at] === object) {
          const view = seen[at];
          if (view === null) return key;
          const index = key as number;
          if (index < view!.length && index >>> 0 === index) {
            const cell = view!.cells + (index << 1);
            const { low, span } = now;
            if ((shadow[cell]! - low) >>> 0 <= span) return key;
            const reader = shadow[cell + 1]!;
            if ((reader - low) >>> 0 <= span) return key;
            // Many threads read it: the list of readers begins with those in slots 0 to 3.
            if (reader < 0 && (heap[2 - reader + (now.slot & 3)]! - low) >>> 0 <= span) return key;
          }
        }
        read(object, key, at);
      }
      return key;
    },
    w(value: unknown, object: unknown, key: unknown, at: number) {
      if (live) {
        if (objects[at] === object) {
          const view = seen[at];
          if (view === null) return value;
          const index = key as number;
          if (
            index < view!.length &&
            index >>> 0 === index &&
            (shadow[view!.cells + (index << 1)]! - now.low) >>> 0 <= now.span
          )
            return value;
        }
        write(object, key, at);
      }
      return value;
    },
    m(object: unknown, key: unknown, at: number) {
      if (live) {
        read(object, key, at);
        write(object, key, at);
      }
      return key;
    },
    q(object: unknown, key: unknown, at: number) {
      if (live) write(object, key, at);
      return key;
    },
    c(object: unknown, at: number) {
      if (live) whole(object, at);
      return object;
    },
    o(object: unknown, keys: readonly number[], at: number) {
      if (live) for (const key of keys) read(object, key, at);
      return object;
    },
    a(at: number, value: unknown) {
      if (live) {
        site = at;
        loop = false;
      }
      return value;
    },
    l(at: number, value: unknown) {
      if (live) {
        site = at;
        loop = true;
      }
      return value;
    },
    p(root: unknown, ...path: string[]) {
      return live && root !== null && typeof root === 'object' ? peek(root, path) : undefined;
    },
    T: [],
  };
  for (const [name, value] of Object.entries(helpers))
    Object.defineProperty(globalThis, `$lockstep$${name}`, {
      value,
      enumerable: false,
      writable: false,
      configurable: false,
    });

  return {
    live: () => live,
    blockOf,
    tag(buffer, id) {
      if (blocks.get(buffer) === undefined) remember(buffer, { id, escaped: true });
      goLive();
    },
    alias(copy, buffer) {
      if (blocks.get(copy) === undefined) remember(copy, blockOf(buffer));
    },
    escape(buffer) {
      const block = blockOf(buffer);
      block.escaped = true;
      goLive();
      return block.id;
    },
    known: () => kept.flatMap((one) => one.deref() ?? []),
    knowsAny: () => kept.length > 0,
    viewOf,
    lengthOf,
    access(view, byte, bytes, kind, at) {
      detector.access(view.block, view.byteOffset + byte, bytes, kind, at);
    },
    givenSite() {
      const taken = site;
      site = 0;
      return taken;
    },
    viewAt(object, at) {
      if (objects[at] === object) return seen[at]!;
      const view = viewOf(object);
      if (at !== 0 && view !== null) {
        objects[at] = object;
        seen[at] = view;
      }
      return view;
    },
    takeSite() {
      const taken = site;
      site = 0;
      return taken !== 0 ? taken : context.siteHere();
    },
    ignore(view) {
      views.set(view, null);
    },
    forgetSite() {
      site = 0;
    },
    takeLoop() {
      const taken = loop;
      loop = false;
      return taken;
    },
    whenLive(install) {
      if (live) install();
      else installers.push(install);
    },
  };
}
