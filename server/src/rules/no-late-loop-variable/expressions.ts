/** Expressions of a round: where the value of each goes, and with it the functions in it. */
import type { Expr, Mark, Pattern } from '../../ir/unit.ts';
import { partsOf, patternParts, patternVars, varsIn } from './accesses.ts';
import { walkCall } from './calls.ts';
import {
  handOver,
  inBranch,
  isOfRound,
  isOutside,
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
  type Walk,
} from './walk.ts';

export function walk(cx: Walk, expr: Expr, dest: Dest): void {
  switch (expr.e) {
    case 'var':
      note(cx, expr.id, expr.at, false);
      for (const held of cx.holds.get(expr.id) ?? []) handOver(cx, held, dest, [expr.id]);
      if (expr.id === cx.parameter && dest.to === 'later') {
        const read = { id: expr.id, at: mark(cx, expr.at), write: false, comparedWith: null };
        pushHandOver(cx, { func: '', made: moment(cx) }, dest, [], [read]);
      }
      return;
    case 'func':
      if (cx.late !== null) cx.late.push(...readsIn(cx, expr.id));
      else handOver(cx, { func: expr.id, made: moment(cx) }, dest, []);
      return;
    case 'object':
      for (const part of expr.props) {
        if ('spread' in part) walk(cx, part.spread, dest);
        else if ('value' in part) {
          walk(cx, part.key, NOWHERE);
          walk(cx, part.value, dest);
        } else {
          const func = 'get' in part ? part.get : part.set;
          handOver(cx, { func, made: moment(cx) }, dest, []);
        }
      }
      return;
    case 'array':
    case 'other':
      for (const part of expr.e === 'array' ? expr.items : expr.parts) walk(cx, part, dest);
      return;
    case 'spread':
      walk(cx, expr.of, dest);
      return;
    case 'seq':
      expr.items.forEach((item, index) => walk(cx, item, index === expr.items.length - 1 ? dest : NOWHERE));
      return;
    case 'cond':
      walk(cx, expr.test, NOWHERE);
      walkArms(
        cx,
        expr.test,
        () => walk(cx, expr.yes, dest),
        () => walk(cx, expr.no, dest),
      );
      return;
    case 'logic':
      walk(cx, expr.left, dest);
      inBranch(cx, cx.branchCount, expr.left, expr.op === '&&', () => walk(cx, expr.right, dest));
      return;
    case 'assign':
      walkAssign(cx, expr);
      return;
    case 'await':
      walkAwait(cx, expr.of);
      return;
    case 'yield':
      if (expr.of !== null) walkYield(cx, expr.of, mark(cx, expr.at));
      return;
    case 'call':
      walkCall(cx, { callee: expr.callee, args: expr.args, isNew: false }, mark(cx, expr.at), dest);
      return;
    case 'new':
      walkCall(cx, { callee: expr.callee, args: expr.args, isNew: true }, mark(cx, expr.at), dest);
      return;
    case 'member':
      walkMember(cx, expr);
      return;
    default:
      for (const part of partsOf(expr)) walk(cx, part, NOWHERE);
  }
}

export function walkArms(cx: Walk, test: Expr, yes: () => void, no: () => void): void {
  const group = cx.branchCount;
  inBranch(cx, group, test, true, yes);
  inBranch(cx, group, test, false, no);
}

export function walkPattern(
  cx: Walk,
  target: Pattern,
  value: Expr | null,
  op: string,
  declares: boolean,
): void {
  for (const part of patternParts(target)) walk(cx, part, NOWHERE);
  for (const { id, at } of patternVars(target)) {
    if (cx.late !== null) cx.lateWrites.add(id);
    cx.writes.push({ ...moment(cx), id, at: mark(cx, at), value, op, head: cx.head, declares });
  }
}

function walkMember(cx: Walk, expr: Extract<Expr, { e: 'member' }>): void {
  if (expr.of.e === 'var' && expr.key.e === 'const' && expr.key.value === 'length')
    note(cx, expr.of.id, expr.of.at, true);
  else walk(cx, expr.of, NOWHERE);
  walk(cx, expr.key, NOWHERE);
}

function walkAssign(cx: Walk, expr: Extract<Expr, { e: 'assign' }>): void {
  const { target, op, value } = expr;
  if (op !== '=' && target.p === 'var') note(cx, target.id, target.at, false);
  const at = mark(cx, expr.at);
  withHolders(
    cx,
    patternVars(target).map((each) => each.id),
    () => walk(cx, value, destOf(cx, target, at)),
  );
  walkPattern(cx, target, target.p === 'var' ? value : null, op, false);
}

/** Where an assigned value goes: into a variable of the round, or to a place that outlives it. */
function destOf(cx: Walk, target: Pattern, at: Mark): Dest {
  const kept = { to: 'later' as const, certain: false, kept: true, at, needs: [] };
  if (target.p === 'var')
    return cx.own(target.id)
      ? { to: 'variable', id: target.id }
      : { ...kept, what: 'function', keptIn: target.id, held: [target.id] };
  if (target.p !== 'member') return UNKNOWN;
  const key = target.key.e === 'const' && typeof target.key.value === 'string' ? target.key.value : '';
  const root = rootOf(target.of);
  const held = root === null ? [] : [root];
  if (/^on[a-z]+$/.test(key)) {
    const what = key === 'onmessage' ? 'message handler' : 'event handler';
    return { ...kept, what, certain: true, kept: false, held };
  }
  if (root !== null && isOfRound(cx, root)) return { to: 'variable', id: root };
  // A value reached through a call is anybody's: it may be of this round.
  if (!isReached(target.of)) return UNKNOWN;
  return key === ''
    ? { ...kept, what: 'function', held }
    : { ...kept, what: `\`${key}\``, keptAs: key, held };
}

function walkAwait(cx: Walk, of: Expr): void {
  const outer = cx.awaited;
  cx.awaited = true;
  walk(cx, of, NOWHERE);
  cx.awaited = outer;
  if (isOutside(cx)) cx.awaits.push({ ...moment(cx), ids: varsIn(of) });
  else if (cx.late === null && !cx.awaited && cx.accesses.unit.funcs[cx.stack.at(-1)!]!.async) cx.late = [];
}

/** What a coroutine yields is its driver's business; a bare function is kept by whoever asked for it. */
function walkYield(cx: Walk, of: Expr, at: Mark): void {
  const isCoroutine = !isOutside(cx);
  const dest: Dest =
    of.e === 'func' && !isCoroutine
      ? { to: 'later', what: 'yielded function', certain: false, kept: true, at, held: [], needs: [] }
      : UNKNOWN;
  const outer = cx.awaited;
  cx.awaited ||= dest === UNKNOWN;
  walk(cx, of, dest);
  cx.awaited = outer;
}
