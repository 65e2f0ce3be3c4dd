/**
 * One way through the code of every agent, laid out for the search: events with global numbers, their ranges,
 * and the order that holds before any value is chosen. Reads are still open.
 */
import type { Clocks, Layout } from './clocks.ts';
import { agentOrder, order } from './clocks.ts';
import { encode } from './numbers.ts';
import type { Constraint, Operand, Path, PathEvent, Section } from './paths.ts';
import { isHidden, sizeOf } from './program.ts';

/** Stands for the init write of a byte: every block holds zeros before anything else happens. */
export const INIT = -1;

/** Bytes of one read that the same writes cover. */
export interface ByteClass {
  /** Positions within the read. */
  readonly bytes: readonly number[];
  /** Writes that cover them, without the read itself. */
  readonly covers: readonly number[];
}

interface PlacedSection extends Section {
  /** Global event numbers. */
  readonly first: number;
  readonly last: number;
  /** Index into `Skeleton.sections`, or -1. */
  readonly sleptIn: number;
}

export interface Skeleton extends Layout {
  readonly events: readonly PathEvent[];
  readonly block: Uint16Array;
  readonly low: Uint16Array;
  readonly size: Uint8Array;
  readonly sc: Uint8Array;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Per read: its bytes, grouped. Empty for other events. */
  readonly classes: readonly (readonly ByteClass[])[];
  /** Per event: sc writes of exactly its range, without itself. */
  readonly equalSc: readonly (readonly number[])[];
  /** Per event: writes of any order of exactly its range, without itself. */
  readonly equalAny: readonly (readonly number[])[];
  /** Per write: its bytes where they do not depend on a read. */
  readonly constant: readonly (Uint8Array | null)[];
  /** With event numbers that are global. */
  readonly constraints: readonly Constraint[];
  /** Constraints that name the event, by event. */
  readonly constraintsOf: readonly (readonly Constraint[])[];
  /** Writes whose value needs the event's result, by event. */
  readonly dependents: readonly (readonly number[])[];
  readonly sections: readonly PlacedSection[];
  /** What the outcome shows, by register. */
  readonly registers: readonly { readonly name: string; readonly value: Operand }[];
  /** Happens-before by agent order and by the start and end of agents. */
  readonly base: Clocks;
}

/** `chosen[t]` is the path of thread `t`; `main` the two halves of the main agent. */
export function skeleton(main: MainPaths, chosen: readonly Path[], blocks: Blocks): Skeleton {
  const stuck = chosen.some((path) => path.stuck);
  const tail = stuck ? EMPTY : main.final;
  const lists: number[][] = [main.init, ...chosen].map(() => []);
  const events: PathEvent[] = [];
  const constraints: Constraint[] = [];
  const sections: PlacedSection[] = [];
  const registers: { name: string; value: Operand }[] = [];
  const agentOf: number[] = [];
  const indexOf: number[] = [];
  const place = (path: Path, agent: number): void => {
    const shift = events.length;
    const firstSection = sections.length;
    const list = lists[agent]!;
    for (const event of path.events) {
      agentOf.push(agent);
      indexOf.push(list.length);
      list.push(events.length);
      events.push(shiftEvent(event, shift));
    }
    constraints.push(...path.constraints.map((constraint) => shiftConstraint(constraint, shift)));
    for (const section of path.sections) {
      sections.push({
        ...section,
        first: section.first + shift,
        last: section.last + shift,
        sleptIn: section.sleptIn < 0 ? -1 : section.sleptIn + firstSection,
      });
    }
    for (const [name, value] of path.registers) {
      if (!isHidden(name)) registers.push({ name, value: shiftOperand(value, shift) });
    }
  };
  place(main.init, 0);
  chosen.forEach((path, index) => place(path, index + 1));
  place(tail, 0);

  const layout: Layout = {
    n: events.length,
    agents: lists.length,
    agentOf: Uint8Array.from(agentOf),
    indexOf: Uint16Array.from(indexOf),
    lists,
  };
  const base = agentOrder(layout);
  const begun = main.init.events.length;
  for (const list of lists.slice(1)) {
    // host-synchronizes-with: an agent starts after what its parent did before, and ends before what follows its end.
    const lastInit = lists[0]![begun - 1];
    if (lastInit !== undefined && list[0] !== undefined) order(layout, base, lastInit, list[0]);
    const firstFinal = lists[0]![begun];
    const last = list.at(-1);
    if (firstFinal !== undefined && last !== undefined) order(layout, base, last, firstFinal);
  }
  return {
    ...layout,
    events,
    constraints,
    sections,
    registers,
    base,
    ...ranges(events, blocks),
    ...needs(events, constraints),
  };
}

/** Numbers the shared blocks of a program. */
export type Blocks = ReadonlyMap<string, number>;

interface MainPaths {
  readonly init: Path;
  readonly final: Path;
}

const EMPTY: Path = {
  events: [],
  constraints: [],
  sections: [],
  registers: new Map<string, Operand>(),
  stuck: false,
};

export function isRead(event: PathEvent): boolean {
  return event.kind === 'read' || event.kind === 'rmw';
}

export function isWrite(event: PathEvent): boolean {
  return event.kind === 'write' || event.kind === 'rmw';
}

/** Same block, same bytes. */
export function equalRange(s: Skeleton, a: number, b: number): boolean {
  return s.block[a] === s.block[b] && s.low[a] === s.low[b] && s.size[a] === s.size[b];
}

/** Some byte in common. (The standard's "overlapping" leaves equal ranges out.) */
export function shareByte(s: Skeleton, a: number, b: number): boolean {
  return (
    s.block[a] === s.block[b] && s.low[a]! < s.low[b]! + s.size[b]! && s.low[b]! < s.low[a]! + s.size[a]!
  );
}

function ranges(events: readonly PathEvent[], blocks: Blocks) {
  const n = events.length;
  const block = new Uint16Array(n);
  const low = new Uint16Array(n);
  const size = new Uint8Array(n);
  const sc = new Uint8Array(n);
  const reads: number[] = [];
  const writes: number[] = [];
  events.forEach((event, index) => {
    block[index] = blocks.get(event.op.loc)!;
    low[index] = event.op.offset;
    size[index] = sizeOf(event.op.type);
    sc[index] = event.order === 'sc' ? 1 : 0;
    if (isRead(event)) reads.push(index);
    if (isWrite(event)) writes.push(index);
  });
  const equal = (a: number, b: number): boolean =>
    a !== b && block[a] === block[b] && low[a] === low[b] && size[a] === size[b];
  const data = (index: number): boolean => isRead(events[index]!) || isWrite(events[index]!);
  const equalAny = events.map((_, index) =>
    data(index) ? writes.filter((write) => equal(index, write)) : [],
  );
  const equalSc = equalAny.map((list) => list.filter((write) => sc[write] === 1));
  const classes = events.map((event, read): ByteClass[] => {
    if (!isRead(event)) return [];
    const groups = new Map<string, { bytes: number[]; covers: readonly number[] }>();
    for (let byte = 0; byte < size[read]!; byte++) {
      const at = low[read]! + byte;
      const covers = writes.filter(
        (write) =>
          write !== read &&
          block[write] === block[read] &&
          low[write]! <= at &&
          at < low[write]! + size[write]!,
      );
      const key = covers.join();
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { bytes: [byte], covers });
      else group.bytes.push(byte);
    }
    return [...groups.values()];
  });
  return { block, low, size, sc, reads, writes, equalAny, equalSc, classes };
}

function needs(events: readonly PathEvent[], constraints: readonly Constraint[]) {
  const constraintsOf: Constraint[][] = events.map(() => []);
  for (const constraint of constraints) {
    for (const event of eventsOf(constraint)) constraintsOf[event]!.push(constraint);
  }
  const dependents: number[][] = events.map(() => []);
  const constant = events.map((event, index): Uint8Array | null => {
    const { payload, op } = event;
    if (payload === null) return null;
    const { value } = payload;
    if (value.k === 'result') dependents[value.event]!.push(index);
    const ownRead = payload.k === 'modify' && payload.op !== 'xchg';
    if (ownRead) dependents[index]!.push(index);
    if (value.k === 'result' || ownRead || typeof value.value === 'string') return null;
    return encode(op.type, value.value);
  });
  return { constraintsOf, dependents, constant };
}

function eventsOf(constraint: Constraint): Set<number> {
  const operands = constraint.k === 'compare' ? [constraint.lhs, constraint.rhs] : [constraint.expected];
  const events = new Set(operands.flatMap((operand) => (operand.k === 'result' ? [operand.event] : [])));
  if (constraint.k === 'bytes') events.add(constraint.event);
  return events;
}

function shiftOperand(operand: Operand, by: number): Operand {
  return operand.k === 'const' ? operand : { ...operand, event: operand.event + by };
}

function shiftEvent(event: PathEvent, by: number): PathEvent {
  const { payload } = event;
  if (payload === null || payload.value.k === 'const') return event;
  return { ...event, payload: { ...payload, value: shiftOperand(payload.value, by) } };
}

function shiftConstraint(constraint: Constraint, by: number): Constraint {
  return constraint.k === 'compare'
    ? { ...constraint, lhs: shiftOperand(constraint.lhs, by), rhs: shiftOperand(constraint.rhs, by) }
    : { ...constraint, event: constraint.event + by, expected: shiftOperand(constraint.expected, by) };
}
