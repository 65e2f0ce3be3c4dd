/**
 * What the primitives of `lockstep/sync` other than locks promise: who has seen a signal comes after all that stood
 * before it. Each is one cell of memory of its own, that its methods release and acquire.
 */
import type { Point } from '../ir/unit.ts';
import { promiseAt } from './async.ts';
import { call, type CallSite } from './call.ts';
import { armOf } from './flow.ts';
import type { Frame, HeapObject } from './heap.ts';
import { runUnder } from './locks.ts';
import type { Machine } from './machine.ts';
import { ANY, exactNumber, join, NONE, object, type Values } from './values.ts';

/** `meet`: both; `run`: a function that runs once in all agents, or by one at a time; `see`: one that looks on. */
type Role = 'release' | 'acquire' | 'meet' | 'run' | 'see';

const WAITS = { wait: 'acquire', waitAsync: 'acquire' } as const;
const CELL = { low: 0, high: 4, exact: true, distinct: null } as const;

// Limit: a semaphore of several permits orders its holders as one of a single permit does.
const APIS: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  Barrier: { wait: 'meet', waitAsync: 'meet' },
  WaitGroup: { ...WAITS, add: 'release', done: 'release' },
  Semaphore: { acquire: 'acquire', tryAcquire: 'acquire', acquireAsync: 'acquire', release: 'release' },
  Condition: {
    ...WAITS,
    waitUntil: 'acquire',
    waitUntilAsync: 'acquire',
    notifyOne: 'release',
    notifyAll: 'release',
  },
  Once: { do: 'run', doAsync: 'run' },
  Channel: {
    send: 'release',
    trySend: 'release',
    sendAsync: 'release',
    close: 'release',
    receive: 'acquire',
    tryReceive: 'acquire',
    receiveAsync: 'acquire',
  },
  RingBuffer: { push: 'release', pop: 'acquire' },
  LockFreeStack: { push: 'release', pop: 'acquire' },
  LockFreeQueue: { enqueue: 'release', dequeue: 'acquire' },
  SnapshotCell: { update: 'run', tryUpdate: 'run', updateAsync: 'run', read: 'see' },
  SeqLock: { write: 'run', tryWrite: 'run', writeAsync: 'run', read: 'see' },
};

const NAME = /^lockstep\/sync#(\w+)$/;
const STATIC = /^lockstep\/sync#(\w+)\.(create|from|select)$/;

/** `new Barrier(buffer, offset)`; null when it is none of these. */
export function constructSignal(m: Machine, name: string, site: CallSite): Values | null {
  const api = NAME.exec(name)?.[1];
  if (api === undefined || !Object.hasOwn(APIS, api)) return null;
  const buffer = m.objectsOf(site.args[0] ?? NONE).find((each) => each.is.kind === 'region');
  const offset = site.args[1] === undefined ? 0 : exactNumber(site.args[1]);
  const isAttached = buffer?.is.kind === 'region' && offset !== null;
  const key = isAttached ? `signal ${buffer.is.region}:${offset}` : m.keyAt(site.frame, site.at, 'signal');
  const mark = m.mark(site.frame, site.at);
  const region = m.region(key, '', mark, false);
  return object(m.make(`${api} ${key}`, () => ({ kind: 'signal', region, api }), mark).id);
}

/** `Barrier.create()`, `Barrier.from(handle)`, `Channel.select([…])`; null when it is none of these. */
export function callSignalStatic(m: Machine, name: string, site: CallSite): Values | null {
  const match = STATIC.exec(name);
  if (match === null || !Object.hasOwn(APIS, match[1]!)) return null;
  const [, api, method] = match;
  const first = site.args[0] ?? NONE;
  switch (method) {
    case 'create':
      return constructSignal(m, `lockstep/sync#${api!}`, { ...site, args: [] });
    case 'from':
      return { ...first, objs: first.objs.filter((id) => m.heap.get(id).is.kind === 'signal') };
    default:
      return ANY;
  }
}

export function callSignal(m: Machine, method: string, site: CallSite): Values {
  let value: Values = NONE;
  for (const target of m.objectsOf(site.self)) {
    const { is } = target;
    if (is.kind !== 'signal') continue;
    const role = APIS[is.api]?.[method];
    if (role === undefined) continue;
    if (role === 'release' || role === 'meet') release(m, site, target);
    if (role === 'see' || role === 'acquire' || role === 'meet')
      acquireSignal(m, site.frame, site.at, target, site.text);
    if (role === 'see') value = join(value, runAll(m, site));
    if (role !== 'run') continue;
    const lock = m.lock(`runs ${is.region}`, () => ({
      name: m.regions[is.region]!.name,
      kind: 'signal',
      reentrant: false,
      summary: false,
      madeAt: target.madeAt,
      cell: null,
    }));
    runUnder(m, site, lock, false, false, site.args);
    release(m, site, target);
    acquireSignal(m, site.frame, site.at, target, site.text);
  }
  return method.endsWith('Async') ? promiseAt(m, site.frame, site.at, 'signal', ANY) : join(value, ANY);
}

function runAll(m: Machine, site: CallSite): Values {
  let value: Values = NONE;
  for (const arg of site.args) {
    if (!m.objectsOf(arg).some((each) => each.is.kind === 'func')) continue;
    m.awaiting = true;
    value = join(value, call(m, site.frame, site.at, arg, NONE, [ANY], site.text, ''));
  }
  return value;
}

function release(m: Machine, site: CallSite, target: HeapObject): void {
  emit(m, site.frame, site.at, target, 'write', site.text);
}

/** What comes after it is decided by what was seen. Limit: a try form that fails has seen nothing. */
export function acquireSignal(m: Machine, frame: Frame, at: Point, target: HeapObject, via: string): void {
  const event = emit(m, frame, at, target, 'read', via);
  if (event === null) return;
  const branch = m.numberOf(m.keyAt(frame, at, 'signalled'));
  m.guard(event, branch);
  if (m.flow !== null) m.flow = { ...m.flow, arms: [...m.flow.arms, armOf(branch, true)] };
}

function emit(
  m: Machine,
  frame: Frame,
  at: Point,
  { is }: HeapObject,
  op: 'read' | 'write',
  via: string,
): number | null {
  if (is.kind !== 'signal') return null;
  const about = { region: is.region, bytes: CELL, atomic: true, place: m.regions[is.region]!.name, via };
  return m.emit(frame, at, op, about, `signal ${is.region}`);
}
