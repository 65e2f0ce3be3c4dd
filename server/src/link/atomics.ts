/** `Atomics.*` as events (ECMA-262, "The Atomics Object"). */
import { promiseAt } from './async.ts';
import type { CallSite } from './call.ts';
import { holdsCell, releaseCell } from './claims.ts';
import { armOf, mergeArms } from './flow.ts';
import type { HeapObject } from './heap.ts';
import type { Machine } from './machine.ts';
import { bytesOf, placeOf, read, regionsOf, updateOf, write } from './memory.ts';
import { ANY, ANY_NUMBER, exactNumber, join, NONE, type Values } from './values.ts';

export function callAtomics(m: Machine, site: CallSite, method: string): Values {
  const { frame, at, args, cell } = site;
  const [view = NONE, index = NONE, value = NONE, replacement = NONE] = args;
  const how = { atomic: true, via: `Atomics.${method}` };
  let result: Values = view.any ? ANY : NONE;
  for (const target of m.objectsOf(view)) {
    if (target.is.kind !== 'view') continue;
    const { size } = target.is;
    switch (method) {
      case 'load':
        result = join(result, read(m, frame, at, target, index, size, cell, how));
        break;
      case 'store':
        write(m, frame, at, target, index, size, value, cell, how);
        result = join(result, value);
        break;
      case 'add':
      case 'sub':
      case 'and':
      case 'or':
      case 'xor':
      case 'exchange':
      case 'compareExchange':
        result = join(result, readModifyWrite(m, site, target, index, method, value, replacement));
        break;
      case 'wait':
        result = join(result, wait(m, site, target, index));
        break;
      case 'waitAsync': {
        // Limit: who goes on without awaiting the promise is taken to have been woken.
        wait(m, site, target, index);
        const made = m.make(m.keyAt(frame, at, 'waitAsync'), () => ({ kind: 'object' }), m.mark(frame, at));
        m.heap.setField(made, 'async', { ...NONE, any: true });
        m.heap.setField(made, 'value', promiseAt(m, frame, at, 'waitAsync', { ...NONE, any: true }));
        result = join(result, { ...NONE, objs: [made.id] });
        break;
      }
      case 'notify':
        emitAt(m, site, target, index, 'notify');
        result = join(result, { ...NONE, num: { lo: 0, hi: Infinity } });
        break;
      default:
        result = join(result, ANY);
    }
  }
  return result;
}

function emitAt(
  m: Machine,
  site: CallSite,
  view: HeapObject,
  index: Values,
  op: 'wait' | 'notify',
): number[] {
  if (view.is.kind !== 'view') return [];
  const bytes = bytesOf(view, index, view.is.size);
  return regionsOf(m, view).map((region) => {
    const about = { region, bytes, atomic: true, place: placeOf(m, region, site.cell), via: site.text };
    return m.emit(site.frame, site.at, op, about, String(region));
  });
}

/** Sleeping until notified: what comes after is decided by it, as behind a branch that only goes on one way. */
function wait(m: Machine, site: CallSite, view: HeapObject, index: Values): Values {
  const tags: string[] = [];
  for (const event of emitAt(m, site, view, index, 'wait')) {
    const branch = m.numberOf(m.keyAt(site.frame, site.at, 'waited'));
    m.guard(event, branch);
    if (m.flow !== null) m.flow = { ...m.flow, arms: mergeArms(m.flow.arms, [armOf(branch, true)]) };
    tags.push(`read:${event}`);
  }
  return { ...NONE, any: true, tags };
}

function readModifyWrite(
  m: Machine,
  site: CallSite,
  view: HeapObject,
  index: Values,
  method: string,
  value: Values,
  replacement: Values,
): Values {
  if (view.is.kind !== 'view') return NONE;
  const { frame, at, cell } = site;
  const bytes = bytesOf(view, index, view.is.size);
  const tags: string[] = [];
  const how = { atomic: true, via: `Atomics.${method}` };
  for (const region of regionsOf(m, view)) {
    const place = placeOf(m, region, cell);
    const wasHeld = bytes.exact && holdsCell(m, region, bytes.low);
    releaseCell(m, frame, at, region, bytes, how);
    const reading = m.emit(frame, at, 'read', { region, bytes, place, ...how }, `rmw ${region}`);
    const written = method === 'compareExchange' ? replacement : value;
    m.emit(
      frame,
      at,
      'write',
      { region, bytes, place, from: updateOf(m, written, region, bytes), ...how },
      `rmw ${region}`,
    );
    m.reads.set(reading, { region, bytes });
    if (claims(method, value, replacement) && bytes.exact && !wasHeld) {
      const expected = method === 'compareExchange' ? exactNumber(value) : 0;
      m.claims.set(reading, { expected, region, low: bytes.low, at: m.mark(frame, at), place });
      tags.push(`cas:${reading}`);
    } else tags.push(`read:${reading}`);
    if (method === 'add' || method === 'sub') tags.push(`ticket:${region}:${bytes.low}`);
  }
  return { ...NONE, num: ANY_NUMBER, tags };
}

/** A compare-exchange between two constants, or an exchange that puts in a constant other than 0. */
function claims(method: string, value: Values, replacement: Values): boolean {
  if (method === 'compareExchange') {
    const [from, to] = [exactNumber(value), exactNumber(replacement)];
    return from !== null && to !== null && from !== to;
  }
  return method === 'exchange' && exactNumber(value) !== null && exactNumber(value) !== 0;
}
