import type { Loop, Stmt } from '../ir/unit.ts';
import { awaited } from './async.ts';
import { declarePattern } from './assign.ts';
import { branchOf, evalExpr, evalNow, evalTest, type Test } from './eval.ts';
import { alive, collect, joinFlows, leave, withArm } from './flow.ts';
import type { Frame } from './heap.ts';
import { takeClaims } from './claims.ts';
import { releaseDisposable } from './locks.ts';
import type { Flow, Machine } from './machine.ts';
import { elementsOf } from './members.ts';
import { ANY, equality, join, NONE, number, tagged, truth, type Values } from './values.ts';

export function execAll(m: Machine, frame: Frame, body: readonly Stmt[]): void {
  const disposables: Values[] = [];
  for (const stmt of body) {
    if (m.flow === null) break;
    exec(m, frame, stmt, disposables);
  }
  if (m.flow !== null)
    for (const disposable of disposables.reverse()) releaseDisposable(m, frame, disposable);
}

function exec(m: Machine, frame: Frame, stmt: Stmt, disposables: Values[]): void {
  m.step();
  switch (stmt.s) {
    case 'expr':
      evalExpr(m, frame, stmt.value);
      return;
    case 'let': {
      if (stmt.value === null) return;
      const value = evalExpr(m, frame, stmt.value);
      declarePattern(m, frame, stmt.target, value);
      if (stmt.kind === 'using' || stmt.kind === 'await using') disposables.push(value);
      return;
    }
    case 'if': {
      const branch = branchOf(m, frame, stmt.at);
      execIf(m, frame, evalTest(m, frame, stmt.test, branch), branch, stmt.yes, stmt.no);
      return;
    }
    case 'loop':
      execLoop(m, frame, stmt);
      return;
    case 'try':
      execTry(m, frame, stmt);
      return;
    case 'switch':
      execSwitch(m, frame, stmt);
      return;
    case 'block': {
      const ways = collect(
        m,
        (way) => way.how === 'break' && way.label !== null && way.label === stmt.label,
        () => {
          execAll(m, frame, stmt.body);
        },
      );
      m.flow = joinFlows([...alive(m.flow), ...ways]);
      return;
    }
    case 'return':
      if (stmt.value !== null) {
        let value = evalNow(m, frame, stmt.value);
        if (frame.func.async) value = awaited(m, frame, stmt.at, value);
        const before = frame.returned;
        frame.returned = join(before, value);
        if (frame.returned !== before) m.heap.changes++;
      }
      leave(m, 'return', null);
      return;
    case 'throw':
      evalExpr(m, frame, stmt.value);
      m.flow = null;
      return;
    case 'break':
    case 'continue':
      leave(m, stmt.s, stmt.label);
      return;
  }
}

function execIf(
  m: Machine,
  frame: Frame,
  test: Test,
  branch: number,
  yes: readonly Stmt[],
  no: readonly Stmt[],
): void {
  const before = m.flow;
  if (before === null) return;
  const decided = truth(test.values);
  let afterYes: Flow | null = null;
  let afterNo: Flow | null = null;
  if (decided !== false) {
    m.flow = withArm(m, before, branch, true);
    takeClaims(m, frame, test.yes);
    execAll(m, frame, yes);
    afterYes = m.flow;
  }
  if (decided !== true) {
    m.flow = withArm(m, before, branch, false);
    takeClaims(m, frame, test.no);
    execAll(m, frame, no);
    afterNo = m.flow;
  }
  m.flow = joinFlows(alive(afterYes, afterNo));
}

function execLoop(m: Machine, frame: Frame, loop: Loop): void {
  for (const stmt of loop.init) exec(m, frame, stmt, []);
  const id = m.numberOf(m.keyAt(frame, loop.at, 'loop'));
  const branch = branchOf(m, frame, loop.at);
  const outerLoops = m.loops;
  const of = loop.of === null ? NONE : evalExpr(m, frame, loop.of);
  const before = m.flow;
  if (before === null) return;
  m.loops = [...outerLoops, id];
  const exits: Flow[] = [];
  const endless = { is: false };
  const counted = { is: false };
  const breaks = collect(
    m,
    (way) => way.how === 'break' && (way.label === null || way.label === loop.label),
    () => {
      if (loop.of !== null && loop.each !== null) {
        const isAwait = loop.kind === 'for-await';
        const elements = loop.kind === 'for-in' ? ANY : elementsOf(m, frame, loop.at, of);
        const each = isAwait ? awaited(m, frame, loop.at, elements) : elements;
        declarePattern(m, frame, loop.each, tagged(each, [`loop:${id}`]));
        exits.push(before);
      }
      if (loop.kind !== 'do') {
        counted.is = countUp(m, frame, loop, id);
        endless.is = testLoop(m, frame, loop, branch, exits);
      }
      if (m.flow !== null) {
        const continued = collect(
          m,
          (way) => way.how === 'continue' && (way.label === null || way.label === loop.label),
          () => {
            execAll(m, frame, loop.body);
          },
        );
        m.flow = joinFlows([...alive(m.flow), ...continued]);
      }
      if (m.flow !== null && loop.update !== null && !counted.is) evalExpr(m, frame, loop.update);
      if (loop.kind === 'do' && m.flow !== null) endless.is = testLoop(m, frame, loop, branch, exits);
    },
  );
  m.loops = outerLoops;
  m.flow = joinFlows([...(endless.is ? [] : exits), ...breaks]);
}

/** Evaluates the condition, notes the way out, and goes on inside. Returns whether the condition is always true. */
function testLoop(m: Machine, frame: Frame, loop: Loop, branch: number, exits: Flow[]): boolean {
  if (loop.test === null) return loop.of === null;
  const test = evalTest(m, frame, loop.test, branch);
  const here = m.flow;
  if (here === null) return false;
  const decided = truth(test.values);
  m.flow = withArm(m, here, branch, false);
  takeClaims(m, frame, test.no);
  exits.push(m.flow);
  m.flow = decided === false && loop.kind !== 'for' ? null : withArm(m, here, branch, true);
  if (m.flow !== null) takeClaims(m, frame, test.yes);
  return decided === true;
}

/** `for (let i = a; i < b; i += k)`: in the body `i` goes from a to b - 1, another value each round. Returns whether the loop is of that form. */
function countUp(m: Machine, frame: Frame, loop: Loop, id: number): boolean {
  const { test, update } = loop;
  if (loop.kind !== 'for' || update?.e !== 'assign' || update.target.p !== 'var') return false;
  const variable = update.target.id;
  const owner = frameOf(frame, variable);
  if (owner === null || assignsIn(loop, variable)) return false;
  const now = owner.cells.get(variable) ?? NONE;
  if (now.num === null) return false;
  let { lo, hi } = now.num;
  if (test?.e === 'op' && test.args.length === 2) {
    const [left, right] = test.args;
    const bound = left?.e === 'var' && left.id === variable ? evalExpr(m, frame, right!).num : null;
    if (update.op === '+') {
      hi =
        bound === null
          ? Infinity
          : test.op === '<' || test.op === '!=='
            ? bound.hi - 1
            : test.op === '<='
              ? bound.hi
              : Infinity;
    } else if (update.op === '-') {
      lo = bound === null ? -Infinity : test.op === '>' ? bound.lo + 1 : bound.lo;
    }
  } else if (update.op === '+') hi = Infinity;
  else lo = -Infinity;
  if (lo > hi) hi = lo;
  m.heap.boundCell(owner, variable, tagged({ ...number(lo, hi), tags: now.tags }, [`loop:${id}`]));
  return true;
}

const assigned = new WeakMap<Loop, ReadonlySet<string>>();

/** Whether the body changes the variable too: then it does not just count. */
function assignsIn(loop: Loop, variable: string): boolean {
  let known = assigned.get(loop);
  if (known === undefined) {
    const text = JSON.stringify(loop.body);
    known = new Set(
      [...text.matchAll(/"e":"assign","target":\{"p":"var","id":"([^"]+)"/g)].map((match) => match[1]!),
    );
    assigned.set(loop, known);
  }
  return known.has(variable);
}

export function frameOf(frame: Frame, binding: string): Frame | null {
  const owner = frame.unit.bindings[binding]?.func;
  for (let at: Frame | null = frame; at !== null; at = at.parent) if (at.func.id === owner) return at;
  return null;
}

function execTry(m: Machine, frame: Frame, stmt: Extract<Stmt, { s: 'try' }>): void {
  const before = m.flow;
  if (before === null) return;
  const outer = m.abrupt;
  m.abrupt = [];
  execAll(m, frame, stmt.body);
  let after = m.flow;
  if (stmt.rescue !== null) {
    m.flow = withArm(m, before, branchOf(m, frame, stmt.at), false);
    if (stmt.param !== null) declarePattern(m, frame, stmt.param, ANY);
    execAll(m, frame, stmt.rescue);
    after = joinFlows(alive(after, m.flow));
  }
  const ways = m.abrupt;
  m.abrupt = outer;
  m.flow = after;
  if (stmt.ensure !== null) {
    // Runs once, as on the ordinary way out if there is one, else as on the first other way.
    const isOrdinary = after !== null;
    m.flow = after ?? ways[0]?.flow ?? before;
    execAll(m, frame, stmt.ensure);
    const ended = m.flow as Flow | null;
    if (ended !== null) {
      const freed = (way: Flow): Flow => ({
        ...way,
        held: way.held.filter((hold) => ended.held.some((other) => other.lock === hold.lock)),
      });
      for (const way of ways) m.abrupt.push({ ...way, flow: freed(way.flow) });
    }
    if (!isOrdinary) m.flow = null;
    return;
  }
  m.abrupt.push(...ways);
}

function execSwitch(m: Machine, frame: Frame, stmt: Extract<Stmt, { s: 'switch' }>): void {
  const on = evalTest(m, frame, stmt.on, branchOf(m, frame, stmt.at)).values;
  const before = m.flow;
  if (before === null) return;
  const seen = { default: false, match: false };
  const ends: Flow[] = [];
  const breaks = collect(
    m,
    (way) => way.how === 'break' && way.label === null,
    () => {
      let falling: Flow | null = null;
      stmt.cases.forEach((clause, index) => {
        const verdict = clause.test === null ? null : equality(on, evalExpr(m, frame, clause.test));
        seen.default ||= clause.test === null;
        const branch = m.numberOf(`${m.keyAt(frame, stmt.at, 'case')}${index}`);
        const entry = verdict === false || seen.match ? null : withArm(m, before, branch, true);
        seen.match ||= verdict === true;
        m.flow = joinFlows(alive(falling, entry));
        if (m.flow !== null) execAll(m, frame, clause.body);
        falling = m.flow;
      });
      ends.push(...alive(falling));
    },
  );
  m.flow = joinFlows([...ends, ...breaks, ...(seen.default || seen.match ? [] : [before])]);
}
