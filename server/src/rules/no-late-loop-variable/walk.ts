/** What one walk carries along, and the few ways to add to it. It lives for one round and is thrown away with it. */
import type { BindingId, Expr, FuncId, Mark, Point } from '../../ir/unit.ts';
import type { Access } from './accesses.ts';
import type { Branch, Course, End, HandOver, Mention, Moment, Need, Read, Round, Write } from './round.ts';

export type Dest =
  | { readonly to: 'nowhere' }
  | { readonly to: 'unknown' }
  | { readonly to: 'variable'; readonly id: BindingId }
  | Later;

export interface Later {
  readonly to: 'later';
  readonly what: string;
  readonly certain: boolean;
  readonly kept: boolean;
  readonly at: Mark;
  readonly held: readonly BindingId[];
  readonly keptIn?: BindingId;
  readonly keptAs?: string;
  readonly needs: readonly Need[];
}

export const NOWHERE: Dest = { to: 'nowhere' };
export const UNKNOWN: Dest = { to: 'unknown' };

export interface Held {
  readonly func: FuncId;
  readonly made: Moment;
}

interface Frame {
  readonly label: string | null;
  readonly kind: 'loop' | 'other';
}

export interface Walk extends Round, Course {
  readonly writes: Write[];
  readonly reads: Read[];
  readonly handOvers: HandOver[];
  readonly awaits: Mention[];
  readonly undone: Mention[];
  readonly ends: End[];
  readonly inlined: Set<FuncId>;
  readonly lateWrites: Set<BindingId>;
  readonly called: Set<string>;
  readonly branches: Map<number, Branch>;
  /** Functions, and objects with functions in them, that a variable of the round holds. */
  readonly holds: Map<BindingId, Held[]>;
  /** Functions that are running, innermost last. */
  readonly stack: FuncId[];
  readonly frames: Frame[];
  readonly needs: Need[];
  readonly holders: BindingId[];
  /** Where the values go that the running functions return, innermost last. */
  readonly returns: Dest[];
  order: number;
  path: readonly number[];
  branchCount: number;
  head: boolean;
  awaited: boolean;
  /** Inside a try block with a catch clause: a throw may stay in the loop. */
  caught: boolean;
  /** After the first `await` of a called async function: what it reads from here on. */
  late: Access[] | null;
}

export function newWalk(course: Course): Walk {
  return {
    ...course,
    writes: [],
    reads: [],
    handOvers: [],
    awaits: [],
    undone: [],
    ends: [],
    inlined: new Set(),
    lateWrites: new Set(),
    called: new Set(),
    branches: new Map(),
    holds: new Map(),
    stack: [course.func],
    frames: [],
    needs: [],
    holders: [],
    returns: [],
    order: 0,
    path: [],
    branchCount: 0,
    head: false,
    awaited: false,
    caught: false,
    late: null,
  };
}

export function moment(cx: Walk): Moment {
  return { order: cx.order++, path: cx.path };
}

export function mark(cx: Walk, n: Point): Mark {
  return { file: cx.accesses.unit.file, func: cx.stack.at(-1)!, n };
}

export function inBranch(cx: Walk, group: number, test: Expr | null, arm: boolean, work: () => void): void {
  const outer = cx.path;
  const id = cx.branchCount++;
  cx.branches.set(id, { test, arm, group });
  cx.path = [...outer, id];
  work();
  cx.path = outer;
}

export function inMaybe(cx: Walk, work: () => void): void {
  inBranch(cx, cx.branchCount, null, true, work);
}

/** In the function that holds the loop, not in one that it calls. */
export function isOutside(cx: Walk): boolean {
  return cx.stack.length === 1;
}

export function withHolders(cx: Walk, ids: readonly BindingId[], work: () => void): void {
  cx.holders.push(...ids);
  work();
  cx.holders.length -= ids.length;
}

export function note(cx: Walk, id: BindingId, at: Point, asReceiver: boolean): void {
  const read = { ...moment(cx), id, at: mark(cx, at), head: cx.head, asReceiver };
  if (cx.late === null) cx.reads.push(read);
  else cx.late.push({ id, at: read.at, write: false, comparedWith: null });
}

export function readsIn(cx: Walk, func: FuncId): readonly Access[] {
  const reads = cx.accesses.within(func).filter((access) => !access.write);
  // What it calls reads, too: functions that this round has made.
  const seen = new Set([func]);
  const called = (ids: readonly BindingId[]): readonly Access[] =>
    ids.flatMap((id) =>
      (cx.holds.get(id) ?? []).flatMap(({ func: each }) => {
        if (seen.has(each)) return [];
        seen.add(each);
        const inner = cx.accesses.within(each).filter((access) => !access.write);
        return [...inner, ...called(inner.map((access) => access.id))];
      }),
    );
  return [...reads, ...called(reads.map((access) => access.id))];
}

export function handOver(cx: Walk, held: Held, dest: Dest, through: readonly BindingId[]): void {
  if (dest.to === 'variable') cx.holds.set(dest.id, [...(cx.holds.get(dest.id) ?? []), held]);
  else if (dest.to === 'later' && cx.late === null)
    pushHandOver(cx, held, dest, through, readsIn(cx, held.func));
}

export function pushHandOver(
  cx: Walk,
  { func, made }: Held,
  dest: Later,
  through: readonly BindingId[],
  reads: readonly Access[],
): void {
  const { what, certain, kept, at } = dest;
  const held = [...dest.held, ...through, ...cx.holders];
  const needs = [...cx.needs, ...dest.needs];
  cx.handOvers.push({
    ...moment(cx),
    func,
    made,
    what,
    certain,
    kept,
    at,
    awaited: cx.awaited,
    keptIn: dest.keptIn ?? null,
    keptAs: dest.keptAs ?? null,
    held,
    reads,
    needs,
  });
}

/** What hangs on the variable does not outlive the round: it is declared in it, or was set anew in it. */
export function isOfRound(cx: Walk, id: BindingId): boolean {
  return cx.own(id) || cx.writes.some((write) => write.id === id && write.op === '=');
}

/** The variable that a member expression begins with. */
export function rootOf(expr: Expr): BindingId | null {
  switch (expr.e) {
    case 'var':
      return expr.id;
    case 'member':
      return rootOf(expr.of);
    case 'logic':
      return rootOf(expr.left);
    case 'assign':
      return expr.target.p === 'var'
        ? expr.target.id
        : expr.target.p === 'member'
          ? rootOf(expr.target.of)
          : null;
    default:
      return null;
  }
}

/** Reached from a variable, a global or `this` by members alone. */
export function isReached(expr: Expr): boolean {
  switch (expr.e) {
    case 'var':
    case 'this':
    case 'global':
      return true;
    case 'member':
      return isReached(expr.of);
    case 'logic':
      return isReached(expr.left);
    default:
      return false;
  }
}
