/** How the accesses at one place stand to those of other agents: unordered, or excused, and by what. */
import { isShared, type Conflict, type Excuse } from '../facts/conflicts.ts';
import { mixed, races, unguarded } from '../facts/races.ts';
import type { Event } from '../ir/program.ts';
import { sameMark, type Mark } from '../ir/unit.ts';
import { conflictsAt, markKey, memory } from './indexes.ts';
import { few, heldName, isUpdate, list, lockName, otherWho, quoted, where, type Telling } from './telling.ts';
import { chainInWords } from './chain.ts';

export type Status =
  Excuse | { readonly name: 'open' } | { readonly name: 'both-atomic' } | { readonly name: 'read-only' };

export interface Relation {
  /** The access at hand. */
  readonly event: Event;
  readonly other: Event;
  readonly status: Status;
}

/** One for each other place and status; where one path is unordered, that is told alone. */
export function relationsOf(t: Telling, events: readonly Event[]): Relation[] {
  const found = new Map<string, Relation>();
  const open = new Set<string>();
  const accesses = events.filter(({ op }) => op === 'read' || op === 'write');
  for (const { first, second, excuse } of conflictsOf(t, accesses)) {
    const isFirst = accesses.some(({ at }) => sameMark(at, first.at));
    const [event, other] = isFirst ? [first, second] : [second, first];
    const key = markKey(other.at);
    if (excuse === null) open.add(key);
    const status: Status = excuse ?? { name: 'open' };
    const known = found.get(`${key} ${status.name}`);
    // Of a read and a write at one place the write says more.
    if (known === undefined || (known.other.op === 'read' && other.op === 'write'))
      found.set(`${key} ${status.name}`, { event, other, status });
  }
  for (const relation of harmless(t, accesses)) {
    const key = `${markKey(relation.other.at)} ${relation.status.name}`;
    const known = found.get(key);
    if (known === undefined || (known.other.op === 'read' && relation.other.op === 'write'))
      found.set(key, relation);
  }
  const relations = [...found.values()].filter(
    ({ other, status }) => status.name === 'open' || !open.has(markKey(other.at)),
  );
  return relations.filter(({ other }) => !isReadOfUpdate(other, relations));
}

/** The read of the other side's `x[i] = x[i] + 1` is told with its write. */
function isReadOfUpdate({ op, id }: Event, relations: readonly Relation[]): boolean {
  return op === 'read' && relations.some(({ other }) => other.from === id);
}

function conflictsOf(t: Telling, accesses: readonly Event[]): Conflict[] {
  const marks = new Map(accesses.map(({ at }) => [markKey(at), at]));
  return [...new Set([...marks.values()].flatMap((mark) => t.cx.get(conflictsAt)(mark)))];
}

/** Pairs that cannot conflict: two atomic accesses, two reads. */
function harmless(t: Telling, accesses: readonly Event[]): Relation[] {
  const found: Relation[] = [];
  for (const event of onePerKind(accesses)) {
    for (const other of t.cx.get(memory).get(event.region!) ?? []) {
      if (other.op !== 'read' && other.op !== 'write') continue;
      if (!isOther(t, event, other) || !overlaps(event, other)) continue;
      if (event.atomic && other.atomic) found.push({ event, other, status: { name: 'both-atomic' } });
      else if (event.op === 'read' && other.op === 'read')
        found.push({ event, other, status: { name: 'read-only' } });
    }
  }
  return found;
}

function onePerKind(events: readonly Event[]): Event[] {
  const seen = new Map<string, Event>();
  for (const event of events) {
    const key = `${markKey(event.at)} ${event.op} ${event.agent} ${event.region} ${event.bytes?.low} ${event.bytes?.high}`;
    if (!seen.has(key)) seen.set(key, event);
  }
  return [...seen.values()];
}

/** Whether `other` may run in another agent than `event`, on the same memory. */
export function isOther({ program }: Telling, event: Event, other: Event): boolean {
  if (event.region !== other.region) return false;
  if (event.agent !== other.agent) return true;
  const agent = program.agents[event.agent]!;
  return agent.many && isShared(program, agent, program.regions[event.region!]!);
}

export function overlaps({ bytes: a }: Event, { bytes: b }: Event): boolean {
  return a !== null && b !== null && a.low < b.high && b.low < a.high;
}

/** Whether both are certainly the same cell: only then does one synchronize-with the other. */
export function isSameCell({ bytes: a }: Event, { bytes: b }: Event): boolean {
  return a?.exact === true && b?.exact === true && a.low === b.low && a.high === b.high;
}

/** The lock as the access at hand knows it. */
function commonName({ program }: Telling, { held }: Event, lock: number): string {
  const own = held.find((hold) => hold.lock === lock);
  return own === undefined ? lockName(program, lock) : heldName(program, own);
}

/** Why two accesses are not a data race, as half a sentence; null for those that may be one. */
export function excuseInWords(t: Telling, { event, other, status }: Relation): string | null {
  switch (status.name) {
    case 'open':
      return null;
    case 'common-lock':
      return `both hold ${commonName(t, event, status.lock)}, so one comes wholly before the other`;
    case 'ordered': {
      const [first, second] = event.id === status.first.id ? ['this', 'it'] : ['it', 'this'];
      return `${first} happens before ${second}, ordered by ${chainInWords(t, status.steps)}`;
    }
    case 'disjoint-partition':
      return status.by === 'worker'
        ? 'the index depends on a number that each worker has for itself, so each has cells of its own'
        : 'the index is a ticket that an atomic update hands out once, so each has cells of its own';
    case 'one-at-a-time':
      return 'each instance has ended before the next is started';
    case 'own-memory':
      return `${quoted(t.program.regions[event.region!]!.name)} is made together with the worker, so each instance has its own`;
    case 'both-atomic':
      return [event, other].every(({ op, via }) => op === 'read' && !isUpdate(via))
        ? 'both only read'
        : 'both are atomic, and atomic accesses of one cell never make a data race';
    case 'read-only':
      return 'both only read';
  }
}

/** What is reported at this place, in words; null where nothing is. */
export function reportInWords(t: Telling, mark: Mark): { message: string; other: Event } | null {
  const race = t.cx.get(races).find(({ event }) => sameMark(event.at, mark));
  if (race !== undefined) {
    const { event, other } = race;
    const message = `${quoted(event.place)} is reported here: nothing orders it with what ${otherWho(t.program, event, other)} does ${where(t, other.at)}`;
    return { message, other };
  }
  const half = t.cx.get(mixed).find(({ event }) => sameMark(event.at, mark));
  if (half !== undefined) {
    const { event, other } = half;
    const message = `${quoted(event.place)} is reported here: it is accessed plainly, and with ${quoted(other.via)} ${where(t, other.at)}`;
    return { message, other };
  }
  const bare = t.cx.get(unguarded).find(({ event }) => sameMark(event.at, mark));
  if (bare === undefined) return null;
  const { event, guarded, lock } = bare;
  const message = `${quoted(event.place)} is reported here: the lock ${heldName(t.program, lock)}, which guards it ${where(t, guarded.at)}, is not held`;
  return { message, other: guarded };
}

/** Other places with their agents: `worker.ts at worker.ts:12 and at worker.ts:30`. */
export function placesInWords(t: Telling, relations: readonly Relation[]): string {
  const subjects = new Map<string, string[]>();
  for (const { event, other } of relations) {
    const subject = otherWho(t.program, event, other);
    subjects.set(subject, [...(subjects.get(subject) ?? []), where(t, other.at)]);
  }
  return list([...subjects].map(([subject, at]) => `${subject} ${few(at)}`));
}

/** Whether two relations read the same to a person: the same agent on the same line. */
export function isSameLine(t: Telling, a: Relation, b: Relation): boolean {
  return (
    otherWho(t.program, a.event, a.other) === otherWho(t.program, b.event, b.other) &&
    where(t, a.other.at) === where(t, b.other.at)
  );
}
