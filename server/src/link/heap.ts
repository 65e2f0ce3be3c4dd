/** What abstract values point at: one object for each allocation site and way of reaching it. */
import type { Held } from '../ir/program.ts';
import type { ClassId, Func, Mark, Unit } from '../ir/unit.ts';
import { join, NONE, object, type Values } from './values.ts';

export type ObjectKind =
  | { readonly kind: 'object' | 'array' | 'map' | 'set' | 'arraybuffer' }
  | {
      readonly kind: 'func';
      readonly unit: Unit;
      readonly func: Func;
      readonly frame: Frame;
      readonly self: Values;
    }
  | { readonly kind: 'class'; readonly unit: Unit; readonly cls: ClassId; readonly frame: Frame }
  | { readonly kind: 'instance'; readonly cls: number }
  /** A function that the language, the host or a known package provides, bound to what it works on. */
  | {
      readonly kind: 'builtin';
      readonly name: string;
      readonly self: Values;
      readonly args: readonly Values[];
    }
  /** Something a known package exports, or a global: `async-mutex#Mutex`, `Atomics`. */
  | { readonly kind: 'external'; readonly name: string }
  | { readonly kind: 'namespace'; readonly unit: Unit }
  /** A SharedArrayBuffer or the buffer of a shared memory. */
  | { readonly kind: 'region'; readonly region: number }
  /** A typed array (`size` bytes an element) or DataView (`size` 0); `length` in elements where it is known. */
  | {
      readonly kind: 'view';
      readonly buffer: Values;
      readonly offset: Values;
      readonly size: number;
      readonly length: number | null;
      readonly type: string;
    }
  | { readonly kind: 'wasm-memory'; readonly buffer: Values }
  | { readonly kind: 'url'; readonly path: string; readonly from: string }
  | { readonly kind: 'worker'; readonly agent: string }
  /** One end of a channel: what is sent here arrives at `peer`. */
  | { readonly kind: 'port'; readonly end: string; readonly peer: string }
  | { readonly kind: 'lock'; readonly lock: number; readonly api: string }
  /** A primitive that orders without being a lock: `api` says which; `region` stands for its state. */
  | { readonly kind: 'signal'; readonly region: number; readonly api: string }
  /** Calling it, or disposing of it, frees the lock. */
  | { readonly kind: 'releaser'; readonly lock: number }
  | { readonly kind: 'promise' };

export interface HeapObject {
  readonly id: number;
  readonly key: string;
  readonly is: ObjectKind;
  readonly madeAt: Mark | null;
  readonly madeLoops: readonly number[];
  readonly madeTurn: string;
  readonly fields: Map<string, Values>;
  /** Elements and properties whose name is not known; what a promise resolves to. */
  rest: Values;
}

/** One activation of a function, told apart by its call path; closures keep theirs. */
export interface Frame {
  readonly id: string;
  /** Stands for `id` in the keys of what is made in it. */
  readonly number: number;
  readonly unit: Unit;
  readonly func: Func;
  readonly parent: Frame | null;
  readonly cells: Map<string, Values>;
  self: Values;
  returned: Values;
  last: LastRun | null;
}

/** How a function went when it last ran in this pass. */
export interface LastRun {
  readonly pass: number;
  readonly turn: string;
  /** The locks held, loops and task it ran under. */
  readonly under: string;
  /** It did nothing but compute. */
  readonly silent: boolean;
  readonly held: readonly Held[];
  readonly arms: readonly number[];
}

/** How often a number may grow before it is taken to have no bound on that side. */
const GROWTH_LIMIT = 3;

/** Invariant: the heap only grows, and an object is found again by its key, so passes over the program end. */
export class Heap {
  readonly objects: HeapObject[] = [];
  private readonly byKey = new Map<string, HeapObject>();
  private readonly growth = new WeakMap<object, Map<string, number>>();
  /** By class object, all instances that code in sight makes; by file and class, the first class object. */
  readonly instances = new Map<number, Values>();
  readonly classes = new Map<string, HeapObject>();
  /** Counts every change: a pass that changes nothing is the last. */
  changes = 0;

  get(id: number): HeapObject {
    return this.objects[id]!;
  }

  make(
    key: string,
    is: () => ObjectKind,
    made: Pick<HeapObject, 'madeAt' | 'madeLoops' | 'madeTurn'>,
  ): HeapObject {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const fresh: HeapObject = {
      id: this.objects.length,
      key,
      is: is(),
      ...made,
      fields: new Map(),
      rest: NONE,
    };
    this.objects.push(fresh);
    this.byKey.set(key, fresh);
    this.index(fresh);
    this.changes++;
    return fresh;
  }

  private index(fresh: HeapObject): void {
    const { is } = fresh;
    if (is.kind === 'instance' && !fresh.key.startsWith('outside ')) {
      this.instances.set(is.cls, join(this.instances.get(is.cls) ?? NONE, object(fresh.id)));
    } else if (is.kind === 'class') {
      const name = `${is.unit.file}#${is.cls}`;
      if (!this.classes.has(name)) this.classes.set(name, fresh);
    }
  }

  field(target: HeapObject, name: string): Values {
    return join(target.fields.get(name) ?? NONE, target.rest);
  }

  setField(target: HeapObject, name: string, values: Values): void {
    this.grow(target.fields, name, values);
  }

  addRest(target: HeapObject, values: Values): void {
    const after = join(target.rest, values);
    if (after === target.rest) return;
    target.rest = after;
    this.changes++;
  }

  setCell(frame: Frame, id: string, values: Values): void {
    this.grow(frame.cells, id, values);
  }

  /** A cell whose bounds are known, so that growing is no sign of having none. */
  boundCell(frame: Frame, id: string, values: Values): void {
    const before = frame.cells.get(id) ?? NONE;
    const after = join(before, values);
    if (after === before) return;
    frame.cells.set(id, after);
    this.changes++;
  }

  private grow(store: Map<string, Values>, name: string, values: Values): void {
    const before = store.get(name) ?? NONE;
    let after = join(before, values);
    if (after === before) {
      if (!store.has(name)) store.set(name, after);
      return;
    }
    if (after.num !== null && before.num !== null && after.num !== before.num) {
      let counts = this.growth.get(store);
      if (counts === undefined) this.growth.set(store, (counts = new Map<string, number>()));
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count >= GROWTH_LIMIT) {
        const lo = after.num.lo < before.num.lo ? -Infinity : after.num.lo;
        const hi = after.num.hi > before.num.hi ? Infinity : after.num.hi;
        after = { ...after, num: { lo, hi } };
      }
    }
    store.set(name, after);
    this.changes++;
  }
}
