/** Promises: who resolves them orders what comes after `await`. */
import type { Point } from '../ir/unit.ts';
import type { Frame } from './heap.ts';
import type { Machine } from './machine.ts';
import { join, NONE, object, type Values } from './values.ts';

/** `await of`: gives the turn away, then goes on after whatever resolved the promise. */
export function awaited(m: Machine, frame: Frame, at: Point, of: Values): Values {
  if (m.flow === null) return NONE;
  m.emit(frame, at, 'suspend', {});
  let result: Values = { ...of, objs: [] };
  for (const target of m.objectsOf(of)) {
    if (target.is.kind !== 'promise') {
      result = join(result, object(target.id));
      continue;
    }
    result = join(result, target.rest);
    orderAfter(m, target.id);
    const held = m.asyncHeld.get(target.id);
    if (held !== undefined && of.objs.length === 1) m.flow = { ...m.flow, held };
  }
  return result;
}

/** What stands after this place comes after everything that resolves the promise, and what it waits for in turn. */
function orderAfter(m: Machine, promise: number, seen = new Set<number>()): void {
  if (seen.has(promise)) return;
  seen.add(promise);
  for (const from of m.resolvedAt.get(promise) ?? []) m.order({ kind: 'promise', from, to: m.here() });
  const target = m.heap.get(promise);
  const parts = target.fields.get('*parts*');
  for (const part of parts?.objs ?? []) orderAfter(m, part, seen);
  if (parts === undefined) return;
  for (const agentExit of parts.consts) {
    if (typeof agentExit === 'string')
      m.order({ kind: 'agent-exit', from: { agent: agentExit }, to: m.here() });
  }
}

/** The promise of an async function's call. */
export function asyncResult(m: Machine, frame: Frame, at: Point, value: Values): Values {
  return promiseAt(m, frame, at, 'async', value);
}

export function promiseAt(m: Machine, frame: Frame, at: Point, what: string, value: Values): Values {
  const made = m.make(m.keyAt(frame, at, `promise ${what}`), () => ({ kind: 'promise' }), m.mark(frame, at));
  for (const target of m.objectsOf(value)) {
    // A promise of a promise is the inner one's value, after the inner one.
    if (target.is.kind === 'promise') {
      m.heap.addRest(made, target.rest);
      m.heap.setField(made, '*parts*', object(target.id));
    } else m.heap.addRest(made, object(target.id));
  }
  m.heap.addRest(made, { ...value, objs: [] });
  return object(made.id);
}

/** `resolve(value)` happens here. */
export function resolvePromise(m: Machine, promise: Values, value: Values): void {
  m.effects++;
  for (const target of m.objectsOf(promise)) {
    if (target.is.kind !== 'promise') continue;
    for (const inner of m.objectsOf(value)) {
      if (inner.is.kind === 'promise') m.heap.setField(target, '*parts*', object(inner.id));
    }
    m.heap.addRest(target, value);
    if (!m.recording) continue;
    const places = m.resolving.get(target.id) ?? [];
    places.push(m.here());
    m.resolving.set(target.id, places);
  }
}

export function yielded(m: Machine, frame: Frame, at: Point, value: Values): Values {
  m.emit(frame, at, 'suspend', {}, 'yield');
  m.heap.setCell(frame, '*yield*', value);
  return { ...NONE, any: true };
}
