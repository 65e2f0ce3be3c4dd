import type { Point } from '../ir/unit.ts';
import { declarePattern, nameRegions } from './assign.ts';
import { asyncResult } from './async.ts';
import { callBuiltin, constructExternal } from './builtins.ts';
import { evalExpr } from './eval.ts';
import { execAll } from './exec.ts';
import { alive, collect, joinFlows, mergeArms } from './flow.ts';
import type { Frame, HeapObject } from './heap.ts';
import { callLockMethod, isLockClass, lockOfInstance } from './locks.ts';
import type { Flow, Machine } from './machine.ts';
import { basesOf } from './members.ts';
import { ANY, join, NONE, object, type Values } from './values.ts';

/** What a call looks like from where it stands. */
export interface CallSite {
  readonly frame: Frame;
  readonly at: Point;
  /** The callee alone, without its arguments: the place that a reader looks at. */
  readonly head: Point;
  readonly self: Values;
  readonly args: readonly Values[];
  /** The callee as written: `Atomics.add`, `this.lock.acquire`. */
  readonly text: string;
  /** `view[i]` for the first two arguments. */
  readonly cell: string;
  /** Its result is awaited or returned at once: it does not go on beside the caller. */
  readonly awaited: boolean;
}

export function call(
  m: Machine,
  frame: Frame,
  at: Point,
  target: Values,
  self: Values,
  args: readonly Values[],
  text: string,
  cell: string,
): Values {
  m.step();
  let result: Values = target.any ? ANY : NONE;
  const { awaiting: awaited, head } = m;
  m.awaiting = false;
  m.head = null;
  const site: CallSite = { frame, at, head: head ?? at, self, args, text, cell, awaited };
  for (const callee of m.objectsOf(target)) {
    const { is } = callee;
    if (is.kind === 'func') {
      const lock = is.func.kind === 'method' ? lockOfInstance(m, self) : null;
      const viaLock =
        lock === null ? null : callLockMethod(m, site, lock, is.func.name.split('.').at(-1) ?? '');
      result = join(
        result,
        viaLock ??
          callFunction(m, frame, at, callee, self, args, awaited, {
            name: lockName(text, cell),
            head: site.head,
          }),
      );
    } else if (is.kind === 'builtin')
      result = join(
        result,
        callBuiltin(m, is.name, { ...site, self: is.self === NONE ? self : is.self }, is.args),
      );
    else if (is.kind === 'external') result = join(result, callBuiltin(m, is.name, site, []));
    else if (is.kind === 'releaser')
      result = join(result, callBuiltin(m, 'releaser', { ...site, self: object(callee.id) }, []));
    else result = join(result, ANY);
  }
  if (target.objs.length === 0) lateCallbacks(m, site);
  return result;
}

/** Functions given to code that is not in sight may run later, in a turn of their own. */
export function lateCallbacks(m: Machine, site: CallSite): void {
  for (const arg of site.args) runLater(m, site, arg, 'entry', 'called-later', [ANY]);
}

/**
 * A function that comes back holding one hand-written lock that it took is a lock operation itself: the reader's place
 * and name for it are those of the call.
 */
function lifted(
  m: Machine,
  frame: Frame,
  before: Flow,
  end: Flow,
  firstEvent: number,
  { name, head }: { readonly name: string; readonly head: Point },
): Flow {
  const fresh = end.held.filter((hold) => !before.held.some((other) => other.lock === hold.lock));
  const [only, ...others] = fresh;
  if (only === undefined || others.length > 0 || m.locks[only.lock]!.kind !== 'atomics') return end;
  const call = m.mark(frame, head);
  for (let id = firstEvent; id < m.events.length; id++) {
    const event = m.events[id]!;
    if (event.op === 'acquire' && event.lock === only.lock)
      m.events[id] = { ...event, at: call, place: name || event.place };
  }
  // The first name it gets is kept: both sides of a report speak of it in the same words.
  if (name !== '' && !m.namedLocks.has(only.lock)) m.locks[only.lock] = { ...m.locks[only.lock]!, name };
  m.namedLocks.add(only.lock);
  return {
    ...end,
    held: end.held.map((hold) => (hold === only ? { ...hold, at: call, name: name || hold.name } : hold)),
  };
}

/** `mutex` of `mutex.lock()`, `locks[A]` of `lock(locks, A)`, `lock` of `lock()`. */
function lockName(text: string, cell: string): string {
  const dot = text.lastIndexOf('.');
  const receiver = dot < 0 ? '' : text.slice(0, dot).replace(/^this\./, '');
  if (receiver !== '' && receiver !== 'this') return receiver;
  return cell.includes('[') || cell === '' ? cell || text : `${text}(${cell})`;
}

/** Queues a turn for each function among the values, ordered after this place. */
export function runLater(
  m: Machine,
  site: CallSite,
  funcs: Values,
  kind: 'timer' | 'promise' | 'entry',
  why: 'timer' | 'called-later',
  args: readonly Values[],
  repeats = false,
): string[] {
  const keys: string[] = [];
  for (const { id, is } of m.objectsOf(funcs)) {
    if (is.kind !== 'func' && is.kind !== 'builtin') continue;
    const code = is.kind === 'func' ? `${is.unit.file}#${is.func.id}` : is.name;
    const cause = m.causeAt(site.frame, site.at, kind);
    const key = `${cause}|${cause.startsWith('deep ') ? code : id}`;
    const name = is.kind === 'func' ? is.func.name : is.name;
    const many = repeats || m.turn.many || m.loops.length > 0;
    m.effects++;
    if (!m.laters.has(key)) m.heap.changes++;
    m.laters.set(key, {
      key,
      kind,
      name,
      func: id,
      args,
      agent: m.agent,
      many,
      at: m.mark(site.frame, site.at),
      depth: m.turn.depth + 1,
    });
    m.order({ kind: why, from: m.here(), to: { turn: key, event: 0 } });
    keys.push(key);
  }
  return keys;
}

/** Follows a call into a function of the workspace. */
export function callFunction(
  m: Machine,
  frame: Frame,
  at: Point,
  callee: HeapObject,
  self: Values,
  args: readonly Values[],
  awaited = true,
  as: { readonly name: string; readonly head: Point } = { name: '', head: at },
): Values {
  const { is } = callee;
  if (is.kind !== 'func' || m.flow === null) return NONE;
  const { func, unit } = is;
  m.agent.visited.add(func);
  if (!m.canCall(func)) return func.async ? asyncResult(m, frame, at, ANY) : ANY;
  const outer = {
    path: m.path,
    stack: m.stack,
    active: m.active,
    loops: m.outerLoops,
    abrupt: m.abrupt,
    task: m.task,
  };
  const before = m.flow;
  m.path = m.pathInto(frame, at);
  const inner = m.frame(unit, func, is.frame);
  if (func.async && !awaited) m.task = inner.number + 1;
  const under = `${before.held.map((hold) => hold.lock).join()}|${m.loops.join()}|${m.task}`;
  let end = knownEnd(m, inner, before, under, bindCall(m, inner, callee, self, args));
  if (end === undefined) {
    m.stack = [...outer.stack, m.mark(frame, at)];
    m.active = [...outer.active, func];
    m.outerLoops = m.loops.length;
    m.abrupt = [];
    end = runBody(m, frame, inner, before, under, as);
    m.stack = outer.stack;
    m.active = outer.active;
    m.outerLoops = outer.loops;
    m.abrupt = outer.abrupt;
  }
  m.path = outer.path;
  m.task = outer.task;
  if (!func.async) {
    m.flow = end;
    return func.generator ? generatorResult(m, inner) : inner.returned;
  }
  // An async function gives control back at its first await: what it holds then is its own affair until it is awaited.
  m.flow = { ...before, arms: end.arms };
  if (func.generator) return generatorResult(m, inner);
  const promise = asyncResult(m, frame, at, inner.returned);
  for (const id of promise.objs) m.asyncHeld.set(id, end.held);
  return promise;
}

/** Binds parameters and `this`; true if the function has not seen these values before. */
function bindCall(
  m: Machine,
  inner: Frame,
  callee: HeapObject,
  self: Values,
  args: readonly Values[],
): boolean {
  const { is } = callee;
  if (is.kind !== 'func') return false;
  const { changes } = m.heap;
  // An arrow function's `this` is that of the place it was made at.
  const known = inner.self;
  inner.self = join(known, inner.func.kind === 'arrow' ? is.self : join(self, is.self));
  bindParams(m, inner, args);
  return m.heap.changes !== changes || inner.self !== known;
}

/** What is known of a call that ran in this pass with the same values; undefined: it has to run. */
function knownEnd(m: Machine, inner: Frame, before: Flow, under: string, isNew: boolean): Flow | undefined {
  const { last } = inner;
  if (last?.pass !== m.pass || isNew) return undefined;
  if (last.silent) return { held: before.held, arms: mergeArms(before.arms, last.arms) };
  if (last.turn !== m.turn.key || last.under !== under) return undefined;
  m.effects++;
  return { held: last.held, arms: mergeArms(before.arms, last.arms) };
}

function runBody(
  m: Machine,
  frame: Frame,
  inner: Frame,
  before: Flow,
  under: string,
  as: { readonly name: string; readonly head: Point },
): Flow {
  const { effects } = m;
  const firstEvent = m.events.length;
  const exits = collect(
    m,
    () => true,
    () => {
      execAll(m, inner, inner.func.body);
    },
  );
  // A function that never comes back on any path in sight (an endless loop) does not end its caller's path.
  const joined = joinFlows([...alive(m.flow), ...exits]) ?? before;
  const end = lifted(m, frame, before, joined, firstEvent, as);
  const arms = end.arms.filter((arm) => !before.arms.includes(arm));
  const silent = m.effects === effects;
  inner.last = { pass: m.pass, turn: m.turn.key, under, silent, held: end.held, arms };
  return end;
}

function generatorResult(m: Machine, inner: Frame): Values {
  const made = m.make(`generator ${inner.id}`, () => ({ kind: 'array' }), null);
  m.heap.addRest(made, inner.cells.get('*yield*') ?? NONE);
  return object(made.id);
}

function bindParams(m: Machine, inner: Frame, args: readonly Values[]): void {
  inner.func.params.forEach((param, index) => {
    if (param.rest) {
      const rest = m.make(`rest ${inner.id}`, () => ({ kind: 'array' }), null);
      for (const arg of args.slice(index)) m.heap.addRest(rest, arg);
      declarePattern(m, inner, param.target, object(rest.id));
      return;
    }
    declarePattern(m, inner, param.target, args[index] ?? NONE);
  });
}

/** `new callee(args)`; with `self`, the constructor of a base class runs on it instead. */
export function construct(
  m: Machine,
  frame: Frame,
  at: Point,
  callee: Values,
  args: readonly Values[],
  self?: Values,
): Values {
  let result: Values = callee.any ? ANY : NONE;
  const site: CallSite = { frame, at, head: at, self: NONE, args, text: 'new', cell: '', awaited: true };
  for (const target of m.objectsOf(callee)) {
    const { is } = target;
    if (is.kind === 'class') {
      const made =
        self ??
        object(
          m.make(
            m.keyAt(frame, at, `instance ${target.id}`),
            () => ({ kind: 'instance', cls: target.id }),
            m.mark(frame, at),
          ).id,
        );
      for (const id of made.objs) initialize(m, frame, at, m.heap.get(id), target, args);
      if (isLockClass(m, target)) lockOfInstance(m, made);
      result = join(result, made);
    } else if (is.kind === 'external' || is.kind === 'builtin')
      result = join(
        result,
        constructExternal(m, is.name, is.kind === 'builtin' ? { ...site, self: is.self } : site),
      );
    else if (is.kind === 'func') {
      const made = m.make(
        m.keyAt(frame, at, `object ${target.id}`),
        () => ({ kind: 'object' }),
        m.mark(frame, at),
      );
      callFunction(m, frame, at, target, object(made.id), args);
      result = join(result, object(made.id));
    } else result = join(result, ANY);
  }
  if (callee.objs.length === 0) lateCallbacks(m, site);
  return result;
}

/** Runs field initializers and the constructor, base class first. */
export function initialize(
  m: Machine,
  frame: Frame,
  at: Point,
  instance: HeapObject,
  cls: HeapObject,
  args: readonly Values[],
): void {
  if (cls.is.kind !== 'class') return;
  const { unit, cls: id, frame: around } = cls.is;
  const declared = unit.classes[id];
  if (declared === undefined) return;
  const self = object(instance.id);
  const func = declared.construct === null ? undefined : unit.funcs[declared.construct];
  if (declared.base !== null) {
    const base = evalExpr(m, around, declared.base);
    m.heap.setField(cls, '*base*', base);
    if (func === undefined)
      for (const each of basesOf(m, cls)) initialize(m, frame, at, instance, each, args);
  }
  for (const field of declared.fields) {
    const init = field.static || field.init === null ? undefined : unit.funcs[field.init];
    if (init === undefined) continue;
    const maker = m.make(
      `method ${around.id}|${init.id}`,
      () => ({ kind: 'func', unit, func: init, frame: around, self: NONE }),
      null,
    );
    const value = callFunction(m, frame, at, maker, self, []);
    m.heap.setField(instance, field.name, value);
    nameRegions(m, value, field.name);
  }
  if (func === undefined) return;
  const maker = m.make(
    `method ${around.id}|${func.id}`,
    () => ({ kind: 'func', unit, func, frame: around, self: NONE }),
    null,
  );
  callFunction(m, frame, at, maker, self, args);
}
