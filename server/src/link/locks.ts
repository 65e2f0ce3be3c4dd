/** Locks by what is known of their packages, by the Web Locks API, and by the shape of a class. */
import type { Lock } from '../ir/program.ts';
import type { Class, Unit } from '../ir/unit.ts';
import { promiseAt } from './async.ts';
import { call, type CallSite } from './call.ts';
import type { Frame, HeapObject } from './heap.ts';
import type { Machine } from './machine.ts';
import { ANY, constant, exactNumber, exactString, join, NONE, object, type Values } from './values.ts';

type Role =
  | 'acquire'
  | 'acquire-releaser'
  | 'acquire-shared'
  | 'try'
  | 'try-shared'
  | 'release'
  | 'run'
  | 'run-shared'
  | 'guard';

interface LockApi {
  readonly kind: string;
  readonly methods: Readonly<Record<string, Role>>;
}

const LOCKSTEP_MUTEX: Readonly<Record<string, Role>> = {
  lock: 'acquire',
  lockAsync: 'acquire',
  tryLock: 'try',
  unlock: 'release',
  withLock: 'run',
  runExclusive: 'run',
  guard: 'guard',
};

/** What the methods of known lock classes do. */
const APIS: Readonly<Record<string, LockApi>> = {
  'async-mutex#Mutex': {
    kind: 'async-mutex',
    methods: { acquire: 'acquire-releaser', release: 'release', runExclusive: 'run' },
  },
  'await-lock#default': {
    kind: 'await-lock',
    methods: { acquireAsync: 'acquire', tryAcquire: 'try', release: 'release' },
  },
  'lockstep/sync#Mutex': { kind: 'lockstep', methods: LOCKSTEP_MUTEX },
  'lockstep/sync#RWMutex': {
    kind: 'lockstep',
    methods: {
      ...LOCKSTEP_MUTEX,
      rLock: 'acquire-shared',
      rLockAsync: 'acquire-shared',
      tryRLock: 'try-shared',
      rUnlock: 'release',
      withRLock: 'run-shared',
    },
  },
};

const ALIASES: Readonly<Record<string, string>> = {
  'await-lock#AwaitLock': 'await-lock#default',
  'async-mutex#Semaphore': 'async-mutex#Mutex',
};

const CLASS_METHODS: Readonly<Record<string, Role>> = {
  acquire: 'acquire-releaser',
  lock: 'acquire-releaser',
  enter: 'acquire-releaser',
  release: 'release',
  unlock: 'release',
  leave: 'release',
  runExclusive: 'run',
  withLock: 'run',
  dispatch: 'run',
};

/** `new Mutex()` of a known package; null when it is none. */
export function constructLock(m: Machine, name: string, site: CallSite): Values | null {
  const known = ALIASES[name] ?? name;
  const api = APIS[known];
  if (api === undefined) return null;
  // A semaphore of one permit is a lock; one of more excludes nobody.
  if (name === 'async-mutex#Semaphore' && exactNumber(site.args[0] ?? NONE) !== 1) return ANY;
  const mark = m.mark(site.frame, site.at);
  let key = m.keyAt(site.frame, site.at, 'lock');
  if (api.kind === 'lockstep') {
    const buffer = m.objectsOf(site.args[0] ?? NONE).find((each) => each.is.kind === 'region');
    const offset = site.args[1] === undefined ? 0 : exactNumber(site.args[1]);
    if (buffer?.is.kind === 'region' && offset !== null) key = `lockstep ${buffer.is.region}:${offset}`;
  }
  return lockObject(m, key, known, () => ({
    name: '',
    kind: api.kind,
    reentrant: false,
    summary: isRepeated(m),
    madeAt: mark,
    cell: null,
  }));
}

function isRepeated(m: Machine): boolean {
  return !m.inferring && (m.loops.length > 0 || m.turn.many);
}

function lockObject(m: Machine, key: string, api: string, make: () => Omit<Lock, 'id'>): Values {
  const lock = m.lock(key, make);
  const shown = api.startsWith('lockstep/') ? 'lockstep' : api;
  const made = m.make(`lock ${key}`, () => ({ kind: 'lock', lock, api: shown }), m.locks[lock]!.madeAt);
  m.lockApis.set(made.id, api);
  return object(made.id);
}

/** Static functions: `Mutex.create()`, `Mutex.from(handle)`, `withTimeout(mutex)`; null when it is none. */
export function callLockStatic(m: Machine, name: string, site: CallSite): Values | null {
  const first = site.args[0] ?? NONE;
  if (name === 'async-mutex#withTimeout' || name === 'async-mutex#tryAcquire') {
    return withTries(m, first);
  }
  const match = /^(lockstep\/sync#(?:RW)?Mutex)\.(create|from)$/.exec(name);
  if (match === null) return null;
  if (match[2] === 'from')
    return { ...first, objs: first.objs.filter((id) => m.heap.get(id).is.kind === 'lock') };
  return constructLock(m, match[1]!, { ...site, args: [] });
}

/** The same lock, taken with a time limit: it never waits for ever. */
function withTries(m: Machine, locks: Values): Values {
  let result: Values = NONE;
  for (const target of m.objectsOf(locks)) {
    if (target.is.kind !== 'lock') continue;
    const { is } = target;
    const made = m.make(`tries ${target.id}`, () => is, target.madeAt);
    m.lockApis.set(made.id, `try ${m.lockApis.get(target.id) ?? ''}`);
    result = join(result, object(made.id));
  }
  return result === NONE ? ANY : result;
}

/** A method of a known lock object. */
export function callLock(m: Machine, method: string, site: CallSite, self: Values): Values {
  let result: Values = NONE;
  const locks = m.objectsOf(self).filter((target) => target.is.kind === 'lock');
  if (locks.length > 1) return callOneOf(m, site);
  for (const target of locks) {
    if (target.is.kind !== 'lock') continue;
    const api = m.lockApis.get(target.id) ?? '';
    const tries = api.startsWith('try ');
    const role = APIS[tries ? api.slice(4) : api]?.methods[method];
    result = join(result, role === undefined ? ANY : play(m, site, target.is.lock, role, tries));
  }
  return result;
}

/** One of several locks, it is not known which: nothing is taken for held, but what runs under it runs. */
function callOneOf(m: Machine, site: CallSite): Values {
  let value: Values = NONE;
  for (const arg of site.args) {
    const isFunction = m.objectsOf(arg).some((each) => each.is.kind === 'func');
    if (isFunction) value = join(value, call(m, site.frame, site.at, arg, NONE, [ANY], site.text, ''));
  }
  return promiseAt(m, site.frame, site.at, 'one of several locks', join(value, ANY));
}

/** Only Atomics-free classes count: those over Atomics are followed into. */
export function isLockClass(m: Machine, cls: HeapObject): boolean {
  if (cls.is.kind !== 'class') return false;
  const { unit, cls: id } = cls.is;
  let known = m.lockClasses.get(unit)?.get(id);
  if (known === undefined) {
    known = looksLikeLock(unit, unit.classes[id]!);
    let ofUnit = m.lockClasses.get(unit);
    if (ofUnit === undefined) m.lockClasses.set(unit, (ofUnit = new Map<string, boolean>()));
    ofUnit.set(id, known);
  }
  return known;
}

function looksLikeLock(unit: Unit, cls: Class): boolean {
  if (!/mutex|lock(?!step)/i.test(cls.name) || /block|clock|flock|manager|error/i.test(cls.name))
    return false;
  const names = cls.methods.map((method) => method.name);
  const takes = names.some((name) => /^(?:acquire|lock|enter)$/.test(name));
  const frees = names.some((name) => /^(?:release|unlock|leave)$/.test(name));
  if (!takes || !(frees || names.includes('acquire'))) return false;
  return cls.methods.every(
    (method) => !JSON.stringify(unit.funcs[method.func]?.body ?? []).includes('"Atomics"'),
  );
}

/** The lock that an instance of a lock-shaped class is; null when it is none. */
export function lockOfInstance(m: Machine, self: Values): { lock: number } | null {
  const [only, ...others] = m.objectsOf(self);
  if (only === undefined || others.length > 0 || only.is.kind !== 'instance') return null;
  const cls = m.heap.get(only.is.cls);
  if (!isLockClass(m, cls)) return null;
  const lock = m.lock(`instance ${only.id}`, () => ({
    name: '',
    kind: 'class',
    reentrant: false,
    summary: only.madeLoops.length > 0 || isRepeated(m),
    madeAt: only.madeAt,
    cell: null,
  }));
  return { lock };
}

export function callLockMethod(
  m: Machine,
  site: CallSite,
  on: { lock: number },
  method: string,
): Values | null {
  const role = CLASS_METHODS[method] ?? (method.startsWith('try') ? 'try' : undefined);
  return role === undefined ? null : play(m, site, on.lock, role, false);
}

function play(m: Machine, site: CallSite, lock: number, role: Role, tries: boolean): Values {
  switch (role) {
    case 'acquire':
      acquire(m, site, lock, false, tries);
      return promiseAt(m, site.frame, site.at, 'lock', constant(true));
    case 'acquire-shared':
      acquire(m, site, lock, true, tries);
      return promiseAt(m, site.frame, site.at, 'lock', constant(true));
    case 'acquire-releaser':
    case 'guard': {
      acquire(m, site, lock, false, tries);
      const releaser = releaserOf(m, lock);
      return role === 'guard' ? releaser : promiseAt(m, site.frame, site.at, 'lock', releaser);
    }
    case 'try':
    case 'try-shared':
      acquire(m, site, lock, role === 'try-shared', true);
      return { ...NONE, any: true };
    case 'release':
      release(m, site.frame, site.at, lock, site.text);
      return constant(undefined);
    case 'run':
    case 'run-shared':
      return runUnder(m, site, lock, role === 'run-shared', tries, site.args);
  }
}

function releaserOf(m: Machine, lock: number): Values {
  return object(m.make(`releaser ${lock}`, () => ({ kind: 'releaser', lock }), null).id);
}

function acquire(m: Machine, site: CallSite, lock: number, shared: boolean, tries: boolean): void {
  if (m.flow === null) return;
  const at = m.mark(site.frame, site.head);
  const name = m.locks[lock]!.name || receiverOf(site.text);
  m.emit(
    site.frame,
    site.head,
    'acquire',
    { lock, via: site.text, mode: tries ? 'try' : shared ? 'shared' : 'exclusive', place: name },
    String(lock),
  );
  if (m.flow.held.some((hold) => hold.lock === lock)) return;
  m.flow = { ...m.flow, held: [...m.flow.held, { lock, at, name, shared, task: m.task, tries }] };
}

/** `users` of `users.acquire`, `lock` of `this.lock.acquire`. */
function receiverOf(text: string): string {
  return text.split('.').slice(0, -1).at(-1) ?? text;
}

export function release(m: Machine, frame: Frame, at: number, lock: number, via: string): void {
  if (m.flow === null) return;
  m.emit(frame, at, 'release', { lock, via }, String(lock));
  m.flow = { ...m.flow, held: m.flow.held.filter((hold) => hold.lock !== lock) };
}

/** `runExclusive(f)` and its like: f runs with the lock held, its result comes after. */
export function runUnder(
  m: Machine,
  site: CallSite,
  lock: number,
  shared: boolean,
  tries: boolean,
  args: readonly Values[],
): Values {
  const before = m.flow;
  if (before === null) return NONE;
  const outer = m.task;
  if (!site.awaited) m.task = m.numberOf(m.keyAt(site.frame, site.at, 'task'));
  acquire(m, site, lock, shared, tries);
  let value: Values = NONE;
  for (const arg of args) {
    if (m.objectsOf(arg).some((each) => each.is.kind === 'func' || each.is.kind === 'builtin')) {
      // Whoever waits for the lock's turn waits for the function too.
      m.awaiting = true;
      value = join(value, call(m, site.frame, site.at, arg, NONE, [ANY], site.text, ''));
    }
  }
  const wasHeld = before.held.some((hold) => hold.lock === lock);
  if (!wasHeld) release(m, site.frame, site.at, lock, site.text);
  m.task = outer;
  return promiseAt(m, site.frame, site.at, 'exclusive', value);
}

/** `navigator.locks.request(name, options?, callback)`. */
export function requestWebLock(m: Machine, site: CallSite): Values {
  const name = exactString(site.args[0] ?? NONE);
  const callback = site.args.at(-1) ?? NONE;
  if (name === null)
    return promiseAt(
      m,
      site.frame,
      site.at,
      'web-lock',
      call(m, site.frame, site.at, callback, NONE, [ANY], site.text, ''),
    );
  const options = site.args.length > 2 ? m.objectsOf(site.args[1]!) : [];
  const shared = options.some((each) => m.heap.field(each, 'mode').consts.includes('shared'));
  const tries = options.some(
    (each) =>
      m.heap.field(each, 'ifAvailable').consts.includes(true) || m.heap.field(each, 'signal') !== NONE,
  );
  const lock = m.lock(`web ${name}`, () => ({
    name,
    kind: 'web-lock',
    reentrant: false,
    summary: false,
    madeAt: null,
    cell: null,
  }));
  return runUnder(m, site, lock, shared, tries, [callback]);
}

/** At the end of a block: what `using` declared is disposed of. */
export function releaseDisposable(m: Machine, frame: Frame, value: Values): void {
  for (const target of m.objectsOf(value)) {
    if (target.is.kind === 'releaser') release(m, frame, frame.func.at, target.is.lock, 'using');
  }
}
