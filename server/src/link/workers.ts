/** Agents and channels: starting workers, sending, receiving, and whose handler runs where. */
import type { FileId } from '../base/text.ts';
import { sameMark, type Mark, type Point } from '../ir/unit.ts';
import { promiseAt } from './async.ts';
import { runLater, type CallSite } from './call.ts';
import { cloneValue } from './clone.ts';
import { fileUrl, globalValue, SELF } from './globals.ts';
import type { Frame, HeapObject } from './heap.ts';
import type { AgentState, Handler, Machine } from './machine.ts';
import { ANY, constant, exactString, join, NONE, object, type Values } from './values.ts';

/** A member of a global or of a package: `Atomics.load`, `worker_threads#.Worker`, `self.onmessage`. */
export function hostField(m: Machine, name: string): Values {
  const inPackage = /^([^#]*)#\.(\w+)$/.exec(name);
  if (inPackage !== null) return hostValue(m, inPackage[1]!, inPackage[2]!);
  const dot = name.lastIndexOf('.');
  const [owner, key] = [name.slice(0, dot), name.slice(dot + 1)];
  if (SELF.has(owner)) return globalValue(m, { unit: { file: '' } } as Frame, key);
  if (owner.startsWith('import.meta@')) {
    const file = owner.slice('import.meta@'.length);
    if (key === 'url' || key === 'filename') return fileUrl(m, file);
    if (key === 'dirname') return m.external(`dirname@${file}`);
  }
  return m.external(name);
}

/** What a built-in module or a known package exports. */
export function hostValue(m: Machine, module: string, name: string): Values {
  if (module === 'worker_threads') {
    switch (name) {
      case 'isMainThread':
        return constant(m.agent.kind === 'main');
      case 'parentPort':
        return m.agent.kind === 'main' ? constant(null) : parentPort(m, m.agent);
      case 'workerData':
        return m.agent.data;
      case 'threadId':
        return { ...NONE, num: { lo: 0, hi: Infinity }, tags: ['worker'] };
    }
  }
  // A default import of a CommonJS package is the package itself.
  if (name === 'default' && DEFAULT_IS_NAMESPACE.has(module)) return m.external(`${module}#`);
  return m.external(`${module}#${name}`);
}

const DEFAULT_IS_NAMESPACE = new Set(['worker_threads', 'path', 'url', 'events', 'async-mutex', 'process']);

function parentPort(m: Machine, agent: AgentState): Values {
  const is = { kind: 'port', end: `to ${agent.key}`, peer: `from ${agent.key}` } as const;
  return object(m.make(`parentPort ${agent.key}`, () => is, null).id);
}

/** `new Worker(…)`, `new SharedWorker(…)`. */
export function spawn(
  m: Machine,
  site: CallSite,
  kind: 'worker' | 'shared' | 'node',
  target: Values,
  options: Values,
): Values {
  const { frame, at } = site;
  const mark = m.mark(frame, at);
  const optionObjects = m.objectsOf(options);
  const isEval = optionObjects.some((each) => m.heap.field(each, 'eval').consts.includes(true));
  const entry = isEval ? null : entryOf(m, frame, target);
  const again = startedBefore(m, mark);
  const own = `agent ${m.numberOf(m.keyAt(frame, at, 'spawn'))}`;
  const merged = again ?? (m.agents.has(own) ? undefined : oneOfMany(m, mark));
  const key = merged?.key ?? own;
  if (merged !== undefined) merged.many = true;
  if (entry === null) m.unknown.set(key, { at: mark, why: whyUnknown(m, target, isEval) });
  let agent = m.agents.get(key);
  if (agent === undefined) {
    m.heap.changes++;
    agent = {
      key,
      name: agentName(m, entry),
      entry,
      parent: m.agent.key,
      spawnedAt: mark,
      many: m.loops.length > 0 || m.turn.many || m.agent.many,
      spawnLoops: m.loops,
      spawnTurn: m.turn.key,
      kind,
      data: NONE,
      modules: new Map(),
      visited: new Set(),
    };
    m.agents.set(key, agent);
  }
  for (const each of optionObjects) {
    const data = cloneValue(m, `data ${key}`, m.heap.field(each, 'workerData'));
    const joined = join(agent.data, data);
    if (joined !== agent.data) {
      agent.data = joined;
      m.heap.changes++;
    }
  }
  m.emit(frame, at, 'spawn', { via: 'new Worker' });
  m.order({ kind: 'agent-start', from: m.here(), to: { turn: moduleTurn(agent), event: 0 } });
  const handle = m.make(`worker ${key}`, () => ({ kind: 'worker', agent: key }), mark);
  if (kind === 'shared') {
    const end = { kind: 'port', end: `from ${key}`, peer: `to ${key}` } as const;
    m.heap.setField(handle, 'port', object(m.make(`port of ${key}`, () => end, mark).id));
  }
  return object(handle.id);
}

/** How many workers that one place starts, reached by different calls, are told apart. */
const TOLD_APART = 3;

/** Beyond a few, the workers that one place starts are one agent that is there many times. */
function oneOfMany(m: Machine, at: Mark): AgentState | undefined {
  const known = [...m.agents.values()].filter(
    ({ spawnedAt }) => spawnedAt !== null && sameMark(spawnedAt, at),
  );
  return known.length < TOLD_APART ? undefined : known.at(-1);
}

/** A worker that loads the code which starts it starts itself: the same agent, many times. */
function startedBefore(m: Machine, at: Mark): AgentState | undefined {
  for (
    let agent: AgentState | undefined = m.agent;
    agent !== undefined;
    agent = m.agents.get(agent.parent ?? '')
  ) {
    const { spawnedAt } = agent;
    if (spawnedAt !== null && sameMark(spawnedAt, at)) return agent;
  }
  return undefined;
}

export function moduleTurn(agent: AgentState): string {
  return `${agent.key}|module`;
}

function agentName(m: Machine, entry: FileId | null): string {
  const base = entry === null ? 'a worker' : entry.slice(entry.lastIndexOf('/') + 1);
  const taken = [...m.agents.values()].filter(
    (agent) => agent.name === base || agent.name.startsWith(`${base} (`),
  ).length;
  return taken === 0 ? base : `${base} (${taken + 1})`;
}

function entryOf(m: Machine, frame: Frame, target: Values): FileId | null {
  for (const each of m.objectsOf(target)) {
    if (each.is.kind !== 'url') continue;
    if (each.is.path === '') return each.is.from;
    const file = m.host.resolvePath(each.is.path, each.is.from);
    if (file !== null) return file;
  }
  const path = exactString(target);
  return path === null || /^(?:data|blob|https?):/.test(path)
    ? null
    : m.host.resolvePath(path, frame.unit.file);
}

function whyUnknown(m: Machine, target: Values, isEval: boolean): string {
  if (isEval) return 'its code is a string';
  const path = exactString(target);
  if (path !== null)
    return /^(?:data|blob):/.test(path)
      ? 'its code is a string'
      : `'${path}' is not a file of this workspace`;
  const url = m.objectsOf(target).find((each) => each.is.kind === 'url');
  if (url?.is.kind === 'url') return `'${url.is.path}' is not a file of this workspace`;
  return 'which file it runs is not written where it is started';
}

/** Something with `postMessage`: where it sends to and where its own handlers listen. */
function endsOf(m: Machine, target: HeapObject): { send: string; receive: string } | null {
  const { is } = target;
  if (is.kind === 'worker') return { send: `to ${is.agent}`, receive: `from ${is.agent}` };
  if (is.kind === 'port') return { send: is.peer, receive: is.end };
  if (is.kind === 'external' && is.name === 'self' && m.agent.kind !== 'main') {
    return { send: `from ${m.agent.key}`, receive: `to ${m.agent.key}` };
  }
  return null;
}

export function postMessage(m: Machine, site: CallSite, self: Values): Values {
  const payload = site.args[0] ?? NONE;
  for (const target of m.objectsOf(self)) {
    const ends = endsOf(m, target);
    if (ends === null) continue;
    const key = `${m.causeAt(site.frame, site.at, 'send')}|${ends.send}`;
    m.emit(site.frame, site.at, 'send', { via: site.text }, ends.send);
    const cloned = cloneValue(m, `message ${key}`, payload);
    const known = m.sent.get(key);
    const joined = join(known?.payload ?? NONE, cloned);
    if (known?.payload !== joined) m.heap.changes++;
    m.sent.set(key, {
      key,
      end: ends.send,
      depth: m.turn.depth + 1,
      payload: joined,
      many: m.turn.many || m.loops.length > 0,
      agent: m.agent,
    });
    if (m.recording) m.sentAt.set(key, m.here());
  }
  return constant(undefined);
}

/** `on`, `once`, `addEventListener`, `addListener` of a worker or port. */
export function listen(m: Machine, site: CallSite, self: Values, form: Handler['form']): Values {
  const event = exactString(site.args[0] ?? NONE);
  const funcs = site.args[1] ?? NONE;
  for (const target of m.objectsOf(self)) {
    const ends = endsOf(m, target);
    if (ends === null || event === null) continue;
    if (event === 'message') register(m, site.frame, site.at, ends.receive, funcs, form);
    else if (event === 'connect' && registerGlobalHandler(m, site.frame, site.at, 'onconnect', funcs))
      continue;
    else if ((event === 'exit' || event === 'close') && target.is.kind === 'worker')
      afterExit(m, site, target.is.agent, funcs);
    else runLater(m, site, funcs, 'entry', 'called-later', [ANY], true);
  }
  return self;
}

function afterExit(m: Machine, site: CallSite, agent: string, funcs: Values): void {
  for (const turn of runLater(m, site, funcs, 'entry', 'called-later', [ANY])) {
    m.order({ kind: 'agent-exit', from: { agent }, to: { turn, event: 0 } });
  }
}

function register(
  m: Machine,
  frame: Frame,
  at: Point,
  end: string,
  funcs: Values,
  form: Handler['form'],
): void {
  for (const { id, is } of m.objectsOf(funcs)) {
    if (is.kind !== 'func' && is.kind !== 'builtin') continue;
    const code = is.kind === 'func' ? `${is.unit.file}#${is.func.id}` : is.name;
    const cause = m.causeAt(frame, at, 'handler');
    const key = `${cause}|${cause.startsWith('deep ') ? code : id}|${end}`;
    m.effects++;
    if (!m.handlers.has(key)) m.heap.changes++;
    m.handlers.set(key, { key, end, func: id, form, agent: m.agent, at: m.mark(frame, at) });
  }
}

/** `worker.onmessage = f`; true when the field is one that the host calls. */
export function assignHandler(
  m: Machine,
  frame: Frame,
  at: Point,
  target: HeapObject,
  name: string,
  value: Values,
): boolean {
  if (!name.startsWith('on')) return false;
  const ends = endsOf(m, target);
  if (ends === null)
    return (
      target.is.kind === 'external' &&
      target.is.name === 'self' &&
      registerGlobalHandler(m, frame, at, name, value)
    );
  if (name === 'onmessage') register(m, frame, at, ends.receive, value, 'event');
  else if (name === 'onconnect') return registerGlobalHandler(m, frame, at, name, value);
  else runLater(m, siteOf(frame, at), value, 'entry', 'called-later', [ANY], true);
  return true;
}

/** `onmessage = f` in a worker's global scope. */
export function registerGlobalHandler(
  m: Machine,
  frame: Frame,
  at: Point,
  name: string,
  value: Values,
): boolean {
  if (name === 'onmessage' && m.agent.kind !== 'main') {
    register(m, frame, at, `to ${m.agent.key}`, value, 'event');
    return true;
  }
  if (name === 'onconnect' && m.agent.kind === 'shared') {
    const event = m.make(`connect ${m.agent.key}`, () => ({ kind: 'object' }), null);
    const ports = m.make(`ports ${m.agent.key}`, () => ({ kind: 'array' }), null);
    m.heap.setField(ports, '0', parentPort(m, m.agent));
    m.heap.setField(event, 'ports', object(ports.id));
    runLater(m, siteOf(frame, at), value, 'entry', 'called-later', [object(event.id)], true);
    return true;
  }
  return false;
}

function siteOf(frame: Frame, at: Point): CallSite {
  return { frame, at, head: at, self: NONE, args: [], text: '', cell: '', awaited: true };
}

export function messageChannel(m: Machine, site: CallSite): Values {
  const key = m.keyAt(site.frame, site.at, 'channel');
  const mark = m.mark(site.frame, site.at);
  const channel = m.make(key, () => ({ kind: 'object' }), mark);
  for (const [own, peer] of [[1, 2] as const, [2, 1] as const]) {
    const is = { kind: 'port', end: `${key}:${own}`, peer: `${key}:${peer}` } as const;
    m.heap.setField(channel, `port${own}`, object(m.make(`${key} port ${own}`, () => is, mark).id));
  }
  return object(channel.id);
}

export function broadcastChannel(m: Machine, site: CallSite): Values {
  const name = exactString(site.args[0] ?? NONE) ?? `at ${m.keyAt(site.frame, site.at, '')}`;
  const end = `broadcast ${name}`;
  return object(
    m.make(`${end}|${m.agent.key}`, () => ({ kind: 'port', end, peer: end }), m.mark(site.frame, site.at)).id,
  );
}

/** `await worker.terminate()` in Node: after everything that the worker did. */
export function terminate(m: Machine, site: CallSite, self: Values): Values {
  const promise = promiseAt(m, site.frame, site.at, 'exit', constant(undefined));
  for (const target of m.objectsOf(self)) {
    if (target.is.kind !== 'worker') continue;
    const agent = m.agents.get(target.is.agent);
    // In browsers `terminate` gives no completion signal (whatwg/html#8276).
    if (agent?.kind !== 'node') continue;
    m.emit(site.frame, site.at, 'join', { via: site.text });
    for (const id of promise.objs) m.heap.setField(m.heap.get(id), '*parts*', constant(target.is.agent));
  }
  return promise;
}

/** `once(worker, 'message')` of node:events. */
export function onceEvent(m: Machine, site: CallSite): Values {
  const event = exactString(site.args[1] ?? NONE);
  const promise = promiseAt(m, site.frame, site.at, 'once', NONE);
  const target = site.args[0] ?? NONE;
  if (event === 'message') {
    listen(m, { ...site, args: [constant('message'), m.builtin('resolve-list', promise)] }, target, 'data');
  }
  for (const each of m.objectsOf(target)) {
    if (each.is.kind !== 'worker' || event !== 'exit') continue;
    for (const id of promise.objs) m.heap.setField(m.heap.get(id), '*parts*', constant(each.is.agent));
  }
  return promise;
}
