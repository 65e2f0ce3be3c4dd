/** What a Program holds, by place, by memory, by lock and by message: computed once, so that one hover looks up and never searches all pairs. */
import type { FileId } from '../base/text.ts';
import { conflicts, type Conflict } from '../facts/conflicts.ts';
import type { Fact } from '../facts/fact.ts';
import type { Edge, Event } from '../ir/program.ts';
import type { FuncId, Mark, Point } from '../ir/unit.ts';

/** Events of one function of one file, by the point they stand at. */
export type PointEvents = ReadonlyMap<Point, readonly Event[]>;

export interface Places {
  funcs(file: FileId): ReadonlyMap<FuncId, PointEvents>;
  at(mark: Mark): readonly Event[];
}

/** Every event at its own place; a release inside a hand-written `unlock()` also at the call that the reader wrote. */
export const places: Fact<Places> = {
  name: 'places',
  compute({ program }) {
    const files = new Map<FileId, Map<FuncId, Map<Point, Event[]>>>();
    const add = ({ file, func, n }: Mark, event: Event) => {
      const funcs = into(files, file, () => new Map<FuncId, Map<Point, Event[]>>());
      const points = into(funcs, func, () => new Map<Point, Event[]>());
      into(points, n, () => []).push(event);
    };
    for (const event of program.events) {
      add(event.at, event);
      const call = callOfRelease(event);
      if (call !== null) add(call, event);
    }
    return {
      funcs: (file) => files.get(file) ?? new Map<FuncId, PointEvents>(),
      at: ({ file, func, n }) => files.get(file)?.get(func)?.get(n) ?? [],
    };
  },
};

/** The call, in the function that took the lock, that leads to the place which frees it; null where that is the place itself. */
function callOfRelease(event: Event): Mark | null {
  if (event.op !== 'release') return null;
  const taken = event.held.find((hold) => hold.lock === event.lock)?.at;
  if (taken === undefined || (taken.func === event.at.func && taken.file === event.at.file)) return null;
  return event.stack.findLast(({ file, func }) => file === taken.file && func === taken.func) ?? null;
}

/** Reads, writes, waits and notifies of each region, in order. */
export const memory: Fact<ReadonlyMap<number, readonly Event[]>> = {
  name: 'memory',
  compute({ program }) {
    const regions = new Map<number, Event[]>();
    for (const event of program.events) {
      if (event.region === null || event.bytes === null) continue;
      into(regions, event.region, () => []).push(event);
    }
    return regions;
  },
};

/** Conflicts by the place of either side. */
export const conflictsAt: Fact<(mark: Mark) => readonly Conflict[]> = {
  name: 'conflicts-at',
  compute(cx) {
    const found = new Map<string, Conflict[]>();
    for (const conflict of cx.get(conflicts)) {
      const keys = new Set([markKey(conflict.first.at), markKey(conflict.second.at)]);
      for (const key of keys) into(found, key, () => []).push(conflict);
    }
    return (mark) => found.get(markKey(mark)) ?? [];
  },
};

/** A message on its way: the event that sends it and the turn that handles it. */
export interface Message {
  readonly send: Event;
  readonly turn: number;
}

export interface Messages {
  readonly bySend: ReadonlyMap<number, readonly Message[]>;
  readonly byTurn: ReadonlyMap<number, readonly Message[]>;
}

export const messages: Fact<Messages> = {
  name: 'messages',
  compute({ program }) {
    const bySend = new Map<number, Message[]>();
    const byTurn = new Map<number, Message[]>();
    for (const { from, to, why } of program.edges) {
      // The edge begins behind its send.
      const send = program.events[from.event - 1];
      if (why !== 'message' || send?.op !== 'send' || send.turn !== from.turn) continue;
      const message = { send, turn: to.turn };
      into(bySend, send.id, () => []).push(message);
      into(byTurn, to.turn, () => []).push(message);
    }
    return { bySend, byTurn };
  },
};

/** Edges by the turn that they lead into. */
export const edgesInto: Fact<ReadonlyMap<number, readonly Edge[]>> = {
  name: 'edges-into',
  compute({ program }) {
    const found = new Map<number, Edge[]>();
    for (const edge of program.edges) into(found, edge.to.turn, () => []).push(edge);
    return found;
  },
};

export interface LockUse {
  readonly acquires: readonly Event[];
  readonly releases: readonly Event[];
  /** Reads and writes of shared memory with the lock held. */
  readonly guarded: readonly Event[];
}

export const lockUses: Fact<ReadonlyMap<number, LockUse>> = {
  name: 'lock-uses',
  compute({ program }) {
    const found = new Map<number, { acquires: Event[]; releases: Event[]; guarded: Event[] }>();
    const words = new Set(program.locks.map(({ cell }) => `${cell?.region}:${cell?.low}`));
    const use = (lock: number) => into(found, lock, () => ({ acquires: [], releases: [], guarded: [] }));
    for (const event of program.events) {
      if (event.op === 'acquire' && event.lock !== null) use(event.lock).acquires.push(event);
      else if (event.op === 'release' && event.lock !== null) use(event.lock).releases.push(event);
      else if (event.region !== null && (event.op === 'read' || event.op === 'write')) {
        // The word of a lock is not what a lock guards.
        if (words.has(`${event.region}:${event.bytes?.low}`)) continue;
        for (const { lock } of event.held) use(lock).guarded.push(event);
      }
    }
    return found;
  },
};

export function markKey({ file, func, n }: Mark): string {
  return `${file}#${func}:${n}`;
}

/** The first of those at each place. */
export function onePerMark(events: readonly Event[]): Event[] {
  const seen = new Set<string>();
  return events.filter(({ at }) => {
    const key = markKey(at);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function into<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
