/** Reading and writing `a.b` and `a[i]`, whatever `a` is. */
import type { Point } from '../ir/unit.ts';
import { call } from './call.ts';
import type { Frame, HeapObject } from './heap.ts';
import { readView, writeView } from './memory.ts';
import type { Machine } from './machine.ts';
import { namespaceMember } from './modules.ts';
import { acquireSignal } from './signals.ts';
import { assignHandler, hostField } from './workers.ts';
import { ANY, ANY_NUMBER, exactNumber, exactString, join, NONE, object, type Values } from './values.ts';

export interface Access {
  readonly at: Point;
  /** The whole assignment, where the write is a part of one. */
  readonly update?: Point;
}

export function getMember(
  m: Machine,
  frame: Frame,
  at: Point,
  of: Values,
  key: Values,
  place: string,
  ofSuper = false,
): Values {
  const name = exactString(key);
  const index = exactNumber(key);
  let result: Values = of.any ? ANY : NONE;
  for (const target of m.objectsOf(of)) {
    result = join(result, memberOf(m, frame, at, target, name, index, key, place, ofSuper));
  }
  // Text has methods too; their results are not followed.
  if (of.consts.some((value) => typeof value === 'string'))
    result = join(
      result,
      name === 'length' ? { ...NONE, num: ANY_NUMBER } : m.builtin(`string.${name ?? ''}`),
    );
  return result;
}

function memberOf(
  m: Machine,
  frame: Frame,
  at: Point,
  target: HeapObject,
  name: string | null,
  index: number | null,
  key: Values,
  place: string,
  ofSuper: boolean,
): Values {
  const { is } = target;
  const self = object(target.id);
  switch (is.kind) {
    case 'view':
      if (name === null) return is.size === 0 ? NONE : readView(m, frame, at, target, key, place);
      if (name === 'buffer') return is.buffer;
      if (name === 'length' || name.startsWith('byte'))
        return name === 'byteOffset' ? is.offset : { ...NONE, num: { lo: 0, hi: Infinity } };
      return m.builtin(`view.${name}`, self);
    case 'instance': {
      if (name === null) return m.heap.field(target, index === null ? '' : String(index));
      const own = ofSuper ? NONE : m.heap.field(target, name);
      return own === NONE ? methodOf(m, frame, at, m.heap.get(is.cls), name, self, ofSuper) : own;
    }
    case 'class': {
      if (name === null) return ANY;
      const own = m.heap.field(target, name);
      return own === NONE ? staticOf(m, target, name) : own;
    }
    case 'namespace':
      return name === null ? ANY : namespaceMember(m, is.unit, name);
    case 'external': {
      if (name === null) return ANY;
      const own = m.heap.field(target, name);
      return own === NONE ? hostField(m, `${is.name}.${name}`) : own;
    }
    case 'region':
      return name === 'byteLength'
        ? { ...NONE, num: { lo: 0, hi: Infinity } }
        : m.builtin(`region.${name ?? ''}`, self);
    case 'wasm-memory':
      return name === 'buffer' ? is.buffer : m.builtin(`wasm-memory.${name ?? ''}`, self);
    case 'array':
      if (name === 'length') return { ...NONE, num: { lo: 0, hi: Infinity } };
      if (name === null) return index === null ? everything(target) : m.heap.field(target, String(index));
      return m.builtin(`array.${name}`, self);
    case 'lock':
      // A handle stands for the lock itself, in whatever agent it is opened again.
      return name === 'handle' ? self : m.builtin(`lock.${name ?? ''}`, self);
    case 'signal':
      return name === 'handle' ? self : m.builtin(`signal.${name ?? ''}`, self);
    case 'map':
    case 'set':
      return name === 'size'
        ? { ...NONE, num: { lo: 0, hi: Infinity } }
        : m.builtin(`${is.kind}.${name ?? ''}`, self);
    case 'object': {
      const field = name ?? (index === null ? null : String(index));
      return field === null ? everything(target) : m.heap.field(target, field);
    }
    case 'func':
      if (name !== null && target.fields.has(name)) return m.heap.field(target, name);
      return m.builtin(`func.${name ?? ''}`, self);
    default: {
      const own = name === null ? NONE : m.heap.field(target, name);
      return own === NONE ? m.builtin(`${is.kind}.${name ?? ''}`, self) : own;
    }
  }
}

/** The values of all fields: an access by a key that is not known. */
export function everything(target: HeapObject): Values {
  let result = target.rest;
  for (const value of target.fields.values()) result = join(result, value);
  return result;
}

function methodOf(
  m: Machine,
  frame: Frame,
  at: Point,
  cls: HeapObject,
  name: string,
  self: Values,
  ofSuper: boolean,
): Values {
  if (cls.is.kind !== 'class') return NONE;
  const { unit, cls: id, frame: around } = cls.is;
  const declared = unit.classes[id];
  if (declared === undefined) return NONE;
  const method = ofSuper
    ? undefined
    : declared.methods.find((each) => each.name === name && !each.static && each.kind !== 'setter');
  if (method !== undefined) {
    const func = unit.funcs[method.func]!;
    const made = m.make(
      `method ${around.id}|${func.id}`,
      () => ({ kind: 'func', unit, func, frame: around, self: NONE }),
      null,
    );
    const target = object(made.id);
    return method.kind === 'getter' ? call(m, frame, at, target, self, [], func.name, '') : target;
  }
  let result: Values = NONE;
  for (const base of basesOf(m, cls)) {
    result = join(
      result,
      base.is.kind === 'class'
        ? methodOf(m, frame, at, base, name, self, false)
        : externalMethod(m, base, name, self),
    );
  }
  return result;
}

function externalMethod(m: Machine, base: HeapObject, name: string, self: Values): Values {
  return base.is.kind === 'external' ? m.builtin(`${base.is.name}#${name}`, self) : ANY;
}

export function basesOf(m: Machine, cls: HeapObject): HeapObject[] {
  if (cls.is.kind !== 'class') return [];
  return m.objectsOf(m.heap.field(cls, '*base*'));
}

function staticOf(m: Machine, cls: HeapObject, name: string): Values {
  if (cls.is.kind !== 'class') return NONE;
  const { unit, cls: id, frame: around } = cls.is;
  const method = unit.classes[id]?.methods.find(
    (each) => each.name === name && each.static && each.kind === 'method',
  );
  if (method !== undefined) {
    const func = unit.funcs[method.func]!;
    const made = m.make(
      `method ${around.id}|${func.id}`,
      () => ({ kind: 'func', unit, func, frame: around, self: object(cls.id) }),
      null,
    );
    return object(made.id);
  }
  let result: Values = NONE;
  for (const base of basesOf(m, cls)) {
    result = join(
      result,
      base.is.kind === 'class' ? join(m.heap.field(base, name), staticOf(m, base, name)) : NONE,
    );
  }
  return result;
}

export function setMember(
  m: Machine,
  frame: Frame,
  access: Access,
  of: Values,
  key: Values,
  value: Values,
  place: string,
): void {
  const name = exactString(key);
  const index = exactNumber(key);
  for (const target of m.objectsOf(of)) {
    const { is } = target;
    if (is.kind === 'view') {
      if (name === null && is.size > 0) writeView(m, frame, access, target, key, value, place);
      continue;
    }
    if (name !== null && assignHandler(m, frame, access.at, target, name, value)) continue;
    if (is.kind === 'instance' && name !== null && callSetter(m, frame, access.at, target, name, value))
      continue;
    const field = name ?? (index === null ? null : String(index));
    if (field === null) m.heap.addRest(target, value);
    else m.heap.setField(target, field, value);
  }
}

function callSetter(
  m: Machine,
  frame: Frame,
  at: Point,
  target: HeapObject,
  name: string,
  value: Values,
): boolean {
  if (target.is.kind !== 'instance') return false;
  const cls = m.heap.get(target.is.cls);
  if (cls.is.kind !== 'class') return false;
  const { unit, cls: id, frame: around } = cls.is;
  const setter = unit.classes[id]?.methods.find(
    (each) => each.name === name && each.kind === 'setter' && !each.static,
  );
  if (setter === undefined) return false;
  const func = unit.funcs[setter.func]!;
  const made = m.make(
    `method ${around.id}|${func.id}`,
    () => ({ kind: 'func', unit, func, frame: around, self: NONE }),
    null,
  );
  call(m, frame, at, object(made.id), object(target.id), [value], func.name, '');
  return true;
}

/** What a `for…of`, a spread or an array pattern yields; iterating a view reads all of it. */
export function elementsOf(m: Machine, frame: Frame, at: Point, of: Values): Values {
  let result: Values = of.any ? ANY : NONE;
  for (const target of m.objectsOf(of)) {
    const { is } = target;
    if (is.kind === 'view')
      result = join(result, readView(m, frame, at, target, { ...NONE, num: { lo: 0, hi: Infinity } }, ''));
    else if (is.kind === 'signal') {
      acquireSignal(m, frame, at, target, '');
      result = ANY;
    } else if (is.kind === 'map') {
      const pair = m.make(`pair of ${target.id}`, () => ({ kind: 'array' }), target.madeAt);
      m.heap.setField(pair, '0', m.heap.field(target, '*keys*'));
      m.heap.setField(pair, '1', target.rest);
      result = join(result, object(pair.id));
    } else if (is.kind === 'array' || is.kind === 'set' || is.kind === 'object')
      result = join(result, everything(target));
    else result = join(result, ANY);
  }
  return result;
}
