/**
 * Which lock is taken while which other is held: cycles in that order can deadlock (the circular wait of Coffman,
 * Elphick and Shoshani, 1971), and a lock taken again by its own holder does.
 */
import type { Event, Held, Program } from '../ir/program.ts';
import { sameMark } from '../ir/unit.ts';
import type { Fact } from './fact.ts';
import { order, type Order } from './order.ts';

/** `second` is waited for while `first` is held. */
export interface LockEdge {
  readonly first: Held;
  readonly second: number;
  readonly event: Event;
  readonly shared: boolean;
}

export interface LockOrder {
  readonly edges: readonly LockEdge[];
  /** Each as the edges of one way around; no two with the same places. */
  readonly cycles: readonly (readonly LockEdge[])[];
  /** A lock that is taken while it is held by the same task. */
  readonly reacquired: readonly { readonly event: Event; readonly first: Held }[];
}

const MAX_CYCLE = 5;

export const lockOrder: Fact<LockOrder> = {
  name: 'lock-order',
  compute(cx) {
    const { program } = cx;
    const edges: LockEdge[] = [];
    const reacquired: { event: Event; first: Held }[] = [];
    for (const event of program.events) {
      if (event.op !== 'acquire' || event.lock === null || event.mode === 'try') continue;
      const lock = program.locks[event.lock]!;
      const shared = event.mode === 'shared';
      const own = event.held.find((hold) => hold.lock === event.lock);
      if (own !== undefined) {
        // It ends here: what it would wait for with the others held does not matter any more.
        if (isSelfDeadlock(event, own, lock.reentrant || lock.summary, shared))
          reacquired.push({ event, first: own });
        continue;
      }
      for (const first of event.held) edges.push({ first, second: event.lock, event, shared });
    }
    return {
      edges,
      cycles: cyclesOf(program, cx.get(order), onePerPlace(edges)),
      reacquired: onePerMark(reacquired),
    };
  },
};

function isSelfDeadlock(event: Event, first: Held, passes: boolean, shared: boolean): boolean {
  // A task that nobody waits for may wait until the holder is done.
  return !passes && !(shared && first.shared) && first.task === event.task;
}

function onePerMark<T extends { readonly event: Event }>(items: readonly T[]): T[] {
  return items.filter(
    (item, index) => items.findIndex((other) => sameMark(other.event.at, item.event.at)) === index,
  );
}

function onePerPlace(edges: readonly LockEdge[]): LockEdge[] {
  const seen = new Map<string, LockEdge>();
  for (const edge of edges) {
    const { at, turn, task } = edge.event;
    const gates = edge.event.held.map((hold) => hold.lock).join();
    const key = `${edge.first.lock}>${edge.second}|${at.file}#${at.func}:${at.n}|${turn}|${task}|${gates}`;
    if (!seen.has(key)) seen.set(key, edge);
  }
  return [...seen.values()];
}

function cyclesOf(program: Program, hb: Order, edges: readonly LockEdge[]): LockEdge[][] {
  const from = new Map<number, LockEdge[]>();
  for (const edge of edges) {
    const out = from.get(edge.first.lock);
    if (out === undefined) from.set(edge.first.lock, [edge]);
    else out.push(edge);
  }
  const found: LockEdge[][] = [];
  const walk = (path: readonly LockEdge[]): void => {
    const last = path.at(-1)!;
    for (const next of from.get(last.second) ?? []) {
      if (path.some((edge) => edge.first.lock === next.first.lock)) continue;
      if (!path.every((edge) => mayOverlap(program, hb, edge, next))) continue;
      const longer = [...path, next];
      if (next.second === path[0]!.first.lock) {
        if (isReal(program, longer) && !found.some((cycle) => samePlaces(cycle, longer))) found.push(longer);
      } else if (longer.length < MAX_CYCLE) walk(longer);
    }
  };
  for (const edge of edges) walk([edge]);
  return found;
}

/** Two tasks that can be under way at the same time. */
function mayOverlap(program: Program, hb: Order, a: LockEdge, b: LockEdge): boolean {
  const [first, second] = [a.event, b.event];
  if (first.turn === second.turn) {
    return program.turns[first.turn]!.many || first.task !== second.task || program.agents[first.agent]!.many;
  }
  if (first.agent !== second.agent) return true;
  const isAsync = program.locks[a.second]!.kind !== 'atomics';
  // Within one agent, only code that gives the turn away while it holds a lock can be interleaved.
  if (!isAsync && !program.agents[first.agent]!.many) return false;
  return isAsync || (hb.before(first, second) === null && hb.before(second, first) === null);
}

/** No lock is held by all of them (a gate), none of them stands for many, and none is only shared. */
function isReal(program: Program, cycle: readonly LockEdge[]): boolean {
  const inCycle = cycle.map((edge) => edge.second);
  if (inCycle.some((lock) => program.locks[lock]!.summary)) return false;
  const gates = cycle[0]!.event.held.filter((hold) => !inCycle.includes(hold.lock));
  if (gates.some((gate) => cycle.every((edge) => edge.event.held.some((hold) => hold.lock === gate.lock))))
    return false;
  return inCycle.every((lock) => {
    const taken = cycle.find((edge) => edge.second === lock)!;
    const held = cycle.find((edge) => edge.first.lock === lock)!;
    return !(taken.shared && held.first.shared);
  });
}

/** The same cycle begun elsewhere, or by another call path. */
function samePlaces(a: readonly LockEdge[], b: readonly LockEdge[]): boolean {
  return (
    a.length === b.length && a.every((edge) => b.some((other) => sameMark(edge.event.at, other.event.at)))
  );
}
