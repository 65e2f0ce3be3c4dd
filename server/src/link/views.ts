/** Methods of typed arrays and DataView as reads and writes of ranges. */
import { call, type CallSite } from './call.ts';
import { eachRound } from './collections.ts';
import type { HeapObject } from './heap.ts';
import type { Machine } from './machine.ts';
import { elementsOf } from './members.ts';
import { read, WHOLE, write } from './memory.ts';
import {
  ANY,
  ANY_NUMBER,
  arithmetic,
  exactNumber,
  join,
  NONE,
  number,
  object,
  type Values,
} from './values.ts';

const READ_ALL = new Set([
  'indexOf',
  'lastIndexOf',
  'includes',
  'join',
  'toString',
  'toLocaleString',
  'values',
  'entries',
  'keys',
  'at',
  'toSorted',
  'toReversed',
  'with',
  'slice',
]);
const CALLBACKS = new Set([
  'forEach',
  'map',
  'filter',
  'some',
  'every',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'reduce',
  'reduceRight',
]);
const COPIES = new Set(['slice', 'map', 'filter', 'toSorted', 'toReversed', 'with']);

export function callView(m: Machine, site: CallSite, method: string): Values {
  let result: Values = NONE;
  for (const view of m.objectsOf(site.self))
    if (view.is.kind === 'view') result = join(result, callOn(m, site, method, view));
  return result;
}

function callOn(m: Machine, site: CallSite, method: string, view: HeapObject): Values {
  if (view.is.kind !== 'view') return NONE;
  const { frame, at, args } = site;
  const { size } = view.is;
  const [first = NONE, second] = args;
  const how = { atomic: false, via: method };
  const self = object(view.id);
  const receiver = site.text.slice(0, Math.max(0, site.text.lastIndexOf('.')));
  const readAll = (index: Values = WHOLE) => read(m, frame, at, view, index, size, receiver, how);
  const writeAll = (value: Values, index: Values = WHOLE) =>
    write(m, frame, at, view, index, size, value, receiver, how);
  switch (method) {
    case 'fill':
      writeAll(first, second === undefined ? WHOLE : from(second, args[2]));
      return self;
    case 'set': {
      const source = elementsOf(m, frame, at, first);
      writeAll(source, second === undefined ? from(number(0), lengthOf(m, first)) : from(second, undefined));
      return NONE;
    }
    case 'copyWithin':
    case 'sort':
    case 'reverse': {
      const value = readAll();
      writeAll(value);
      return self;
    }
    case 'subarray': {
      const { is } = view;
      const start = first === NONE ? number(0) : first;
      const offset = arithmetic('+', is.offset, arithmetic('*', start, number(size)));
      const length =
        second === undefined || exactNumber(second) === null || exactNumber(start) === null
          ? null
          : exactNumber(second)! - exactNumber(start)!;
      const key = `${m.keyAt(frame, at, 'subarray')}|${view.id}|${JSON.stringify(offset.num)}${offset.tags.join()}`;
      return object(m.make(key, () => ({ ...is, offset, length }), m.mark(frame, at)).id);
    }
    default:
      break;
  }
  if (!READ_ALL.has(method) && !CALLBACKS.has(method)) return ANY;
  const element = readAll(method === 'slice' && first !== NONE ? from(first, second) : WHOLE);
  if (CALLBACKS.has(method)) {
    if (method.startsWith('reduce'))
      call(m, frame, at, first, NONE, [second ?? element, element, ANY, self], site.text, '');
    else eachRound(m, site, first, element, self);
  }
  if (!COPIES.has(method)) return method === 'at' || method.startsWith('find') ? element : ANY;
  const { is } = view;
  const own = m.make(m.keyAt(frame, at, 'copy buffer'), () => ({ kind: 'arraybuffer' }), m.mark(frame, at));
  const key = m.keyAt(frame, at, `copy ${view.id}`);
  return object(
    m.make(key, () => ({ ...is, buffer: object(own.id), offset: number(0) }), m.mark(frame, at)).id,
  );
}

/** Elements from `start` on, up to `end` where it is known. */
function from(start: Values, end: Values | undefined): Values {
  const lo = start.num?.lo ?? 0;
  const hi = end?.num === null || end?.num === undefined ? Infinity : end.num.hi - 1;
  return { ...NONE, num: { lo, hi: Math.max(lo, hi) }, tags: start.tags };
}

function lengthOf(m: Machine, source: Values): Values | undefined {
  const [only] = m.objectsOf(source);
  if (only === undefined || source.objs.length > 1 || only.is.kind !== 'array' || only.rest !== NONE)
    return undefined;
  return number(only.fields.size);
}

const DATA_VIEW = /^(get|set)(Big)?(?:Int|Uint|Float)(8|16|32|64)$/;

export function callDataView(m: Machine, site: CallSite, method: string): Values {
  const match = DATA_VIEW.exec(method);
  if (match === null) return ANY;
  const { frame, at, args } = site;
  const size = Number(match[3]) / 8;
  const how = { atomic: false, via: method };
  const [offset = NONE, value = NONE] = args;
  let result: Values = NONE;
  for (const view of m.objectsOf(site.self)) {
    if (view.is.kind !== 'view') continue;
    const place = `${site.text.slice(0, site.text.lastIndexOf('.'))}[${exactNumber(offset) ?? '…'}]`;
    if (match[1] === 'get') result = join(result, read(m, frame, at, view, offset, size, place, how));
    else write(m, frame, at, view, offset, size, value, place, how);
  }
  return result === NONE ? { ...NONE, num: ANY_NUMBER } : result;
}
