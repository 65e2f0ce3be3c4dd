/**
 * Happens-before between events of a Program (ECMA-262, "happens-before"), as far as the code shows it:
 * agent order, the edges that `link` found, and publication through atomics.
 */
import type { EdgeWhy, Event, Program } from '../ir/program.ts';
import type { Mark } from '../ir/unit.ts';
import type { Fact } from './fact.ts';

/** One step of a chain of order: what gives it, and where both ends stand. */
export interface OrderStep {
  readonly why: EdgeWhy | 'agent-order' | 'publication';
  /** For a publication: the atomic write and the atomic read that sees it. */
  readonly release: Event | null;
  readonly acquire: Event | null;
}

export interface Order {
  /** The chain by which `first` happens before `second` in every run in which both happen; null if there is none in sight. */
  before(first: Event, second: Event, only?: 'publication'): readonly OrderStep[] | null;
  /** Atomic writes that may publish, and atomic reads whose result decides what runs, by cell. */
  readonly publications: readonly { readonly release: Event; readonly acquire: Event }[];
}

export const order: Fact<Order> = {
  name: 'order',
  compute({ program }) {
    const publications = publicationsOf(program);
    const memo = new Map<string, readonly OrderStep[] | null>();
    return {
      publications,
      before(first, second, only) {
        const key = `${first.id}<${second.id}${only ?? ''}`;
        let known = memo.get(key);
        if (known === undefined) memo.set(key, (known = search(program, publications, first, second, only)));
        return known;
      },
    };
  },
};

interface Place {
  readonly turn: number;
  readonly event: number;
  readonly steps: readonly OrderStep[];
  /** The read that published into this turn: what is behind it must be decided by it. */
  readonly through: Event | null;
}

function search(
  program: Program,
  publications: Order['publications'],
  first: Event,
  second: Event,
  only: 'publication' | undefined,
): readonly OrderStep[] | null {
  if (first.turn === second.turn && only === undefined) {
    return first.id < second.id ? [step('agent-order')] : null;
  }
  const queue: Place[] = [{ turn: first.turn, event: first.id + 1, steps: [], through: null }];
  const reached = new Map<number, number>();
  for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
    const earliest = reached.get(place.turn);
    if (earliest !== undefined && earliest <= place.event && place.steps.length > 0) continue;
    if (place.steps.length > 0) reached.set(place.turn, place.event);
    if (place.steps.length > 0 && arrives(place, second)) return place.steps;
    if (only === undefined) {
      for (const { from, to, why } of program.edges) {
        if (from.turn !== place.turn || from.event < place.event) continue;
        queue.push({ turn: to.turn, event: to.event, steps: [...place.steps, step(why)], through: null });
      }
    }
    for (const { release, acquire } of publications) {
      if (release.turn !== place.turn || release.id < place.event) continue;
      const next = { why: 'publication' as const, release, acquire };
      queue.push({
        turn: acquire.turn,
        event: acquire.id + 1,
        steps: [...place.steps, next],
        through: acquire,
      });
    }
  }
  return null;
}

function step(why: OrderStep['why']): OrderStep {
  return { why, release: null, acquire: null };
}

function arrives(place: Place, second: Event): boolean {
  if (place.turn !== second.turn || second.id < place.event) return false;
  const { through } = place;
  return through === null || through.guards.some((branch) => second.arms.some((arm) => arm >> 1 === branch));
}

/** Pairs of an atomic write (or notify) and an atomic read (or wait) of one cell, whose result decides a branch. */
function publicationsOf(program: Program): Order['publications'] {
  const lockCells = lockCellsOf(program);
  const releases = program.events.filter(
    (event) => event.atomic && event.region !== null && (event.op === 'write' || event.op === 'notify'),
  );
  const acquires = program.events.filter(
    (event) =>
      event.atomic &&
      event.region !== null &&
      event.guards.length > 0 &&
      (event.op === 'read' || event.op === 'wait'),
  );
  const pairs: { release: Event; acquire: Event }[] = [];
  for (const acquire of acquires) {
    if (lockCells.has(cellKey(acquire))) continue;
    for (const release of releases) {
      if (cellKey(release) !== cellKey(acquire)) continue;
      const isSameAgent = release.agent === acquire.agent && !program.agents[release.agent]!.many;
      if (!isSameAgent) pairs.push({ release, acquire });
    }
  }
  return pairs;
}

/** The word of a lock publishes nothing by itself: either critical section may be the first. */
function lockCellsOf(program: Program): ReadonlySet<string> {
  const cells = new Set<string>();
  for (const event of program.events) {
    if (event.op !== 'acquire' || event.lock === null || event.via === 'try') continue;
    const lock = program.locks[event.lock]!;
    if (lock.kind !== 'atomics') continue;
    const claim = program.events.find(
      (other) => other.atomic && other.region === event.region && sameMark(other.at, event.at),
    );
    if (claim !== undefined) cells.add(cellKey(claim));
  }
  return cells;
}

function cellKey(event: Event): string {
  return `${event.region}:${event.bytes?.low}:${event.bytes?.high}`;
}

export function sameMark(a: Mark, b: Mark): boolean {
  return a.n === b.n && a.func === b.func && a.file === b.file;
}
