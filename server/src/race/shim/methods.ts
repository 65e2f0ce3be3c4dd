/**
 * For: the doors to memory that are no element access: methods of typed arrays, DataView, Buffer, decoders.
 * In and out: replaces methods of prototypes once some memory is shared; each tells which bytes it reads and writes.
 *
 * A method that calls back tells of each element right before the callback runs, for the callback may synchronise.
 */
import buffer from 'node:buffer';
import { READ, WRITE } from '../records.ts';
import type { Context } from './context.ts';
import { disguise } from './disguise.ts';
import { apply } from './real.ts';
import type { View, Watch } from './watch.ts';

type Method = (...rest: unknown[]) => unknown;
type Typed = Uint8Array;

export function installMethods(context: Context, watch: Watch): void {
  const prototype = Object.getPrototypeOf(Int8Array.prototype) as Record<string | symbol, unknown>;

  function read(view: View, from: number, to: number, site: number): void {
    if (to > from) watch.access(view, from * view.size, (to - from) * view.size, READ, site);
  }
  function write(view: View, from: number, to: number, site: number): void {
    if (to > from) watch.access(view, from * view.size, (to - from) * view.size, WRITE, site);
  }

  /** Replaces a method; `body` runs only for views of watched memory. */
  function replace(
    owner: Record<string | symbol, unknown>,
    name: string,
    body: (
      self: Typed,
      view: View,
      rest: unknown[],
      real: (...rest: unknown[]) => unknown,
      site: () => number,
    ) => unknown,
  ): void {
    const real = owner[name] as Method | undefined;
    if (typeof real !== 'function') return;
    const replacement = disguise(name, real.length, function (this: unknown, ...rest: unknown[]): unknown {
      const view = watch.viewOf(this);
      if (view === null) return apply(real, this, rest);
      return body(
        this as Typed,
        view,
        rest,
        (...given) => apply(real, this, given),
        () => context.siteHere(),
      );
    });
    Object.defineProperty(owner, name, {
      value: replacement,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  const length = (self: Typed, view: View): number => watch.lengthOf(self, view);
  /** A relative index as ToIntegerOrInfinity and the clamping of the methods make it. */
  const clamp = (value: unknown, whole: number, missing: number): number => {
    if (value === undefined) return missing;
    const number = Math.trunc(Number(value)) || 0;
    return number < 0 ? Math.max(whole + number, 0) : Math.min(number, whole);
  };
  /** Conversions are made once, here, so that what is told is what is done. */
  const number = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? Number(value) : value;

  for (const name of [
    'every',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'forEach',
    'map',
    'some',
  ])
    replace(prototype, name, (_self, view, [callback, ...rest], real, site) => {
      if (typeof callback !== 'function') return real(callback, ...rest);
      const at = site();
      return real(
        function (this: unknown, ...given: unknown[]): unknown {
          read(view, given[1] as number, (given[1] as number) + 1, at);
          return apply(callback as Method, this, given);
        },
        ...rest,
      );
    });
  for (const name of ['reduce', 'reduceRight'])
    replace(prototype, name, (self, view, [callback, ...rest], real, site) => {
      if (typeof callback !== 'function') return real(callback, ...rest);
      const at = site();
      const whole = length(self, view);
      if (rest.length === 0 && whole > 0) {
        const first = name === 'reduce' ? 0 : whole - 1;
        read(view, first, first + 1, at);
      }
      return real(
        function (...given: unknown[]): unknown {
          read(view, given[2] as number, (given[2] as number) + 1, at);
          return apply(callback as Method, undefined, given);
        },
        ...rest,
      );
    });
  for (const name of ['join', 'toLocaleString', 'toReversed', 'toSorted', 'with', 'lastIndexOf'])
    replace(prototype, name, (self, view, rest, real, site) => {
      const result = real(...rest);
      read(view, 0, length(self, view), site());
      return result;
    });
  const realIndexOf = prototype['indexOf'] as Method;
  const indexOf = (self: Typed, wanted: unknown, start: unknown): number => {
    const found = apply(realIndexOf, self, start === undefined ? [wanted] : [wanted, start]) as number;
    // `includes` finds NaN, `indexOf` does not.
    return found >= 0 ? found : Number.MAX_SAFE_INTEGER;
  };
  for (const name of ['indexOf', 'includes'])
    replace(prototype, name, (self, view, [wanted, from, ...rest], real, site) => {
      const start = number(from);
      const whole = length(self, view);
      const result = real(wanted, ...(from === undefined ? [] : [start]), ...rest);
      // A search ends where it finds something: what lies behind is not read.
      const place =
        name === 'indexOf' ? (result as number) : result === true ? indexOf(self, wanted, start) : -1;
      const found = place >= 0 ? Math.min(place + 1, whole) : whole;
      read(view, clamp(start, whole, 0), found, site());
      return result;
    });
  replace(prototype, 'at', (self, view, [index, ...rest], real, site) => {
    const at = number(index);
    const whole = length(self, view);
    const relative = Math.trunc(Number(at)) || 0;
    const position = relative < 0 ? whole + relative : relative;
    if (position >= 0 && position < whole) read(view, position, position + 1, site());
    return real(at, ...rest);
  });
  replace(prototype, 'fill', (self, view, [value, from, to], real, site) => {
    const [start, end] = [number(from), number(to)];
    const result = real(value, start, end);
    const whole = length(self, view);
    write(view, clamp(start, whole, 0), clamp(end, whole, whole), site());
    return result;
  });
  replace(prototype, 'copyWithin', (self, view, [target, from, to], real, site) => {
    const [into, start, end] = [number(target), number(from), number(to)];
    const whole = length(self, view);
    const [a, b, c] = [clamp(into, whole, 0), clamp(start, whole, 0), clamp(end, whole, whole)];
    const count = Math.min(c - b, whole - a);
    const at = site();
    read(view, b, b + count, at);
    write(view, a, a + count, at);
    return real(into, start, end);
  });
  replace(prototype, 'slice', (self, view, [from, to], real, site) => {
    const [start, end] = [number(from), number(to)];
    const whole = length(self, view);
    read(view, clamp(start, whole, 0), clamp(end, whole, whole), site());
    return real(start, end);
  });
  for (const name of ['sort', 'reverse'])
    replace(prototype, name, (self, view, rest, real, site) => {
      const at = site();
      read(view, 0, length(self, view), at);
      const result = real(...rest);
      write(view, 0, length(self, view), at);
      return result;
    });
  // The destination or the source may be the shared one.
  const realSet = prototype['set'] as Method;
  const set = disguise('set', 1, function (this: unknown, source: unknown, offset?: unknown): unknown {
    const into = watch.viewOf(this);
    const from = watch.viewOf(source);
    if (into === null && from === null) return apply(realSet, this, [source, offset]);
    const start = number(offset);
    const site = context.siteHere();
    if (from !== null) read(from, 0, length(source as Typed, from), site);
    const count = Number((source as { length?: unknown } | null)?.length) || 0;
    const result = apply(realSet, this, [source, start]);
    if (into !== null) {
      const at = Math.trunc(Number(start)) || 0;
      write(into, at, at + count, site);
    }
    return result;
  });
  Object.defineProperty(prototype, 'set', { value: set, writable: true, configurable: true });

  iterators(context, watch, prototype);
  dataViews(watch, read, write);
  buffers(context, watch, read, write);
  decoders(context, watch);
}

/** for-of, spread, destructuring, Array.from: each step tells of its element right before it is taken. */
function iterators(context: Context, watch: Watch, prototype: Record<string | symbol, unknown>): void {
  for (const name of ['values', 'entries']) {
    const real = prototype[name] as Method;
    const replacement = disguise(name, 0, function (this: unknown): unknown {
      const iterator = apply(real, this, []) as Iterator<unknown>;
      const view = watch.viewOf(this);
      if (view === null) return iterator;
      const site = context.siteHere();
      let index = 0;
      const next = disguise('next', 0, () => {
        if (index < watch.lengthOf(this as object, view))
          watch.access(view, index++ * view.size, view.size, READ, site);
        return iterator.next();
      });
      return Object.create(Object.getPrototypeOf(iterator) as object, {
        next: { value: next, writable: true, configurable: true },
      });
    });
    Object.defineProperty(prototype, name, { value: replacement, writable: true, configurable: true });
    if (name === 'values')
      Object.defineProperty(prototype, Symbol.iterator, {
        value: replacement,
        writable: true,
        configurable: true,
      });
  }
}

type Tell = (view: View, from: number, to: number, site: number) => void;

function dataViews(watch: Watch, read: Tell, write: Tell): void {
  const prototype = DataView.prototype as unknown as Record<string, Method>;
  for (const name of Object.getOwnPropertyNames(DataView.prototype)) {
    const parts = /^([gs]et)(?:Big)?(?:Ui|I|F)(?:nt|loat)(8|16|32|64)$/.exec(name);
    if (parts === null) continue;
    const real = prototype[name]!;
    const size = Number(parts[2]) / 8;
    const tell = parts[1] === 'get' ? read : write;
    const replacement = disguise(name, real.length, function (this: unknown, ...rest: unknown[]): unknown {
      const view = watch.viewOf(this);
      if (view === null) {
        watch.forgetSite();
        return apply(real, this, rest);
      }
      const site = watch.takeSite();
      const offset = typeof rest[0] === 'number' ? rest[0] : Number(rest[0]);
      rest[0] = offset;
      const result = apply(real, this, rest);
      const at = Math.trunc(offset) || 0;
      tell(view, at, at + size, site);
      return result;
    });
    Object.defineProperty(prototype, name, { value: replacement, writable: true, configurable: true });
  }
}

/** Methods of Buffer that do not go through those of Uint8Array. */
function buffers(context: Context, watch: Watch, read: Tell, write: Tell): void {
  const prototype = buffer.Buffer.prototype as unknown as Record<string, Method | undefined>;
  const replace = (
    name: string,
    body: (self: Uint8Array, view: View, rest: unknown[], real: () => unknown) => unknown,
  ): void => {
    const real = prototype[name];
    if (typeof real !== 'function' || !Object.hasOwn(prototype, name)) return;
    prototype[name] = disguise(name, real.length, function (this: unknown, ...rest: unknown[]): unknown {
      const view = watch.viewOf(this);
      if (view !== null) return body(this as Uint8Array, view, rest, () => apply(real, this, rest));
      watch.forgetSite();
      return apply(real, this, rest);
    });
  };
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const parts = /^(read|write)(?:(?:Big)?U?[Ii]nt(8|16|32|64)?|(Float)|(Double))(?:[LB]E)?$/.exec(name);
    if (parts === null) continue;
    replace(name, (_self, view, rest, real) => {
      const site = watch.takeSite();
      const result = real();
      const [offset, bytes] = parts[1] === 'read' ? rest : [rest[1], rest[2]];
      const size =
        parts[2] !== undefined
          ? Number(parts[2]) / 8
          : parts[3] !== undefined
            ? 4
            : parts[4] !== undefined
              ? 8
              : Number(bytes);
      const at = Number(offset ?? 0);
      (parts[1] === 'read' ? read : write)(view, at, at + size, site);
      return result;
    });
  }
  for (const name of [
    'toString',
    'utf8Slice',
    'latin1Slice',
    'hexSlice',
    'base64Slice',
    'toJSON',
    'indexOf',
    'lastIndexOf',
    'includes',
  ])
    replace(name, (self, view, rest, real) => {
      const result = real();
      const ranged = name === 'toString';
      const start = ranged && rest[1] !== undefined ? Number(rest[1]) : 0;
      const end = ranged && rest[2] !== undefined ? Number(rest[2]) : self.length;
      read(view, Math.max(start, 0), Math.min(end, self.length), context.siteHere());
      return result;
    });
  for (const name of ['write', 'utf8Write', 'latin1Write'])
    replace(name, (_self, view, rest, real) => {
      const result = real();
      const at = typeof rest[1] === 'number' ? rest[1] : 0;
      write(view, at, at + Number(result), context.siteHere());
      return result;
    });
  for (const name of ['equals', 'compare', 'copy']) {
    const real = prototype[name]!;
    prototype[name] = disguise(name, real.length, function (this: unknown, ...rest: unknown[]): unknown {
      const own = watch.viewOf(this);
      const other = watch.viewOf(rest[0]);
      const result = apply(real, this, rest);
      if (own === null && other === null) return result;
      const site = context.siteHere();
      const from = name === 'copy' ? Number(rest[2] ?? 0) : 0;
      const count = name === 'copy' ? Number(result) : (this as Uint8Array).length;
      if (own !== null) read(own, from, from + count, site);
      if (other !== null) {
        const at = name === 'copy' ? Number(rest[1] ?? 0) : 0;
        (name === 'copy' ? write : read)(
          other,
          at,
          at + (name === 'copy' ? count : (rest[0] as Uint8Array).length),
          site,
        );
      }
      return result;
    });
  }
}

function decoders(context: Context, watch: Watch): void {
  const decoder = TextDecoder.prototype as unknown as Record<string, Method>;
  const realDecode = decoder['decode']!;
  decoder['decode'] = disguise(
    'decode',
    realDecode.length,
    function (this: unknown, ...rest: unknown[]): unknown {
      const view = watch.viewOf(rest[0]);
      if (view !== null) watch.access(view, 0, (rest[0] as Uint8Array).byteLength, READ, context.siteHere());
      return apply(realDecode, this, rest);
    },
  );
  const encoder = TextEncoder.prototype as unknown as Record<string, Method>;
  const realEncode = encoder['encodeInto']!;
  encoder['encodeInto'] = disguise(
    'encodeInto',
    realEncode.length,
    function (this: unknown, ...rest: unknown[]): unknown {
      const result = apply(realEncode, this, rest) as { written: number };
      const view = watch.viewOf(rest[1]);
      if (view !== null) watch.access(view, 0, result.written, WRITE, context.siteHere());
      return result;
    },
  );
}
