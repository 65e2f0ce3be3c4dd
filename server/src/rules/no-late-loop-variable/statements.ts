/** Statements of a round: branches, ways out of the loop, loops in it. */
import type { Expr, Loop, Pattern, Stmt } from '../../ir/unit.ts';
import { hasAwait, patternVars, visitStmts } from './accesses.ts';
import { walk, walkArms, walkPattern } from './expressions.ts';
import { inBranch, inMaybe, isOutside, moment, NOWHERE, UNKNOWN, withHolders, type Walk } from './walk.ts';

/** One round of the loop that the walk is about. */
export function walkLoop(cx: Walk, loop: Loop): void {
  walkLoopParts(cx, loop, true);
}

export function walkStmts(cx: Walk, stmts: readonly Stmt[]): void {
  for (const stmt of stmts) walkStmt(cx, stmt);
}

function walkStmt(cx: Walk, stmt: Stmt): void {
  switch (stmt.s) {
    case 'expr':
      walk(cx, stmt.value, NOWHERE);
      return;
    case 'let':
      walkLet(cx, stmt.target, stmt.value, stmt.kind);
      return;
    case 'if':
      walk(cx, stmt.test, NOWHERE);
      walkArms(
        cx,
        stmt.test,
        () => walkStmts(cx, stmt.yes),
        () => walkStmts(cx, stmt.no),
      );
      return;
    case 'loop':
      walkInnerLoop(cx, stmt);
      return;
    case 'try':
      walkTry(cx, stmt);
      return;
    case 'switch':
      walk(cx, stmt.on, NOWHERE);
      walkCases(cx, stmt);
      return;
    case 'block':
      if (stmt.label !== null) cx.frames.push({ label: stmt.label, kind: 'other' });
      walkStmts(cx, stmt.body);
      if (stmt.label !== null) cx.frames.pop();
      return;
    case 'return':
      if (stmt.value !== null) walk(cx, stmt.value, cx.returns.at(-1) ?? UNKNOWN);
      if (isOutside(cx)) cx.ends.push({ ...moment(cx), leaves: true });
      return;
    case 'throw':
      walk(cx, stmt.value, UNKNOWN);
      if (isOutside(cx) && !cx.caught) cx.ends.push({ ...moment(cx), leaves: true });
      return;
    case 'break':
    case 'continue':
      walkJump(cx, stmt.s, stmt.label);
      return;
  }
}

function walkCases(cx: Walk, stmt: Extract<Stmt, { s: 'switch' }>): void {
  const group = cx.branchCount;
  cx.frames.push({ label: null, kind: 'other' });
  for (const { test, body } of stmt.cases)
    inBranch(
      cx,
      group,
      test === null ? null : { e: 'op', op: '===', args: [stmt.on, test], at: stmt.at },
      true,
      () => {
        if (test !== null) walk(cx, test, NOWHERE);
        walkStmts(cx, body);
      },
    );
  cx.frames.pop();
}

function walkJump(cx: Walk, how: 'break' | 'continue', label: string | null): void {
  if (!isOutside(cx) || cx.loop === null) return;
  const isInner = cx.frames.some((frame) =>
    label !== null ? frame.label === label : how === 'break' || frame.kind === 'loop',
  );
  if (isInner) return;
  const stays = how === 'continue' && (label === null || label === cx.loop.label);
  cx.ends.push({ ...moment(cx), leaves: !stays });
}

function walkTry(cx: Walk, stmt: Extract<Stmt, { s: 'try' }>): void {
  const outer = cx.caught;
  cx.caught ||= stmt.rescue !== null;
  walkStmts(cx, stmt.body);
  cx.caught = outer;
  if (stmt.rescue !== null) inMaybe(cx, () => walkStmts(cx, stmt.rescue!));
  if (stmt.ensure !== null) walkStmts(cx, stmt.ensure);
}

function walkInnerLoop(cx: Walk, loop: Loop): void {
  walkStmts(cx, loop.init);
  if (loop.of !== null) walk(cx, loop.of, NOWHERE);
  // In later rounds of an inner loop everything in it comes after its first `await`.
  if (cx.late === null && isRunningLate(cx, loop)) cx.late = [];
  cx.frames.push({ label: loop.label, kind: 'loop' });
  inMaybe(cx, () => walkLoopParts(cx, loop, false));
  cx.frames.pop();
}

function walkLoopParts(cx: Walk, loop: Loop, isTheLoop: boolean): void {
  const inHead = (work: () => void) => {
    cx.head = isTheLoop && isOutside(cx);
    work();
    cx.head = false;
  };
  if (loop.each !== null) inHead(() => walkPattern(cx, loop.each!, null, '=', false));
  if (loop.test !== null && loop.kind !== 'do') inHead(() => walk(cx, loop.test!, NOWHERE));
  walkStmts(cx, loop.body);
  if (loop.update !== null) inHead(() => walk(cx, loop.update!, NOWHERE));
  if (loop.test !== null && loop.kind === 'do') inHead(() => walk(cx, loop.test!, NOWHERE));
}

function isRunningLate(cx: Walk, loop: Loop): boolean {
  const func = cx.accesses.unit.funcs[cx.stack.at(-1)!];
  if (isOutside(cx) || func?.async !== true) return false;
  let found = loop.kind === 'for-await';
  visitStmts(
    [loop],
    (expr) => (found ||= hasAwait(expr)),
    () => undefined,
  );
  return found;
}

function walkLet(cx: Walk, target: Pattern, value: Expr | null, kind: string): void {
  if (value === null) return;
  const only = target.p === 'var' ? target.id : null;
  withHolders(
    cx,
    patternVars(target).map((each) => each.id),
    () => walk(cx, value, only === null ? UNKNOWN : { to: 'variable', id: only }),
  );
  walkPattern(cx, target, target.p === 'var' ? value : null, '=', kind === 'var');
  if (kind.endsWith('using') && only !== null) cx.undone.push({ ...moment(cx), ids: [only] });
}
