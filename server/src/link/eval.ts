import type { Expr, Point } from '../ir/unit.ts';
import { declarePattern, nameRegions } from './assign.ts';
import { awaited, yielded } from './async.ts';
import { call, construct } from './call.ts';
import { frameOf } from './exec.ts';
import { alive, joinFlows, withArm } from './flow.ts';
import { globalValue, metaValue } from './globals.ts';
import type { Frame } from './heap.ts';
import type { Machine } from './machine.ts';
import { elementsOf, getMember, setMember, type Access } from './members.ts';
import { importBinding, importModule } from './modules.ts';
import { render } from './render.ts';
import {
  ANY,
  ANY_NUMBER,
  arithmetic,
  constant,
  equality,
  exactNumber,
  exactString,
  join,
  joinAll,
  NONE,
  object,
  tagged,
  truth,
  type Values,
} from './values.ts';

export function evalExpr(m: Machine, frame: Frame, expr: Expr): Values {
  m.step();
  switch (expr.e) {
    case 'const':
      return constant(expr.value);
    case 'var':
      return readVariable(m, frame, expr.id);
    case 'global':
      return globalValue(m, frame, expr.name);
    case 'meta':
      return metaValue(m, frame, expr.name);
    case 'this':
    case 'super':
      return frame.self;
    case 'member': {
      const of = evalExpr(m, frame, expr.of);
      const key = evalExpr(m, frame, expr.key);
      return getMember(m, frame, expr.at, of, key, render(frame.unit, expr));
    }
    case 'call':
      return evalCall(m, frame, expr);
    case 'new': {
      const callee = evalExpr(m, frame, expr.callee);
      return construct(m, frame, expr.at, callee, evalArgs(m, frame, expr.args, expr.at));
    }
    case 'import':
      return importModule(m, frame, exactString(evalExpr(m, frame, expr.of)));
    case 'object':
      return evalObject(m, frame, expr);
    case 'array': {
      const made = m.make(
        m.keyAt(frame, expr.at, 'array'),
        () => ({ kind: 'array' }),
        m.mark(frame, expr.at),
      );
      let isSpread = false;
      expr.items.forEach((item, index) => {
        const value = evalExpr(m, frame, item.e === 'spread' ? item.of : item);
        isSpread ||= item.e === 'spread';
        if (item.e === 'spread') m.heap.addRest(made, elementsOf(m, frame, expr.at, value));
        else if (isSpread) m.heap.addRest(made, value);
        else m.heap.setField(made, String(index), value);
      });
      return object(made.id);
    }
    case 'spread':
      return evalExpr(m, frame, expr.of);
    case 'func': {
      const func = frame.unit.funcs[expr.id];
      if (func === undefined) return ANY;
      const self = func.kind === 'arrow' ? frame.self : NONE;
      const key = `func ${frame.id}|${func.id}|${self.objs.join()}`;
      const { unit } = frame;
      const made = m.make(key, () => ({ kind: 'func', unit, func, frame, self }), m.mark(frame, expr.at));
      return object(made.id);
    }
    case 'class':
      return evalClass(m, frame, expr.id, expr.at);
    case 'op':
      return evalOperation(
        m,
        frame,
        expr.op,
        expr.args.map((arg) => evalExpr(m, frame, arg)),
      );
    case 'logic':
    case 'cond':
      return evalTest(m, frame, expr).values;
    case 'assign':
      return evalAssign(m, frame, expr);
    case 'delete':
      evalExpr(m, frame, expr.of);
      return constant(true);
    case 'await':
      return awaited(m, frame, expr.at, evalNow(m, frame, expr.of));
    case 'yield': {
      const value = expr.of === null ? constant(undefined) : evalExpr(m, frame, expr.of);
      return yielded(m, frame, expr.at, expr.star ? elementsOf(m, frame, expr.at, value) : value);
    }
    case 'seq': {
      let last: Values = NONE;
      for (const item of expr.items) last = evalExpr(m, frame, item);
      return last;
    }
    case 'other':
      for (const part of expr.parts) escape(m, frame, evalExpr(m, frame, part));
      return ANY;
  }
}

/** A function given to something that is not known (a component's property) may run later. */
function escape(m: Machine, frame: Frame, value: Values): void {
  for (const { id, is } of m.objectsOf(value)) {
    if (is.kind !== 'func') continue;
    const { func, unit } = is;
    const cause = m.causeAt(frame, func.at, `escape ${unit.file}#${func.id}`);
    const key = cause.startsWith('deep ') ? cause : `${cause}|${id}`;
    m.effects++;
    const at = { file: frame.unit.file, func: func.id, n: func.at };
    if (!m.laters.has(key)) m.heap.changes++;
    m.laters.set(key, {
      key,
      depth: m.turn.depth + 1,
      kind: 'entry',
      name: func.name,
      func: id,
      args: [ANY],
      agent: m.agent,
      many: true,
      at,
    });
  }
}

function readVariable(m: Machine, frame: Frame, id: string): Values {
  const binding = frame.unit.bindings[id];
  if (binding?.kind === 'import') return importBinding(m, frame, id);
  return frameOf(frame, id)?.cells.get(id) ?? NONE;
}

/** A call whose result is awaited or returned at once. */
export function evalNow(m: Machine, frame: Frame, expr: Expr): Values {
  return expr.e === 'call' ? evalCall(m, frame, expr, true) : evalExpr(m, frame, expr);
}

function evalCall(m: Machine, frame: Frame, expr: Extract<Expr, { e: 'call' }>, awaiting = false): Values {
  const { callee } = expr;
  if (callee.e === 'super') {
    return construct(
      m,
      frame,
      expr.at,
      superClass(m, frame),
      evalArgs(m, frame, expr.args, expr.at),
      frame.self,
    );
  }
  if (callee.e === 'member') {
    const of = evalExpr(m, frame, callee.of);
    const key = evalExpr(m, frame, callee.key);
    const target = getMember(
      m,
      frame,
      callee.at,
      of,
      key,
      render(frame.unit, callee),
      callee.of.e === 'super',
    );
    const args = evalArgs(m, frame, expr.args, expr.at);
    m.awaiting = awaiting;
    m.head = callee.at;
    return call(m, frame, expr.at, target, of, args, render(frame.unit, callee), argText(frame, expr));
  }
  const target = evalExpr(m, frame, callee);
  const args = evalArgs(m, frame, expr.args, expr.at);
  m.awaiting = awaiting;
  m.head = 'at' in callee ? callee.at : null;
  return call(m, frame, expr.at, target, NONE, args, render(frame.unit, callee), argText(frame, expr));
}

/** `view[INDEX]` for `Atomics.load(view, INDEX)`: the cell in the reader's own words. */
function argText(frame: Frame, expr: Extract<Expr, { e: 'call' }>): string {
  const [first, second] = expr.args;
  if (first === undefined) return '';
  const text = render(frame.unit, first);
  return second === undefined ? text : `${text}[${render(frame.unit, second)}]`;
}

function superClass(m: Machine, frame: Frame): Values {
  const cls = frame.func.cls === null ? undefined : frame.unit.classes[frame.func.cls];
  return cls === undefined || cls.base === null || frame.parent === null
    ? ANY
    : evalExpr(m, frame.parent, cls.base);
}

function evalArgs(m: Machine, frame: Frame, args: readonly Expr[], at: Point): Values[] {
  const values: Values[] = [];
  for (const arg of args) {
    if (arg.e === 'spread') {
      // What comes after a spread has no known position: each further parameter may be any of them.
      const rest = elementsOf(m, frame, at, evalExpr(m, frame, arg.of));
      values.push(rest, rest, rest);
    } else values.push(evalExpr(m, frame, arg));
  }
  return values;
}

function evalObject(m: Machine, frame: Frame, expr: Extract<Expr, { e: 'object' }>): Values {
  const made = m.make(m.keyAt(frame, expr.at, 'object'), () => ({ kind: 'object' }), m.mark(frame, expr.at));
  const self = object(made.id);
  for (const part of expr.props) {
    if ('spread' in part) {
      for (const source of m.objectsOf(evalExpr(m, frame, part.spread))) {
        for (const [name, value] of source.fields) m.heap.setField(made, name, value);
        m.heap.addRest(made, source.rest);
      }
      continue;
    }
    const key = evalExpr(m, frame, part.key);
    const name = exactString(key) ?? (exactNumber(key) === null ? null : String(exactNumber(key)));
    let value: Values;
    if ('value' in part) value = evalExpr(m, frame, part.value);
    else {
      const func = frame.unit.funcs['get' in part ? part.get : part.set];
      if (func === undefined || !('get' in part)) continue;
      const { unit } = frame;
      const getter = m.make(
        `func ${frame.id}|${func.id}|`,
        () => ({ kind: 'func', unit, func, frame, self: NONE }),
        null,
      );
      value = call(m, frame, expr.at, object(getter.id), self, [], func.name, '');
    }
    if (name === null) m.heap.addRest(made, value);
    else m.heap.setField(made, name, value);
  }
  return self;
}

function evalClass(m: Machine, frame: Frame, id: string, at: Point): Values {
  const { unit } = frame;
  const cls = unit.classes[id];
  if (cls === undefined) return ANY;
  if (cls.base !== null) evalExpr(m, frame, cls.base);
  const key = `class ${frame.id}|${id}`;
  const made = m.make(key, () => ({ kind: 'class', unit, cls: id, frame }), m.mark(frame, at));
  const self = object(made.id);
  for (const field of cls.fields) {
    const func = field.static && field.init !== null ? unit.funcs[field.init] : undefined;
    if (func !== undefined) m.heap.setField(made, field.name, callInitializer(m, frame, func, self, at));
  }
  for (const block of cls.statics) callInitializer(m, frame, unit.funcs[block]!, self, at);
  return self;
}

function callInitializer(
  m: Machine,
  frame: Frame,
  func: NonNullable<Frame['func']>,
  self: Values,
  at: Point,
): Values {
  const { unit } = frame;
  const made = m.make(
    `func ${frame.id}|${func.id}|`,
    () => ({ kind: 'func', unit, func, frame, self: NONE }),
    null,
  );
  return call(m, frame, at, object(made.id), self, [], func.name, '');
}

function evalOperation(m: Machine, _frame: Frame, op: string, args: readonly Values[]): Values {
  const [left = NONE, right] = args;
  if (right === undefined) {
    if (op === '!') return negated(left);
    if (op === 'typeof') return tagged({ ...NONE, any: true }, left.tags);
    if (op === '-' && left.num !== null) return { ...left, num: { lo: -left.num.hi, hi: -left.num.lo } };
    if (op === '+' || op === '~')
      return { ...NONE, num: op === '+' ? (left.num ?? ANY_NUMBER) : ANY_NUMBER, tags: left.tags };
    return constant(undefined);
  }
  if (op === '===' || op === '==' || op === '!==' || op === '!=')
    return compared(m, left, right, op.startsWith('='));
  if (/^(?:<=?|>=?|in|instanceof)$/.test(op))
    return tagged({ ...NONE, any: true }, [...left.tags, ...right.tags]);
  return args.slice(1).reduce((sum, arg) => arithmetic(op, sum, arg), left);
}

function negated(values: Values): Values {
  const known = truth(values);
  const tags = values.tags.flatMap((tag) => {
    if (tag.startsWith('ok:')) return [`no:${tag.slice(3)}`];
    if (tag.startsWith('no:')) return [`ok:${tag.slice(3)}`];
    if (!tag.startsWith('cas:')) return [tag];
    return [`read:${tag.slice(4)}`];
  });
  const result = known === null ? { ...NONE, any: true } : constant(!known);
  return { ...result, tags };
}

/** A comparison with the expected value tells whether a compare-exchange went through. */
function compared(m: Machine, left: Values, right: Values, equal: boolean): Values {
  const tags: string[] = [];
  for (const [side, other] of [[left, right] as const, [right, left] as const]) {
    for (const tag of side.tags) {
      if (!tag.startsWith('cas:')) {
        tags.push(tag);
        continue;
      }
      const event = Number(tag.slice(4));
      const expected = m.claims.get(event)?.expected;
      tags.push(`read:${event}`);
      if (expected !== null && expected !== undefined && exactNumber(other) === expected) {
        tags.push(`${equal ? 'ok' : 'no'}:${event}`);
      }
    }
  }
  const verdict = equality(left, right);
  const result = verdict === null ? { ...NONE, any: true } : constant(verdict === equal);
  return { ...result, tags: [...new Set(tags)].slice(0, 12) };
}

export interface Test {
  readonly values: Values;
  /** Compare-exchanges that went through if the test is true, and if it is false. */
  readonly yes: readonly number[];
  readonly no: readonly number[];
}

/** Evaluates a condition: what it reads guards the branch, and a compare-exchange that it checks is a claim on the cell. */
export function evalTest(m: Machine, frame: Frame, expr: Expr, branch?: number): Test {
  const test = testOf(m, frame, expr);
  if (branch !== undefined) guardAll(m, test.values, branch);
  return test;
}

function guardAll(m: Machine, values: Values, branch: number): void {
  for (const tag of values.tags) {
    const [kind, event] = tag.split(':');
    if (kind === 'read' || kind === 'cas' || kind === 'ok' || kind === 'no') m.guard(Number(event), branch);
  }
}

function testOf(m: Machine, frame: Frame, expr: Expr): Test {
  if (expr.e === 'logic') {
    const left = testOf(m, frame, expr.left);
    const before = m.flow;
    if (before === null) return left;
    const known = expr.op === '??' ? null : truth(left.values);
    if (known !== null && known === (expr.op === '||')) return left;
    const branch = branchOf(m, frame, expr.at);
    guardAll(m, left.values, branch);
    m.flow = withArm(m, before, branch, expr.op === '&&');
    const right = testOf(m, frame, expr.right);
    m.flow = joinFlows(alive(m.flow, before)) ?? before;
    const values = join(left.values, right.values);
    if (expr.op === '&&') return { values, yes: [...left.yes, ...right.yes], no: [] };
    return { values, yes: [], no: [...left.no, ...right.no] };
  }
  if (expr.e === 'cond') {
    const test = testOf(m, frame, expr.test);
    const before = m.flow;
    if (before === null) return test;
    const known = truth(test.values);
    const branch = branchOf(m, frame, expr.at);
    guardAll(m, test.values, branch);
    const results: Values[] = [];
    const flows = [];
    for (const yes of [true, false]) {
      if (known === !yes) continue;
      m.flow = withArm(m, before, branch, yes);
      results.push(evalExpr(m, frame, yes ? expr.yes : expr.no));
      flows.push(...alive(m.flow));
    }
    m.flow = joinFlows(flows) ?? before;
    return { values: joinAll(results), yes: [], no: [] };
  }
  if (expr.e === 'op' && expr.op === '!' && expr.args.length === 1) {
    const inner = testOf(m, frame, expr.args[0]!);
    return { values: negated(inner.values), yes: inner.no, no: inner.yes };
  }
  const values = evalExpr(m, frame, expr);
  const yes: number[] = [];
  const no: number[] = [];
  for (const tag of values.tags) {
    const event = Number(tag.split(':')[1]);
    if (tag.startsWith('ok:')) yes.push(event);
    else if (tag.startsWith('no:')) no.push(event);
    // `if (Atomics.compareExchange(a, i, 0, 1))`: the old value is 0 exactly when it went through.
    else if (tag.startsWith('cas:') && m.claims.get(event)?.expected === 0) no.push(event);
  }
  return { values, yes, no };
}

export function branchOf(m: Machine, frame: Frame, at: Point): number {
  return m.numberOf(m.keyAt(frame, at, 'branch'));
}

function evalAssign(m: Machine, frame: Frame, expr: Extract<Expr, { e: 'assign' }>): Values {
  const { target, op } = expr;
  if (target.p !== 'member' && (op === '=' || target.p !== 'var')) {
    const value = evalExpr(m, frame, expr.value);
    declarePattern(m, frame, target, value);
    return value;
  }
  if (target.p === 'var') {
    const before = readVariable(m, frame, target.id);
    const value = combined(op, before, evalExpr(m, frame, expr.value));
    declarePattern(m, frame, target, value);
    return expr.old ? before : value;
  }
  const of = evalExpr(m, frame, target.of);
  const key = evalExpr(m, frame, target.key);
  const place = render(frame.unit, {
    e: 'member',
    of: target.of,
    key: target.key,
    optional: false,
    at: target.at,
  });
  const whole: Access = { at: target.at, update: expr.at };
  if (op === '=') {
    const value = evalExpr(m, frame, expr.value);
    setMember(m, frame, whole, of, key, value, place);
    nameRegions(m, value, exactString(key) ?? '');
    return value;
  }
  const before = getMember(m, frame, target.at, of, key, place);
  const value = combined(op, before, evalExpr(m, frame, expr.value));
  setMember(m, frame, whole, of, key, value, place);
  return expr.old ? before : value;
}

function combined(op: string, before: Values, value: Values): Values {
  return op === '&&' || op === '||' || op === '??' ? join(before, value) : arithmetic(op, before, value);
}
