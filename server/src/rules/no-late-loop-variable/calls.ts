/** Calls of a round: what the callee does with the functions that it is given, and those that run at once. */
import type { Expr, FuncId, Mark } from '../../ir/unit.ts';
import { makesFunction, varsIn, type Access } from './accesses.ts';
import { plainName, roleOf, type CallShape, type Needs } from './callees.ts';
import { walk } from './expressions.ts';
import type { Need } from './round.ts';
import { walkStmts } from './statements.ts';
import {
  handOver,
  inMaybe,
  isOfRound,
  isReached,
  mark,
  moment,
  note,
  NOWHERE,
  pushHandOver,
  readsIn,
  rootOf,
  UNKNOWN,
  withHolders,
  type Dest,
  type Later,
  type Walk,
} from './walk.ts';

export function walkCall(cx: Walk, call: CallShape, at: Mark, dest: Dest): void {
  const { callee, args } = call;
  if (!call.isNew && callee.e === 'member' && callee.key.e === 'const') {
    const { of } = callee;
    if (callee.key.value === 'bind') {
      walk(cx, of, dest);
      for (const arg of args) walk(cx, arg, NOWHERE);
      return;
    }
    if (of.e === 'func' && (callee.key.value === 'call' || callee.key.value === 'apply')) {
      for (const arg of args) walk(cx, arg, UNKNOWN);
      run(cx, of.id, at, dest);
      return;
    }
  }
  if (!call.isNew && callee.e === 'func') {
    walkArguments(cx, call, at, dest);
    run(cx, callee.id, at, dest);
    return;
  }
  noteCallee(cx, callee);
  walkArguments(cx, call, at, dest);
  if (call.isNew || callee.e !== 'var') return;
  const held = cx.holds.get(callee.id) ?? [];
  if (held.length > 0) cx.undone.push({ ...moment(cx), ids: [callee.id] });
  for (const { func } of held) run(cx, func, at, dest);
}

const UNDOES =
  /^(?:clear(?:Timeout|Interval|Immediate)|cancel\w*|remove(?:EventListener|Listener|AllListeners)|off|dispose|unsubscribe|abort|close|stop|disconnect|terminate|kill|destroy)$/;

function noteCallee(cx: Walk, callee: Expr): void {
  if (callee.e !== 'member') {
    walk(cx, callee, NOWHERE);
    if (callee.e === 'var') cx.undone.push({ ...moment(cx), ids: [callee.id] });
    return;
  }
  const name = callee.key.e === 'const' && typeof callee.key.value === 'string' ? callee.key.value : null;
  if (name !== null) cx.called.add(name);
  if (callee.of.e === 'var') note(cx, callee.of.id, callee.of.at, name !== null && KEEPS.has(name));
  else walk(cx, callee.of, NOWHERE);
  walk(cx, callee.key, NOWHERE);
  const root = rootOf(callee.of);
  if (name !== null && UNDOES.test(name) && root !== null) cx.undone.push({ ...moment(cx), ids: [root] });
}

const KEEPS: ReadonlySet<string> = new Set(['push', 'unshift', 'add', 'set']);

function walkArguments(cx: Walk, call: CallShape, at: Mark, dest: Dest): void {
  const { callee, args } = call;
  const root = callee.e === 'member' ? rootOf(callee.of) : null;
  args.forEach((arg, index) => {
    if (!holdsFunction(cx, arg)) {
      walk(cx, arg, UNKNOWN);
      return;
    }
    const role = roleOf(cx.accesses, call, index);
    const known = role.role === 'unknown' ? cx.roleInFile(cx.stack.at(-1)!, call, index) : role;
    const held = [
      ...(root === null ? [] : [root]),
      ...args.flatMap((each) => (each.e === 'var' ? [each.id] : [])),
    ];
    if (known.role === 'later') {
      const { what, certain } = known;
      walk(cx, arg, { to: 'later', what, certain, kept: false, at, held, needs: [] });
    } else if (known.role === 'kept') {
      walkKept(cx, arg, known.into, known.needs, at);
    } else if (known.role === 'now') {
      walkNow(cx, arg, known.needs, at, passesOn(callee) ? dest : UNKNOWN);
    } else {
      walk(cx, arg, UNKNOWN);
    }
  });
  if (callee.e === 'global' && UNDOES.test(callee.name))
    cx.undone.push({ ...moment(cx), ids: args.flatMap(varsIn) });
  if (callee.e === 'member' && callee.key.e === 'const' && UNDOES.test(String(callee.key.value)))
    cx.undone.push({ ...moment(cx), ids: args.flatMap(varsIn) });
}

/** Most arguments are plain values: for them nobody needs to know what the callee does. */
function holdsFunction(cx: Walk, arg: Expr): boolean {
  return makesFunction(arg) || varsIn(arg).some((id) => id === cx.parameter || cx.holds.has(id));
}

function walkKept(cx: Walk, arg: Expr, into: Expr, needs: Needs | null, at: Mark): void {
  const root = rootOf(into);
  if (root !== null && isOfRound(cx, root)) {
    withHolders(cx, [root], () => walk(cx, arg, { to: 'variable', id: root }));
    return;
  }
  if (!isReached(into)) {
    walk(cx, arg, UNKNOWN);
    return;
  }
  const what = root === null ? 'function' : `function in \`${plainName(root)}\``;
  const dest: Dest = {
    to: 'later',
    what,
    certain: false,
    kept: true,
    at,
    held: root === null ? [] : [root],
    ...(root === null ? {} : { keptIn: root }),
    needs: needs === null ? [] : [needOf(cx, needs)],
  };
  withHolders(cx, root === null ? [] : [root], () => walk(cx, arg, dest));
}

function needOf(cx: Walk, { receiver, kinds }: Needs): Need {
  return { receiver: 'at' in receiver ? mark(cx, receiver.at) : null, kinds };
}

/** `map` and its like: what the callback returns is part of what the call returns. */
function passesOn(callee: Expr): boolean {
  const key = callee.e === 'member' && callee.key.e === 'const' ? callee.key.value : null;
  return key === 'map' || key === 'flatMap' || key === 'from';
}

/** A callback that runs before the call returns, any number of times. */
function walkNow(cx: Walk, arg: Expr, needs: Needs | null, at: Mark, dest: Dest): void {
  const funcs =
    arg.e === 'func'
      ? [arg.id]
      : arg.e === 'var'
        ? (cx.holds.get(arg.id) ?? []).map((held) => held.func)
        : [];
  if (arg.e !== 'func') walk(cx, arg, UNKNOWN);
  if (needs !== null) cx.needs.push(needOf(cx, needs));
  inMaybe(cx, () => {
    for (const func of funcs) run(cx, func, at, dest);
  });
  if (needs !== null) cx.needs.pop();
}

/** Limit: functions of the round that call one another are followed this deep, and no further once so much has happened. */
const MOST_CALLS_DEEP = 4;
const MOST_MOMENTS = 10_000;

/** Runs a function as part of the round: all of it, or up to its first `await`. */
function run(cx: Walk, id: FuncId, at: Mark, dest: Dest): void {
  const func = cx.accesses.unit.funcs[id];
  if (func === undefined || cx.stack.includes(id)) return;
  if (cx.stack.length > MOST_CALLS_DEEP || cx.order > MOST_MOMENTS) return;
  if (cx.late !== null) {
    cx.late.push(...readsIn(cx, id));
    return;
  }
  if (func.generator) {
    const generator = dest.to === 'later' ? { ...dest, what: 'generator' } : dest;
    handOver(cx, { func: id, made: moment(cx) }, generator, []);
    return;
  }
  const made = moment(cx);
  cx.inlined.add(id);
  cx.stack.push(id);
  cx.returns.push(func.async ? UNKNOWN : dest);
  const self = `${id}:${func.name}`;
  if (cx.accesses.unit.bindings[self]?.kind === 'function') cx.holds.set(self, [{ func: id, made }]);
  const outer = { frames: cx.frames.splice(0), caught: cx.caught, head: cx.head };
  cx.head = false;
  walkStmts(cx, func.body);
  cx.frames.push(...outer.frames);
  cx.caught = outer.caught;
  cx.head = outer.head;
  cx.stack.pop();
  cx.returns.pop();
  const late = takeLate(cx);
  if (late.length === 0) return;
  const later: Later = {
    to: 'later',
    what: 'async function',
    certain: true,
    kept: false,
    at,
    held: [],
    needs: [],
  };
  pushHandOver(cx, { func: id, made }, later, [], late);
}

function takeLate(cx: Walk): readonly Access[] {
  const { late } = cx;
  cx.late = null;
  return late ?? [];
}
