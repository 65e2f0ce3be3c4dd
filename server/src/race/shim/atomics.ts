/**
 * For: Atomics as the program calls them: the operation itself runs inside the record's lock, so its place in the order
 * is known.
 * In and out: replaces the functions of the Atomics object; results and errors are those of the real ones.
 */
import { WAIT_COUNT, WAIT_SITE, WAITS_AT } from '../layout.ts';
import { type Kind, LOAD, RMW, STORE } from '../records.ts';
import type { Context } from './context.ts';
import { disguise } from './disguise.ts';
import { apply, atomics as real, SharedBuffer } from './real.ts';
import type { View, Watch } from './watch.ts';

type Cells = Int32Array;

export function installAtomics(context: Context, watch: Watch): void {
  const { detector, heap } = context;
  const scratch32 = new Int32Array(new SharedBuffer(4));
  const scratch64 = new BigInt64Array(new SharedBuffer(8));

  /** The view if the operation is one on watched memory, with its index made a number; -1 where the real one must judge. */
  function indexIn(cells: unknown, view: View, index: unknown): number {
    if (!view.integer) return -1;
    // ToIndex, with whatever the program's valueOf does, once.
    const number = typeof index === 'number' ? index : Number(index);
    const whole = Math.trunc(number) || 0;
    return whole >= 0 && whole < watch.lengthOf(cells as object, view) ? whole : -1;
  }

  const coerce = (view: View, value: unknown): unknown =>
    typeof value === 'number' || typeof value === 'bigint'
      ? value
      : view.big
        ? apply(real.store, Atomics, [scratch64, 0, value])
        : apply(real.store, Atomics, [scratch32, 0, value]);

  function operation(name: keyof typeof real, arity: number, written: Kind, exchange: boolean) {
    const operate = real[name] as unknown as (...rest: unknown[]) => unknown;
    const compares = arity === 4;
    return disguise(name, arity, (cells: unknown, key: unknown, third: unknown, fourth: unknown): unknown => {
      if (!watch.live()) return operate(cells, key, third, fourth);
      const loop = watch.takeLoop();
      const given = watch.givenSite();
      const view = watch.viewAt(cells, given);
      if (view === null) return operate(cells, key, third, fourth);
      const site = given !== 0 ? given : context.siteHere();
      const index = indexIn(cells, view, key);
      if (index < 0) return operate(cells, typeof key === 'object' ? -1 : key, third, fourth);
      const first = arity > 2 ? coerce(view, third) : undefined;
      const second = compares ? coerce(view, fourth) : undefined;
      const byte = view.byteOffset + index * view.size;
      const record = detector.begin(view.block, byte);
      if (record === 0) return operate(cells, index, first, second);
      let result: unknown;
      try {
        result = operate(cells, index, first, second);
      } catch (error) {
        detector.leave(record);
        throw error;
      }
      const kind = compares && !same(result, narrow(cells as object, first)) ? LOAD : written;
      let old = NaN;
      let value = NaN;
      if (kind !== LOAD && !view.big) {
        value = real.load(cells as Cells, index);
        // What a store has overwritten is not looked at: whether it frees a lock shows in the new value.
        old = kind === STORE ? value ^ 1 : (result as number);
      }
      detector.finish(record, byte, view.size, kind, site, old, value, exchange, loop);
      return result;
    });
  }

  /** The value as an element of that array would hold it. */
  function narrow(cells: object, value: unknown): unknown {
    const one = narrowing.get(cells.constructor) ?? new (cells.constructor as Int32ArrayConstructor)(1);
    narrowing.set(cells.constructor, one);
    one[0] = value as number;
    return one[0];
  }
  const narrowing = new Map<unknown, Int32Array>();

  const replacements: Record<string, unknown> = {
    load: operation('load', 2, LOAD, false),
    store: operation('store', 3, STORE, false),
    exchange: operation('exchange', 3, RMW, true),
    compareExchange: operation('compareExchange', 4, RMW, true),
  };
  for (const name of ['add', 'sub', 'and', 'or', 'xor'] as const)
    replacements[name] = operation(name, 3, RMW, false);

  /** The view and index of a cell that can be waited at; null where the real function must judge. */
  function waitable(cells: unknown, key: unknown): { view: View; index: number; byte: number } | null {
    const view = watch.live() ? watch.viewOf(cells) : null;
    if (view === null || !(cells instanceof Int32Array || cells instanceof BigInt64Array)) return null;
    if (typeof key === 'object') return null;
    const index = indexIn(cells, view, key);
    return index < 0 ? null : { view, index, byte: view.byteOffset + index * view.size };
  }

  function passSection(view: View, byte: number): void {
    const record = detector.begin(view.block, byte);
    if (record === 0) return;
    detector.section(record, byte, view.size);
    detector.leave(record);
  }

  replacements['wait'] = disguise('wait', 4, function (...rest: unknown[]): unknown {
    const [cells, key, expected, timeout] = rest;
    const at = waitable(cells, key);
    if (at === null) {
      watch.forgetSite();
      return apply(real.wait, Atomics, rest);
    }
    const site = watch.takeSite();
    watch.takeLoop();
    const { view, index, byte } = at;
    const value = coerce(view, expected);
    const forEver = timeout === undefined || timeout === Infinity;
    const limit = forEver ? Infinity : Number(timeout);
    const record = detector.begin(view.block, byte);
    if (record === 0) return apply(real.wait, Atomics, rest);
    detector.section(record, byte, view.size);
    const current = real.load(cells as Cells, index) as unknown;
    const sleeps = same(current, narrow(cells as object, value));
    const sync = detector.finish(record, byte, view.size, LOAD, site, NaN, NaN, sleeps && forEver, true);
    const { slot } = detector.now;
    if (forEver && sleeps) {
      heap[WAIT_SITE + slot] = site;
      heap[WAIT_COUNT + slot]!++;
      real.store(heap, WAITS_AT + slot, sync);
    }
    try {
      return apply(real.wait, Atomics, [cells, index, value, limit]);
    } finally {
      if (forEver && sleeps) real.store(heap, WAITS_AT + slot, 0);
      const again = detector.begin(view.block, byte);
      if (again !== 0) {
        detector.section(again, byte, view.size);
        detector.finish(again, byte, view.size, LOAD, site, NaN, NaN, false, false);
      }
    }
  });

  replacements['notify'] = disguise('notify', 3, function (...rest: unknown[]): unknown {
    const [cells, key] = rest;
    const at = waitable(cells, key);
    watch.forgetSite();
    watch.takeLoop();
    if (at === null) return apply(real.notify, Atomics, rest);
    // Conversions of the count may run code of the program: they come before the lock.
    const count = typeof rest[2] === 'object' && rest[2] !== null ? Number(rest[2]) : rest[2];
    const record = detector.begin(at.view.block, at.byte);
    if (record === 0) return apply(real.notify, Atomics, rest);
    try {
      return apply(real.notify, Atomics, [cells, at.index, count]);
    } finally {
      detector.section(record, at.byte, at.view.size);
      detector.leave(record);
    }
  });

  if (real.waitAsync !== undefined) {
    const waitAsync = real.waitAsync;
    replacements['waitAsync'] = disguise('waitAsync', 4, function (...rest: unknown[]): unknown {
      const [cells, key] = rest;
      const at = waitable(cells, key);
      if (at === null) {
        watch.forgetSite();
        return apply(waitAsync, Atomics, rest);
      }
      const site = watch.takeSite();
      watch.takeLoop();
      const { view, byte } = at;
      passSection(view, byte);
      const result = apply(waitAsync, Atomics, [cells, at.index, ...rest.slice(2)]);
      const record = detector.begin(view.block, byte);
      if (record !== 0) {
        detector.section(record, byte, view.size);
        detector.finish(record, byte, view.size, LOAD, site, NaN, NaN, false, false);
      }
      // Registered before any reaction of the program, so it runs before them, in the same job queue.
      if (result.async) void (result.value as Promise<unknown>).then(() => passSection(view, byte));
      return result;
    });
  }

  ignoreOwnOfNode(watch);
  for (const [name, value] of Object.entries(replacements))
    Object.defineProperty(Atomics, name, { value, writable: true, configurable: true, enumerable: false });
}

/** In a worker, `process.cwd()` looks at a counter of Node's own by `Atomics.load`: no memory of the program. */
function ignoreOwnOfNode(watch: Watch): void {
  const seen: object[] = [];
  Atomics.load = ((cells: Cells, index: number) => {
    seen.push(cells);
    return real.load(cells, index);
  }) as typeof Atomics.load;
  try {
    process.cwd();
  } catch {
    // The directory is gone; nothing has been looked at.
  }
  Atomics.load = real.load;
  for (const cells of seen) watch.ignore(cells);
}

const same = (a: unknown, b: unknown): boolean => a === b;
