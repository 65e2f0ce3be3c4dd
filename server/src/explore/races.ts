/** Clauses "Races", "Data Races" and "Data Race Freedom". */
import { before } from './clocks.ts';
import { printAccess } from './print.ts';
import type { Access } from './program.ts';
import type { Found } from './search.ts';
import type { Skeleton } from './skeleton.ts';
import { INIT, equalRange, isRead, isWrite, shareByte } from './skeleton.ts';

/** One of the two events of a race. */
export interface RaceSide {
  readonly agent: string;
  /** The statement, as `print.ts` writes it. */
  readonly text: string;
  readonly kind: 'read' | 'write' | 'rmw';
  readonly op: Access;
}

export interface Race {
  readonly first: RaceSide;
  readonly second: RaceSide;
  /** One sentence: why this is a data race. */
  readonly why: string;
}

/** A data race of the execution, or null. */
export function findRace(found: Found, agents: readonly string[]): Race | null {
  const { s, hb, pairs } = found;
  const unordered = (a: number, b: number): boolean => !before(s, hb, a, b) && !before(s, hb, b, a);
  for (let pair = 0; pair < pairs.writers.length; pair++) {
    const writer = pairs.writers[pair]!;
    const reader = pairs.readers[pair]!;
    if (writer === INIT || s.agentOf[writer] === s.agentOf[reader]) continue;
    if (racy(s, writer, reader) && unordered(writer, reader)) return describe(s, writer, reader, agents);
  }
  for (const [a, b] of writePairs(s)) if (unordered(a, b)) return describe(s, a, b, agents);
  return null;
}

/** True if the read can be in a data race by reading from a write: only then are larger sets of writes worth trying. */
export function mayRaceWide(s: Skeleton, read: number): boolean {
  return s.classes[read]!.some((group) =>
    group.covers.some(
      (write) => racy(s, write, read) && !before(s, s.base, write, read) && !before(s, s.base, read, write),
    ),
  );
}

/** The sentence for two sides of a data race. */
export function raceReason(a: Access, b: Access, bothAtomic: boolean): string {
  const cells = `"${printAccess(a)}" and "${printAccess(b)}"`;
  return bothAtomic
    ? `nothing orders ${cells}, and although both are atomic they do not cover the same bytes`
    : `nothing orders ${cells}, and not both are atomic`;
}

function racy(s: Skeleton, a: number, b: number): boolean {
  return s.sc[a] === 0 || s.sc[b] === 0 || !equalRange(s, a, b);
}

const pairCache = new WeakMap<Skeleton, readonly (readonly [number, number])[]>();

/** Pairs of writes that are a data race wherever happens-before leaves them unordered. */
function writePairs(s: Skeleton): readonly (readonly [number, number])[] {
  const known = pairCache.get(s);
  if (known !== undefined) return known;
  const pairs: [number, number][] = [];
  s.writes.forEach((a, index) => {
    for (const b of s.writes.slice(index + 1)) {
      if (s.agentOf[a] === s.agentOf[b] || !shareByte(s, a, b) || !racy(s, a, b)) continue;
      if (!before(s, s.base, a, b) && !before(s, s.base, b, a)) pairs.push([a, b]);
    }
  });
  pairCache.set(s, pairs);
  return pairs;
}

function describe(s: Skeleton, a: number, b: number, agents: readonly string[]): Race {
  const [first, second] = a < b ? [a, b] : [b, a];
  const side = (event: number): RaceSide => {
    const { op } = s.events[event]!;
    const reads = isRead(s.events[event]!);
    const writes = isWrite(s.events[event]!);
    return {
      agent: agents[s.agentOf[event]!]!,
      text: printAccess(op),
      kind: reads && writes ? 'rmw' : reads ? 'read' : 'write',
      op,
    };
  };
  const bothAtomic = s.sc[first] === 1 && s.sc[second] === 1;
  return {
    first: side(first),
    second: side(second),
    why: raceReason(s.events[first]!.op, s.events[second]!.op, bothAtomic),
  };
}
