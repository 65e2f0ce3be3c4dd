/** What functions of the language, the hosts and known packages do, by name. */
import { callAtomics } from './atomics.ts';
import { promiseAt, resolvePromise } from './async.ts';
import { call, lateCallbacks, runLater, type CallSite } from './call.ts';
import { cloneValue } from './clone.ts';
import { callArray, callCollection, eachRound } from './collections.ts';
import { relativeUrl } from './globals.ts';
import { callLock, callLockStatic, constructLock, release, requestWebLock } from './locks.ts';
import type { Machine } from './machine.ts';
import { elementsOf, everything } from './members.ts';
import { ELEMENT_SIZES } from './memory.ts';
import { callSignal, callSignalStatic, constructSignal } from './signals.ts';
import { callDataView, callView } from './views.ts';
import {
  broadcastChannel,
  listen,
  messageChannel,
  onceEvent,
  postMessage,
  spawn,
  terminate,
} from './workers.ts';
import {
  ANY,
  ANY_NUMBER,
  constant,
  exactNumber,
  exactString,
  join,
  NONE,
  number,
  object,
  rounded,
  tagged,
  type Values,
} from './values.ts';

type Builtin = (m: Machine, site: CallSite, bound: readonly Values[]) => Values;

const SELF_PREFIX = /^(?:self|globalThis|window|global)\./;

export function callBuiltin(m: Machine, fullName: string, site: CallSite, bound: readonly Values[]): Values {
  const name = fullName.replace(SELF_PREFIX, '');
  const known = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
  if (known !== undefined) return known(m, site, bound);
  const dot = name.indexOf('.');
  const [owner, method] = [name.slice(0, dot), name.slice(dot + 1)];
  if (owner === 'Atomics') return callAtomics(m, site, method);
  if (owner === 'lock') return callLock(m, method, site, site.self);
  if (owner === 'signal') return callSignal(m, method, site);
  if (owner === 'view')
    return m.objectsOf(site.self).some((view) => view.is.kind === 'view' && view.is.size === 0)
      ? callDataView(m, site, method)
      : callView(m, site, method);
  if (owner === 'array') return callArray(m, site, method);
  if (owner === 'map' || owner === 'set') return callCollection(m, site, owner, method);
  if (owner === 'Math') return callMath(site, method);
  if (owner === 'func') return callFuncMethod(m, site, method);
  const lock = callLockStatic(m, name, site) ?? callSignalStatic(m, name, site);
  if (lock !== null) return lock;
  lateCallbacks(m, site);
  return ANY;
}

export function constructExternal(m: Machine, fullName: string, site: CallSite): Values {
  const name = fullName.replace(SELF_PREFIX, '');
  const { frame, at, args } = site;
  const [first = NONE, second = NONE, third] = args;
  const mark = m.mark(frame, at);
  const lock = constructLock(m, name, site) ?? constructSignal(m, name, site);
  if (lock !== null) return lock;
  if (Object.hasOwn(ELEMENT_SIZES, name)) return makeView(m, site, name, first, second, third);
  switch (name) {
    case 'SharedArrayBuffer': {
      const key = m.keyAt(frame, at, 'region');
      const region = m.region(key, '', mark, false);
      return object(m.make(key, () => ({ kind: 'region', region }), mark).id);
    }
    case 'ArrayBuffer':
      return object(m.make(m.keyAt(frame, at, 'buffer'), () => ({ kind: 'arraybuffer' }), mark).id);
    case 'WebAssembly.Memory': {
      const isShared = m
        .objectsOf(first)
        .some((options) => m.heap.field(options, 'shared').consts.includes(true));
      const key = m.keyAt(frame, at, 'memory');
      const made = m.make(
        `${key} buffer`,
        () =>
          isShared ? { kind: 'region', region: m.region(key, '', mark, false) } : { kind: 'arraybuffer' },
        mark,
      );
      return object(m.make(key, () => ({ kind: 'wasm-memory', buffer: object(made.id) }), mark).id);
    }
    case 'Worker':
      return spawn(m, site, 'worker', first, second);
    case 'SharedWorker':
      return spawn(m, site, 'shared', first, second);
    case 'worker_threads#Worker':
      return spawn(m, site, 'node', first, second);
    case 'bundled-worker':
      return spawn(m, site, 'worker', site.self, first);
    case 'bundled-sharedworker':
      return spawn(m, site, 'shared', site.self, first);
    case 'MessageChannel':
    case 'worker_threads#MessageChannel':
      return messageChannel(m, site);
    case 'BroadcastChannel':
    case 'worker_threads#BroadcastChannel':
      return broadcastChannel(m, site);
    case 'Promise': {
      const promise = promiseAt(m, frame, at, 'new', NONE);
      call(
        m,
        frame,
        at,
        first,
        NONE,
        [m.builtin('resolve', promise), m.builtin('reject', promise)],
        'Promise',
        '',
      );
      return promise;
    }
    case 'URL':
    case 'url#URL':
      return urlOf(m, first, second);
    case 'Map':
    case 'WeakMap':
    case 'Set':
    case 'WeakSet': {
      const kind = name.endsWith('Map') ? 'map' : 'set';
      return object(m.make(m.keyAt(frame, at, kind), () => ({ kind }), mark).id);
    }
    case 'Array':
      return object(m.make(m.keyAt(frame, at, 'array'), () => ({ kind: 'array' }), mark).id);
    default:
      lateCallbacks(m, site);
      return ANY;
  }
}

/** `new Int32Array(buffer, offset, length)`, or of a length or an array: then it is memory of its own. */
function makeView(
  m: Machine,
  site: CallSite,
  type: string,
  first: Values,
  offset: Values,
  count: Values | undefined,
): Values {
  const { frame, at } = site;
  const mark = m.mark(frame, at);
  const shared = m
    .objectsOf(first)
    .filter((each) => each.is.kind === 'region' || each.is.kind === 'arraybuffer');
  const key = m.keyAt(frame, at, 'view');
  let buffer: Values = { ...NONE, objs: shared.map((each) => each.id) };
  if (shared.length === 0) buffer = object(m.make(`${key} own`, () => ({ kind: 'arraybuffer' }), mark).id);
  const start = offset === NONE || offset.consts.includes(undefined) ? number(0) : offset;
  const size = ELEMENT_SIZES[type]!;
  const length = count === undefined ? null : exactNumber(count);
  // The buffer and offset are part of the key: what a view looks at never changes.
  const id = `${key}|${buffer.objs.join()}|${JSON.stringify(start.num)}${start.tags.join()}`;
  return object(m.make(id, () => ({ kind: 'view', buffer, offset: start, size, length, type }), mark).id);
}

function urlOf(m: Machine, first: Values, base: Values): Values {
  const path = exactString(first);
  for (const each of m.objectsOf(base)) {
    if (each.is.kind === 'url' && path !== null) return relativeUrl(m, path, each.is.from);
  }
  for (const each of m.objectsOf(first)) if (each.is.kind === 'url') return object(each.id);
  return ANY;
}

/** `path.join(__dirname, 'worker.js')`. */
function joinPath(m: Machine, args: readonly Values[]): Values {
  let from: string | null = null;
  const parts: string[] = [];
  for (const arg of args) {
    const text = exactString(arg);
    if (text !== null) parts.push(text);
    for (const each of m.objectsOf(arg)) {
      if (each.is.kind === 'external' && each.is.name.startsWith('dirname@'))
        from = each.is.name.slice('dirname@'.length);
      else if (each.is.kind === 'url') return object(each.id);
    }
  }
  return from === null ? ANY : relativeUrl(m, parts.join('/'), from);
}

function firstUrl(m: Machine, site: CallSite): Values {
  const [first = NONE] = site.args;
  const urls = first.objs.filter((id) => m.heap.get(id).is.kind === 'url');
  return urls.length === 0 ? ANY : { ...NONE, objs: urls };
}

function timer(repeats: boolean): Builtin {
  return (m, site) => {
    runLater(m, site, site.args[0] ?? NONE, 'timer', 'timer', site.args.slice(2), repeats);
    return ANY;
  };
}

function reaction(position: number): Builtin {
  return (m, site) => {
    const { frame, at, self, args } = site;
    const result = promiseAt(m, frame, at, 'then', NONE);
    for (const target of m.objectsOf(self)) {
      const value = target.is.kind === 'promise' ? target.rest : ANY;
      args.slice(0, position).forEach((func, index) => {
        const given = index === 0 && position === 2 ? value : ANY;
        for (const turn of runLater(m, site, func, 'promise', 'called-later', [given])) {
          m.resolves.set(turn, result);
          if (target.is.kind === 'promise') m.afterPromise.set(turn, target.id);
        }
      });
      if (position === 1) resolvePromise(m, result, object(target.id));
    }
    return result;
  };
}

/** `Promise.all` and its kin: what comes after waits for the parts. */
function combine(m: Machine, site: CallSite): Values {
  const { frame, at } = site;
  const parts = elementsOf(m, frame, at, site.args[0] ?? NONE);
  const values = m.make(m.keyAt(frame, at, 'values'), () => ({ kind: 'array' }), m.mark(frame, at));
  const promise = promiseAt(m, frame, at, 'all', object(values.id));
  for (const part of m.objectsOf(parts)) {
    if (part.is.kind !== 'promise') m.heap.addRest(values, object(part.id));
    else {
      m.heap.addRest(values, part.rest);
      for (const id of promise.objs) m.heap.setField(m.heap.get(id), '*parts*', object(part.id));
    }
  }
  return promise;
}

const TABLE: Readonly<Record<string, Builtin>> = {
  resolve: (m, site) => {
    resolvePromise(m, site.self, site.args[0] ?? constant(undefined));
    return constant(undefined);
  },
  reject: (m, site) => {
    resolvePromise(m, site.self, NONE);
    return constant(undefined);
  },
  /** `events.once` resolves to the list of the event's arguments. */
  'resolve-list': (m, site) => {
    const list = m.make(`list ${site.self.objs.join()}`, () => ({ kind: 'array' }), null);
    m.heap.setField(list, '0', site.args[0] ?? NONE);
    resolvePromise(m, site.self, object(list.id));
    return constant(undefined);
  },
  releaser: (m, site) => {
    for (const target of m.objectsOf(site.self)) {
      if (target.is.kind === 'releaser') release(m, site.frame, site.at, target.is.lock, site.text);
    }
    return constant(undefined);
  },
  'worker.postMessage': (m, site) => postMessage(m, site, site.self),
  'port.postMessage': (m, site) => postMessage(m, site, site.self),
  postMessage: (m, site) => postMessage(m, site, m.external('self')),
  'worker.on': (m, site) => listen(m, site, site.self, 'data'),
  'worker.once': (m, site) => listen(m, site, site.self, 'data'),
  'worker.addListener': (m, site) => listen(m, site, site.self, 'data'),
  'worker.addEventListener': (m, site) => listen(m, site, site.self, 'event'),
  'port.on': (m, site) => listen(m, site, site.self, 'data'),
  'port.once': (m, site) => listen(m, site, site.self, 'data'),
  'port.addListener': (m, site) => listen(m, site, site.self, 'data'),
  'port.addEventListener': (m, site) => listen(m, site, site.self, 'event'),
  addEventListener: (m, site) => listen(m, site, m.external('self'), 'event'),
  'worker.terminate': (m, site) => terminate(m, site, site.self),
  'events#once': onceEvent,
  setTimeout: timer(false),
  setImmediate: timer(false),
  setInterval: timer(true),
  queueMicrotask: timer(false),
  requestAnimationFrame: timer(false),
  requestIdleCallback: timer(false),
  'process.nextTick': timer(false),
  'promise.then': reaction(2),
  'promise.catch': reaction(1),
  'promise.finally': reaction(1),
  'Promise.all': combine,
  'Promise.allSettled': combine,
  'Promise.race': combine,
  'Promise.any': combine,
  'Promise.resolve': (m, site) => promiseAt(m, site.frame, site.at, 'resolved', site.args[0] ?? NONE),
  'Promise.reject': (m, site) => promiseAt(m, site.frame, site.at, 'rejected', NONE),
  'Promise.withResolvers': (m, site) => {
    const promise = promiseAt(m, site.frame, site.at, 'with', NONE);
    const made = m.make(m.keyAt(site.frame, site.at, 'resolvers'), () => ({ kind: 'object' }), null);
    m.heap.setField(made, 'promise', promise);
    m.heap.setField(made, 'resolve', m.builtin('resolve', promise));
    m.heap.setField(made, 'reject', m.builtin('reject', promise));
    return object(made.id);
  },
  structuredClone: (m, site) => cloneValue(m, m.keyAt(site.frame, site.at, 'clone'), site.args[0] ?? NONE),
  'navigator.locks.request': requestWebLock,
  'url#fileURLToPath': firstUrl,
  'url#pathToFileURL': firstUrl,
  'url.toString': (_m, site) => site.self,
  'path#join': (m, site) => joinPath(m, site.args),
  'path#resolve': (m, site) => joinPath(m, site.args),
  'path#dirname': (m, site) => {
    for (const each of m.objectsOf(site.args[0] ?? NONE))
      if (each.is.kind === 'url') return m.external(`dirname@${each.is.from}`);
    return ANY;
  },
  'Array.from': (m, site) => {
    const { frame, at, args } = site;
    const made = m.make(m.keyAt(frame, at, 'array'), () => ({ kind: 'array' }), m.mark(frame, at));
    const elements = elementsOf(m, frame, at, args[0] ?? NONE);
    const mapper = args[1];
    m.heap.addRest(
      made,
      mapper === undefined ? elements : eachRound(m, site, mapper, elements, object(made.id)),
    );
    return object(made.id);
  },
  'Array.of': (m, site) => {
    const made = m.make(
      m.keyAt(site.frame, site.at, 'array'),
      () => ({ kind: 'array' }),
      m.mark(site.frame, site.at),
    );
    for (const arg of site.args) m.heap.addRest(made, arg);
    return object(made.id);
  },
  'Object.freeze': (_m, site) => site.args[0] ?? NONE,
  'Object.seal': (_m, site) => site.args[0] ?? NONE,
  'Object.assign': (m, site) => {
    const [target = NONE, ...sources] = site.args;
    for (const into of m.objectsOf(target)) {
      for (const source of sources.flatMap((each) => m.objectsOf(each))) {
        for (const [name, value] of source.fields) m.heap.setField(into, name, value);
      }
    }
    return target;
  },
  'Object.values': (m, site) => {
    const made = m.make(
      m.keyAt(site.frame, site.at, 'array'),
      () => ({ kind: 'array' }),
      m.mark(site.frame, site.at),
    );
    for (const source of m.objectsOf(site.args[0] ?? NONE)) m.heap.addRest(made, everything(source));
    return object(made.id);
  },
  Number: (_m, site) => numeric(site.args[0]),
  BigInt: (_m, site) => numeric(site.args[0]),
  parseInt: (_m, site) => numeric(site.args[0]),
  'region.slice': (m, site) =>
    object(
      m.make(
        m.keyAt(site.frame, site.at, 'buffer'),
        () => ({ kind: 'arraybuffer' }),
        m.mark(site.frame, site.at),
      ).id,
    ),
};

function numeric(value: Values | undefined): Values {
  return { ...NONE, num: value?.num ?? ANY_NUMBER, tags: value?.tags ?? [] };
}

function callMath(site: CallSite, method: string): Values {
  const [first = NONE, second = NONE] = site.args;
  // `x[0] = Math.max(x[0], n)` is an update of `x[0]`.
  const reads = site.args.flatMap(({ tags }) => tags.filter((tag) => tag.startsWith('read:')));
  const unknown: Values = tagged({ ...NONE, num: ANY_NUMBER }, reads);
  switch (method) {
    case 'floor':
    case 'trunc':
    case 'round':
      return rounded(first, Math.floor);
    case 'ceil':
      return rounded(first, Math.ceil);
    case 'min':
    case 'max':
      if (first.num !== null && second.num !== null && site.args.length === 2) {
        const pick = method === 'min' ? Math.min : Math.max;
        return tagged(
          { ...NONE, num: { lo: pick(first.num.lo, second.num.lo), hi: pick(first.num.hi, second.num.hi) } },
          [...first.tags, ...reads],
        );
      }
      return unknown;
    default:
      return unknown;
  }
}

function callFuncMethod(m: Machine, site: CallSite, method: string): Values {
  const { frame, at, self, args } = site;
  switch (method) {
    case 'call':
      return call(m, frame, at, self, args[0] ?? NONE, args.slice(1), site.text, '');
    case 'apply': {
      const rest = elementsOf(m, frame, at, args[1] ?? NONE);
      return call(m, frame, at, self, args[0] ?? NONE, [rest, rest, rest], site.text, '');
    }
    case 'bind': {
      let result: Values = NONE;
      for (const target of m.objectsOf(self)) {
        const { is } = target;
        if (is.kind !== 'func') continue;
        const bound = args[0] ?? NONE;
        const made = m.make(
          `bound ${target.id}|${bound.objs.join()}`,
          () => ({ ...is, self: join(is.self, bound) }),
          target.madeAt,
        );
        result = join(result, object(made.id));
      }
      return result;
    }
    default:
      return ANY;
  }
}
