/** Words that several rules of one kind say in the same way. */
import { conflicts } from '../facts/conflicts.ts';
import type { Event, Program } from '../ir/program.ts';
import { sameMark, type Mark } from '../ir/unit.ts';
import type { ProgramContext, Report } from './rule.ts';

/** What the other side's agent is called, seen from `event`. */
export function otherAgent(program: Program, event: Event, other: Event): string {
  const agent = program.agents[other.agent]!;
  if (agent.id === event.agent) return `another instance of ${agent.name}`;
  return agent.id === 0 ? 'the main thread' : agent.name;
}

export function agentName(program: Program, event: Event): string {
  const agent = program.agents[event.agent]!;
  return agent.id === 0 ? 'main' : agent.name;
}

export function quoted(place: string): string {
  return `\`${place}\``;
}

/** `reads`, `writes`, `updates`, with the atomic operation where there is one. */
export function doesTo(event: Event): string {
  const isUpdate = event.from !== null || READ_MODIFY_WRITE.test(event.via);
  const verb = isUpdate ? 'updates' : event.op === 'read' ? 'reads' : 'writes';
  return event.atomic ? `${verb} ${quoted(event.place)} with ${event.via}` : `${verb} ${quoted(event.place)}`;
}

const READ_MODIFY_WRITE = /^Atomics\.(?:add|sub|and|or|xor|exchange|compareExchange)$/;

type Related = NonNullable<Report['related']>[number];

/** The other access, and where its agent and the memory come from. */
export function otherHalf(program: Program, event: Event, other: Event): Related[] {
  const agent = program.agents[other.agent]!;
  const region = program.regions[other.region!]!;
  const related: Related[] = [
    { at: other.at, message: `${otherAgent(program, event, other)} ${doesTo(other)} here` },
  ];
  const spawned = agent.spawnedAt ?? program.agents[event.agent]!.spawnedAt;
  if (spawned !== null)
    related.push({ at: spawned, message: `${spawnedName(program, event, other)} is started here` });
  if (region.madeAt !== null) related.push({ at: region.madeAt, message: `the shared memory is made here` });
  return related;
}

function spawnedName(program: Program, event: Event, other: Event): string {
  const agent = program.agents[other.agent]!;
  return agent.spawnedAt === null ? program.agents[event.agent]!.name : agent.name;
}

/** An interleaving step: who does what where. */
export function stepOf(
  program: Program,
  event: Event,
  does: string,
  name = agentName(program, event),
): { agent: string; at: Mark; does: string } {
  return { agent: name, at: event.at, does };
}

/** Names for the two sides of a schedule, told apart where both are instances of one agent. */
export function twoNames(program: Program, event: Event, other: Event): readonly [string, string] {
  const [a, b] = [agentName(program, event), agentName(program, other)];
  return a === b ? [`${a} 1`, `${b} 2`] : [a, b];
}

/** What a fix needs to know of a cell: every plain access that races with another one, this one or one further on. */
export interface Sites {
  readonly place: string;
  readonly marks: readonly Mark[];
  /** The lock that some of them hold, and the others: those that would have to take it too. */
  readonly guard: { readonly lock: number; readonly without: readonly Mark[] } | null;
}

/** A fix that changed one of two plain accesses alone would only move the race. */
export function sitesOf(cx: ProgramContext): (event: Event) => Sites {
  const rivals = new Map<number, Event[]>();
  const add = (event: Event, other: Event) => {
    const known = rivals.get(event.id);
    if (known === undefined) rivals.set(event.id, [other]);
    else known.push(other);
  };
  for (const { first, second, excuse } of cx.get(conflicts)) {
    if (excuse !== null || first.atomic || second.atomic) continue;
    add(first, second);
    add(second, first);
  }
  return (event) => {
    const seen = new Map<number, Event>([[event.id, event]]);
    for (const each of seen.values())
      for (const other of rivals.get(each.id) ?? []) seen.set(other.id, other);
    const events = [...seen.values()];
    return { place: event.place, marks: marksOf(events), guard: guardOf(cx.program, events) };
  };
}

function guardOf(program: Program, events: readonly Event[]): Sites['guard'] {
  const holders = new Map<number, number>();
  for (const { held } of events) {
    for (const { lock, tries } of held) {
      const { kind, summary } = program.locks[lock]!;
      if (tries || summary || (kind !== 'lockstep' && kind !== 'atomics')) continue;
      holders.set(lock, (holders.get(lock) ?? 0) + 1);
    }
  }
  const [best] = [...holders].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (best === undefined) return null;
  const [lock] = best;
  const without = events.filter(({ held }) => held.every((hold) => hold.lock !== lock));
  return { lock, without: marksOf(without) };
}

function marksOf(events: readonly Event[]): Mark[] {
  const marks: Mark[] = [];
  for (const { at } of events) if (!marks.some((mark) => sameMark(mark, at))) marks.push(at);
  return marks;
}
