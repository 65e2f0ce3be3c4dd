/** Accesses that race, one per place in the text, each with the other side that shows it best. */
import type { Event, Held, Program } from '../ir/program.ts';
import { conflicts, type Conflict } from './conflicts.ts';
import { sameMark } from '../ir/unit.ts';
import type { Fact, FactContext } from './fact.ts';
import { order } from './order.ts';

export interface Race {
  /** `update`: a plain read and the plain write that depends on it; `mixed`: plain here, atomic there. */
  readonly kind: 'update' | 'access' | 'mixed';
  readonly event: Event;
  readonly other: Event;
  readonly region: number;
}

export const races: Fact<readonly Race[]> = {
  name: 'races',
  compute(cx) {
    const { program } = cx;
    const open = cx.get(conflicts).filter((conflict) => conflict.excuse === null);
    const found: Race[] = [];
    for (const event of plainEvents(open)) {
      const others = open.flatMap((conflict) => otherSide(conflict, event));
      const other = best(event, others);
      if (other === undefined || isReadOfUpdate(program, event, open)) continue;
      // With a single writer nothing is lost: then it is an access like any other.
      const isUpdate = event.from !== null && others.some((each) => each.op === 'write');
      const kind = isUpdate ? 'update' : other.atomic ? 'mixed' : 'access';
      if (!found.some((race) => sameMark(race.event.at, event.at))) {
        found.push({ kind, event, other, region: event.region! });
      }
    }
    return found;
  },
};

function plainEvents(open: readonly Conflict[]): Event[] {
  const events = new Map<number, Event>();
  for (const { first, second } of open) {
    for (const event of [first, second]) if (!event.atomic) events.set(event.id, event);
  }
  return [...events.values()].sort((a, b) => a.id - b.id);
}

function otherSide({ first, second }: Conflict, event: Event): Event[] {
  if (first.id === event.id) return [second];
  return second.id === event.id ? [first] : [];
}

/** A plain other side says more than an atomic one, a write more than a read, another file more than this one. */
function best(event: Event, others: readonly Event[]): Event | undefined {
  const weight = (other: Event) =>
    (other.atomic ? 0 : 4) + (other.op === 'write' ? 2 : 0) + (other.at.file === event.at.file ? 0 : 1);
  return [...others].sort((a, b) => weight(b) - weight(a) || a.id - b.id)[0];
}

/** The read of `x[i] = x[i] + 1` is told with its write. */
function isReadOfUpdate(program: Program, event: Event, open: readonly Conflict[]): boolean {
  if (event.op !== 'read') return false;
  return open.some(({ first, second }) =>
    [first, second].some((write) => {
      if (write.from === null || write.atomic) return false;
      const read = program.events[write.from];
      return read !== undefined && (read.id === event.id || sameMark(read.at, event.at));
    }),
  );
}

/** A cell that is accessed atomically in one function and plainly in another, where no agent is in sight. */
export interface Mixed {
  readonly event: Event;
  readonly other: Event;
  readonly region: number;
}

export const mixed: Fact<readonly Mixed[]> = {
  name: 'mixed',
  compute(cx) {
    const found: Mixed[] = [];
    for (const events of cells(cx.program)) {
      for (const event of events) {
        if (event.atomic || isSetUp(event) || found.some((each) => sameMark(each.event.at, event.at)))
          continue;
        const other = events.find(
          (each) => each.atomic && !isSetUp(each) && contradicts(cx, events, event, each),
        );
        if (other !== undefined) found.push({ event, other, region: event.region! });
      }
    }
    return found;
  },
};

function contradicts(cx: FactContext, events: readonly Event[], event: Event, other: Event): boolean {
  if (event.op === 'read' && other.op === 'read') return false;
  if (event.at.func === other.at.func && event.at.file === other.at.file) return false;
  if (commonLock(event, other) !== null) return false;
  // A plain read by the only function that writes the cell sees its own last value.
  const writers = new Set(
    events.filter((each) => each.op === 'write' && !isSetUp(each)).map((each) => each.at.func),
  );
  if (event.op === 'read' && writers.size === 1 && writers.has(event.at.func)) return false;
  const hb = cx.get(order);
  return hb.before(event, other) === null && hb.before(other, event) === null;
}

/** Memory that is guarded by a lock in one function and touched without it in another. */
export interface Unguarded {
  readonly event: Event;
  readonly guarded: Event;
  readonly lock: Held;
  readonly region: number;
}

export const unguarded: Fact<readonly Unguarded[]> = {
  name: 'unguarded',
  compute(cx) {
    const found: Unguarded[] = [];
    for (const events of cells(cx.program)) {
      const guarded = events.filter((event) => realLock(cx.program, event) !== undefined);
      if (guarded.length === 0) continue;
      for (const event of events) {
        if (event.atomic || event.held.length > 0 || isSetUp(event)) continue;
        if (found.some((each) => sameMark(each.event.at, event.at))) continue;
        const other = guarded.find(
          (each) => each.at.func !== event.at.func && (each.op === 'write' || event.op === 'write'),
        );
        if (other === undefined) continue;
        const hb = cx.get(order);
        if (hb.before(event, other) !== null || hb.before(other, event) !== null) continue;
        found.push({ event, guarded: other, lock: realLock(cx.program, other)!, region: event.region! });
      }
    }
    return found;
  },
};

/** A lock that is waited for; a claim that is tried once guards a state, not a section. */
function realLock(program: Program, event: Event): Held | undefined {
  return event.held.find(
    (hold) =>
      !hold.tries &&
      (program.locks[hold.lock]!.kind === 'atomics' || program.locks[hold.lock]!.kind === 'lockstep'),
  );
}

function commonLock(first: Event, second: Event): number | null {
  return first.held.find((hold) => second.held.some((other) => other.lock === hold.lock))?.lock ?? null;
}

/** Regions whose other agents are not in sight, their accesses grouped by cell. */
function cells(program: Program): Event[][] {
  const lockWords = new Set(
    program.events.filter((event) => event.op === 'acquire').map((event) => program.locks[event.lock!]!.name),
  );
  const agentsOf = new Map<number, Set<number>>();
  for (const { region, agent } of program.events) {
    if (region === null) continue;
    const agents = agentsOf.get(region);
    if (agents === undefined) agentsOf.set(region, new Set([agent]));
    else agents.add(agent);
  }
  const byCell = new Map<string, Event[]>();
  for (const event of program.events) {
    if (event.region === null || event.bytes?.exact !== true || (event.op !== 'read' && event.op !== 'write'))
      continue;
    const { size } = agentsOf.get(event.region)!;
    if (size > 1 || program.agents[event.agent]!.many || lockWords.has(event.place)) continue;
    const key = `${event.region}:${event.bytes.low}:${event.bytes.high}`;
    const events = byCell.get(key);
    if (events === undefined) byCell.set(key, [event]);
    else events.push(event);
  }
  return [...byCell.values()];
}

/** Constructors and functions that set memory up run before it is shared. */
function isSetUp(event: Event): boolean {
  const name = event.at.func.slice(event.at.func.lastIndexOf('.') + 1);
  return (
    /^(?:constructor|init(?:ialize)?|create|reset|setup|from|alloc(?:ate)?)\b/i.test(name) ||
    event.at.func === ''
  );
}
