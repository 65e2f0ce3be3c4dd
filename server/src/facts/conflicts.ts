/**
 * Pairs of accesses to the same shared bytes that could race (ECMA-262, "Data Races"), each with the reason that
 * excuses it, or none.
 */
import type { Agent, Bytes, Event, Program, Region } from '../ir/program.ts';
import { sameMark } from '../ir/unit.ts';
import type { Fact } from './fact.ts';
import { order, type Order, type OrderStep } from './order.ts';

export type Excuse =
  | { readonly name: 'common-lock'; readonly lock: number }
  | {
      readonly name: 'ordered';
      readonly first: Event;
      readonly second: Event;
      readonly steps: readonly OrderStep[];
    }
  | { readonly name: 'disjoint-partition'; readonly by: 'worker' | 'ticket' }
  | { readonly name: 'one-at-a-time' }
  | { readonly name: 'own-memory' };

export interface Conflict {
  readonly region: number;
  readonly first: Event;
  readonly second: Event;
  /** null: nothing in sight orders the two. */
  readonly excuse: Excuse | null;
}

export const conflicts: Fact<readonly Conflict[]> = {
  name: 'conflicts',
  compute(cx) {
    const { program } = cx;
    const byRegion = new Map<number, Event[]>();
    for (const event of program.events) {
      if (event.region === null || (event.op !== 'read' && event.op !== 'write')) continue;
      const events = byRegion.get(event.region);
      if (events === undefined) byRegion.set(event.region, [event]);
      else events.push(event);
    }
    const found: Conflict[] = [];
    for (const [region, events] of byRegion) {
      const places = endsOfPlaces(events);
      const writes = places.filter(({ op }) => op === 'write');
      const reads = places.filter(({ op }) => op === 'read');
      const consider = (first: Event, second: Event) => {
        if (!mayConflict(program, first, second)) return;
        const excuse = excuseFor(program, cx.get(order), program.regions[region]!, first, second);
        found.push({ region, first, second, excuse });
      };
      writes.forEach((write, index) => {
        for (const other of writes.slice(index)) consider(write, other);
        for (const other of reads)
          consider(...(other.id < write.id ? ([other, write] as const) : ([write, other] as const)));
      });
    }
    return found;
  },
};

/** Of a place reached many times with the same locks and bytes, the first and the last: order differs most between them. */
function endsOfPlaces(events: readonly Event[]): Event[] {
  const first = new Map<string, Event>();
  const last = new Map<string, Event>();
  for (const event of events) {
    const { file, func, n } = event.at;
    const held = event.held.map((hold) => hold.lock).join();
    const key = `${file}#${func}:${n}|${event.op}|${event.turn}|${event.bytes?.low}-${event.bytes?.high}|${held}`;
    if (!first.has(key)) first.set(key, event);
    else last.set(key, event);
  }
  return [...first.values(), ...last.values()].sort((x, y) => x.id - y.id);
}

function mayConflict(program: Program, first: Event, second: Event): boolean {
  const [a, b] = [first.bytes, second.bytes];
  if (a === null || b === null || !overlap(a, b)) return false;
  if (first.atomic && second.atomic) return false;
  // A control word and data share a buffer: a plain access of which only the range is known is not one of the word.
  if ((first.atomic || second.atomic) && !(a.exact && b.exact)) return false;
  return first.agent !== second.agent || program.agents[first.agent]!.many;
}

function overlap(a: Bytes, b: Bytes): boolean {
  return a.low < b.high && b.low < a.high;
}

function excuseFor(program: Program, hb: Order, region: Region, first: Event, second: Event): Excuse | null {
  const agent = program.agents[first.agent]!;
  const isSame = first.agent === second.agent;
  if (isSame && !isShared(program, agent, region)) return { name: 'own-memory' };
  const lock = first.held.find((hold) =>
    second.held.some((other) => other.lock === hold.lock && !(hold.shared && other.shared)),
  );
  if (lock !== undefined) return { name: 'common-lock', lock: lock.lock };
  const by = first.bytes?.distinct ?? null;
  if (by !== null && by === (second.bytes?.distinct ?? null)) return { name: 'disjoint-partition', by };
  const only = isSame ? 'publication' : undefined;
  for (const [earlier, later] of [
    [first, second],
    [second, first],
  ] as const) {
    const steps = hb.before(earlier, later, only);
    if (steps !== null && isEnough(earlier, later, steps)) {
      return { name: 'ordered', first: earlier, second: later, steps };
    }
  }
  return isSame && runsOneAtATime(program, hb, agent, first) ? { name: 'one-at-a-time' } : null;
}

/**
 * A control word is read and written over and over: that some other atomic orders one round says nothing of the next.
 * Only a plain write that sets the word up before it is published is ordered by a publication.
 */
function isEnough(earlier: Event, later: Event, steps: readonly OrderStep[]): boolean {
  const isControlWord = earlier.atomic || later.atomic;
  if (!isControlWord || steps.every(({ why }) => why !== 'publication')) return true;
  return !earlier.atomic && earlier.op === 'write';
}

/** Whether two instances of an agent that is started more than once see the same memory. */
export function isShared(program: Program, agent: Agent, region: Region): boolean {
  if (region.inferred) return true;
  const isFresh = region.madeAt !== null && sameRound(program, agent, region);
  return !isFresh;
}

/** Memory made in the same round of the loop, or the same call, that starts the agent is that instance's own. */
function sameRound(program: Program, agent: Agent, region: Region): boolean {
  const isOwnLoop = agent.spawnLoops.every((loop) => region.madeLoops.includes(loop));
  if (!isOwnLoop) return false;
  if (agent.spawnLoops.length > 0) return true;
  const maker = region.madeTurn === null ? undefined : program.turns[region.madeTurn];
  // An agent that is many because its parent is: each parent has its own memory and its own child.
  const { parent } = agent;
  if (parent !== null && maker?.agent === parent && program.agents[parent]!.many) return true;
  const turn = agent.spawnTurn === null ? undefined : program.turns[agent.spawnTurn];
  return turn?.many === true && region.madeTurn === agent.spawnTurn;
}

/** `for (…) { const w = new Worker(…); await done(w); }`: each instance ends before the next begins. */
function runsOneAtATime(program: Program, hb: Order, agent: Agent, event: Event): boolean {
  const { spawnedAt } = agent;
  if (spawnedAt === null || agent.spawnLoops.length === 0) return false;
  const start = program.events.find((each) => each.op === 'spawn' && sameMark(each.at, spawnedAt));
  if (start === undefined) return false;
  const innermost = agent.spawnLoops.at(-1)!;
  return program.events.some(
    (each) =>
      each.op === 'suspend' &&
      each.turn === start.turn &&
      each.id > start.id &&
      each.loops.includes(innermost) &&
      hb.before(event, { ...each, id: each.id + 1 }) !== null,
  );
}
