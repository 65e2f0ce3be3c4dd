/** Arrays, Maps and Sets: what goes in comes out, and callbacks run at once, as the body of a loop. */
import { call, callFunction, type CallSite } from './call.ts';
import type { Machine } from './machine.ts';
import { elementsOf, everything } from './members.ts';
import { ANY, constant, join, NONE, object, tagged, type Values } from './values.ts';

const SYNC_CALLBACKS = new Set([
  'forEach',
  'map',
  'filter',
  'some',
  'every',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'flatMap',
]);

/** Runs a callback as the body of a loop over elements, with the index as its second parameter. */
export function eachRound(
  m: Machine,
  site: CallSite,
  callback: Values,
  element: Values,
  whole: Values,
): Values {
  const loop = m.numberOf(m.keyAt(site.frame, site.at, 'rounds'));
  const outer = m.loops;
  m.loops = [...outer, loop];
  const index = tagged({ ...NONE, num: { lo: 0, hi: Infinity } }, [`loop:${loop}`]);
  const given = [tagged(element, [`loop:${loop}`]), index, whole];
  let result: Values = NONE;
  for (const func of m.objectsOf(callback)) {
    const before = m.flow;
    result = join(
      result,
      func.is.kind === 'func'
        ? callFunction(m, site.frame, site.at, func, NONE, given)
        : call(m, site.frame, site.at, object(func.id), NONE, given, site.text, ''),
    );
    // The loop may have no rounds: nothing that its body decides holds behind it.
    if (before !== null) m.flow = { held: m.flow?.held ?? before.held, arms: before.arms };
  }
  m.loops = outer;
  return result;
}

export function callArray(m: Machine, site: CallSite, method: string): Values {
  const { frame, at, args, self } = site;
  const [first = NONE] = args;
  let result: Values = NONE;
  const made = () => m.make(m.keyAt(frame, at, 'array'), () => ({ kind: 'array' }), m.mark(frame, at));
  for (const array of m.objectsOf(self)) {
    const element = everything(array);
    const whole = object(array.id);
    if (SYNC_CALLBACKS.has(method)) {
      const returned = eachRound(m, site, first, element, whole);
      if (method === 'map' || method === 'flatMap') {
        const mapped = made();
        m.heap.addRest(mapped, method === 'map' ? returned : elementsOf(m, frame, at, returned));
        result = join(result, object(mapped.id));
      } else if (method === 'filter') result = join(result, whole);
      else if (method.startsWith('find') && !method.endsWith('Index')) result = join(result, element);
      else result = join(result, ANY);
    } else if (method === 'reduce' || method === 'reduceRight') {
      const start = args[1] ?? element;
      const loop = m.loops;
      m.loops = [...loop, m.numberOf(m.keyAt(frame, at, 'rounds'))];
      result = join(
        result,
        join(start, call(m, frame, at, first, NONE, [start, element, ANY, whole], site.text, '')),
      );
      m.loops = loop;
    } else if (method === 'push' || method === 'unshift') {
      for (const arg of args) m.heap.addRest(array, arg);
      result = join(result, { ...NONE, num: { lo: 0, hi: Infinity } });
    } else if (method === 'pop' || method === 'shift' || method === 'at') result = join(result, element);
    else if (method === 'fill') {
      m.heap.addRest(array, first);
      result = join(result, whole);
    } else if (
      /^(?:slice|concat|reverse|sort|splice|toSorted|toReversed|values|with|copyWithin)$/.test(method)
    ) {
      if (method === 'concat') for (const arg of args) m.heap.addRest(array, elementsOf(m, frame, at, arg));
      result = join(result, whole);
    } else if (method === 'entries') {
      const pair = m.make(m.keyAt(frame, at, 'entry'), () => ({ kind: 'array' }), null);
      m.heap.setField(pair, '0', {
        ...NONE,
        num: { lo: 0, hi: Infinity },
        tags: m.loops.map((loop) => `loop:${loop}`),
      });
      m.heap.setField(pair, '1', element);
      const list = made();
      m.heap.addRest(list, object(pair.id));
      result = join(result, object(list.id));
    } else result = join(result, ANY);
  }
  return result;
}

export function callCollection(m: Machine, site: CallSite, kind: 'map' | 'set', method: string): Values {
  const [first = NONE, second = NONE] = site.args;
  let result: Values = NONE;
  for (const target of m.objectsOf(site.self)) {
    if (method === 'set' || method === 'add') {
      m.heap.addRest(target, kind === 'map' ? second : first);
      if (kind === 'map') m.heap.setField(target, '*keys*', first);
      result = join(result, object(target.id));
    } else if (method === 'get') result = join(result, join(target.rest, constant(undefined)));
    else if (method === 'forEach') {
      eachRound(m, site, first, target.rest, object(target.id));
      result = constant(undefined);
    } else if (method === 'values' || method === 'keys' || method === 'entries') {
      if (method === 'entries' || kind === 'set') result = join(result, object(target.id));
      else {
        const list = m.make(m.keyAt(site.frame, site.at, method), () => ({ kind: 'array' }), null);
        m.heap.addRest(list, method === 'values' ? target.rest : m.heap.field(target, '*keys*'));
        result = join(result, object(list.id));
      }
    } else result = join(result, ANY);
  }
  return result;
}
