/**
 * Happens-before between events of a Program (ECMA-262, "happens-before"), as far as the code shows it:
 * agent order, the edges that `link` found, and publication through atomics.
 */
import type { Edge, EdgeWhy, Event, Program } from '../ir/program.ts';
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
  readonly publications: readonly Publication[];
}

export interface Publication {
  readonly release: Event;
  readonly acquire: Event;
}

export const order: Fact<Order> = {
  name: 'order',
  compute({ program }) {
    const publications = publicationsOf(program);
    const graph: Graph = {
      edges: byTurn(program.edges, (edge) => edge.from.turn),
      publications: byTurn(publications, ({ release }) => release.turn),
    };
    const memo = new Map<string, Reach>();
    const exits = exitsOf(graph);
    const reachOf = (first: Event, only: 'publication' | undefined): Reach => {
      // What can be reached depends on the next way out of the turn only: events before it share the answer.
      const exit = exits.get(first.turn)?.find((event) => event > first.id) ?? -1;
      const key = `${first.turn}:${exit}${only ?? ''}`;
      let known = memo.get(key);
      if (known === undefined) memo.set(key, (known = explore(graph, first, only)));
      return known;
    };
    return {
      publications,
      before(first, second, only) {
        if (first.turn === second.turn && only === undefined) {
          return first.id < second.id ? [step('agent-order')] : null;
        }
        return arrival(reachOf(first, only), second);
      },
    };
  },
};

/** Where edges and publications leave each turn, in order. */
function exitsOf(graph: Graph): Map<number, number[]> {
  const exits = new Map<number, number[]>();
  const add = (turn: number, event: number) => {
    const list = exits.get(turn);
    if (list === undefined) exits.set(turn, [event]);
    else list.push(event);
  };
  for (const edges of graph.edges.values()) for (const { from } of edges) add(from.turn, from.event);
  for (const pairs of graph.publications.values())
    for (const { release } of pairs) add(release.turn, release.id);
  for (const list of exits.values()) list.sort((a, b) => a - b);
  return exits;
}

interface Graph {
  readonly edges: ReadonlyMap<number, readonly Edge[]>;
  readonly publications: ReadonlyMap<number, readonly Publication[]>;
}

function byTurn<T>(items: readonly T[], turnOf: (item: T) => number): Map<number, T[]> {
  const map = new Map<number, T[]>();
  for (const item of items) {
    const list = map.get(turnOf(item));
    if (list === undefined) map.set(turnOf(item), [item]);
    else list.push(item);
  }
  return map;
}

interface Place {
  readonly turn: number;
  readonly event: number;
  /** How it was reached; null at the start. */
  readonly by: { readonly step: OrderStep; readonly from: Place } | null;
  /** The read that published into this turn: what is behind it must be decided by it. */
  readonly through: Event | null;
}

/** Places from which on everything in their turn comes after. */
type Reach = ReadonlyMap<number, readonly Place[]>;

/** Enough for every program that a person reads; a bound, so that no program makes the search run away. */
const MAX_PLACES = 4_000;

function explore(graph: Graph, first: Event, only: 'publication' | undefined): Reach {
  const reach = new Map<number, Place[]>();
  const queue: Place[] = [{ turn: first.turn, event: first.id + 1, by: null, through: null }];
  for (let index = 0; index < queue.length && index < MAX_PLACES; index++) {
    const place = queue[index]!;
    if (place.by !== null) {
      const known = reach.get(place.turn) ?? [];
      const isKnown = known.some(
        ({ event, through }) =>
          event <= place.event && (through === null || through.id === place.through?.id),
      );
      if (isKnown) continue;
      reach.set(place.turn, [...known, place]);
    }
    if (only === undefined) {
      for (const { from, to, why } of graph.edges.get(place.turn) ?? []) {
        if (from.event < place.event) continue;
        queue.push({ turn: to.turn, event: to.event, by: { step: step(why), from: place }, through: null });
      }
    }
    for (const { release, acquire } of graph.publications.get(place.turn) ?? []) {
      if (release.id < place.event) continue;
      const next = { why: 'publication' as const, release, acquire };
      queue.push({
        turn: acquire.turn,
        event: acquire.id + 1,
        by: { step: next, from: place },
        through: acquire,
      });
    }
  }
  return reach;
}

function step(why: OrderStep['why']): OrderStep {
  return { why, release: null, acquire: null };
}

function arrival(reach: Reach, second: Event): readonly OrderStep[] | null {
  const places = reach.get(second.turn)?.filter(({ event }) => second.id >= event) ?? [];
  const place = places.find(({ through }) => through === null || isDecidedBy(second, through));
  const met = place ?? places.find(({ through }) => meets(places, second, through!));
  return met === undefined ? null : stepsTo(met);
}

function isDecidedBy(event: Event, read: Event): boolean {
  return read.guards.some((branch) => event.arms.some((arm) => arm >> 1 === branch));
}

/**
 * A barrier: who comes last goes on at once, the others wait in a loop until it has been there. Both ways have seen the
 * arrivals: the count that decides the branch on the one, what the loop reads on the other.
 */
function meets(places: readonly Place[], second: Event, waits: Event): boolean {
  const isWaitLoop = waits.loops.some((loop) => !second.loops.includes(loop));
  if (!isWaitLoop) return false;
  return waits.arms.some(
    (arm) =>
      second.arms.every((other) => other >> 1 !== arm >> 1) &&
      places.some(({ through }) => through?.guards.includes(arm >> 1) === true),
  );
}

function stepsTo(place: Place): OrderStep[] {
  const steps: OrderStep[] = [];
  for (let at = place; at.by !== null; at = at.by.from) steps.push(at.by.step);
  return steps.reverse();
}

/** Pairs of an atomic write (or notify) and an atomic read (or wait) of one cell, whose result decides a branch. */
function publicationsOf(program: Program): Publication[] {
  const lockCells = lockCellsOf(program);
  const releases = new Map<string, Event[]>();
  for (const event of program.events) {
    if (!event.atomic || event.region === null || (event.op !== 'write' && event.op !== 'notify')) continue;
    const key = cellKey(event);
    const list = releases.get(key);
    if (list === undefined) releases.set(key, [event]);
    else list.push(event);
  }
  const pairs: Publication[] = [];
  for (const acquire of program.events) {
    if (!acquire.atomic || acquire.guards.length === 0) continue;
    if ((acquire.op !== 'read' && acquire.op !== 'wait') || lockCells.has(cellKey(acquire))) continue;
    for (const release of releases.get(cellKey(acquire)) ?? []) {
      const isSameAgent = release.agent === acquire.agent && !program.agents[release.agent]!.many;
      if (!isSameAgent) pairs.push({ release, acquire });
    }
  }
  return pairs;
}

/** The word of a lock publishes nothing by itself: either critical section may be the first. */
function lockCellsOf(program: Program): ReadonlySet<string> {
  const cells = new Set<string>();
  const locks = new Set<number>();
  for (const event of program.events) {
    if (event.op !== 'acquire' || event.lock === null || event.mode === 'try') continue;
    if (program.locks[event.lock]!.kind === 'atomics') locks.add(event.lock);
  }
  for (const lock of locks) {
    const { cell } = program.locks[lock]!;
    if (cell === null) continue;
    for (const event of program.events) {
      if (event.region === cell.region && event.bytes?.low === cell.low) cells.add(cellKey(event));
    }
  }
  return cells;
}

function cellKey(event: Event): string {
  return `${event.region}:${event.bytes?.low}:${event.bytes?.high}`;
}
