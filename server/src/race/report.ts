/**
 * For: what a run has shown, as contract.md lays it out.
 * In and out: lines that the threads have written, and where sites are, in; a Report out. Pure.
 */
import { lockCycles, type Acquisition, type LockUse } from './lockOrder.ts';
import type { Frame } from './shim/log.ts';
import type { TraceEvent } from './shim/trace.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
export interface StackFrame extends Place {
  readonly function: string;
}
export interface ReportedAccess extends Place {
  readonly kind: 'read' | 'write' | 'rmw';
  readonly atomic: boolean;
  readonly thread: string;
  readonly stack: readonly StackFrame[];
  /** False: the callers are those of an earlier access at this place by this thread. */
  readonly stackExact: boolean;
  readonly createdAt?: Place;
}
export interface ReportedRace {
  readonly accesses: readonly [ReportedAccess, ReportedAccess];
  readonly location: { readonly buffer: string; readonly byteOffset: number; readonly byteLength: number };
}
export interface ReportedDeadlock {
  readonly kind: 'cycle' | 'lock-order' | 'lost-wakeup' | 'self';
  readonly threads: readonly string[];
  readonly locks: readonly string[];
  readonly sites: readonly StackFrame[];
  /** How each site was reached, innermost first; the site itself stands first. */
  readonly stacks: readonly (readonly StackFrame[])[];
}
export interface Report {
  readonly version: 1;
  readonly races: readonly ReportedRace[];
  readonly deadlocks: readonly ReportedDeadlock[];
  readonly limits: readonly string[];
}

/** What finds places: sites by number in one process, frames of stacks. */
export interface Places {
  site(pid: number, site: number): (StackFrame & { readonly rmw: boolean; readonly writes: boolean }) | null;
  frame(frame: Frame): StackFrame;
}

/** Lines of one process. */
export interface ProcessLog {
  readonly pid: number;
  readonly lines: readonly LogLine[];
}

interface AccessLine {
  readonly thread: number;
  readonly site: number;
  readonly kind: number;
  readonly n?: number;
  readonly stack?: readonly Frame[];
}
interface LockLine extends LockUse {
  readonly block: number;
  readonly byte: number;
  readonly stack: readonly Frame[] | null;
}
export type LogLine =
  | TraceEvent
  | { readonly t: 'process' | 'halt' }
  | { readonly t: 'thread'; readonly thread: number; readonly by: number; readonly stack: readonly Frame[] }
  | { readonly t: 'block'; readonly block: number; readonly stack: readonly Frame[] }
  | {
      readonly t: 'stack';
      readonly thread: number;
      readonly site: number;
      readonly n: number;
      readonly stack: readonly Frame[];
    }
  | {
      readonly t: 'race';
      readonly block: number;
      readonly byte: number;
      readonly size: number;
      readonly now: AccessLine;
      readonly before: AccessLine;
    }
  | ({ readonly t: 'order'; readonly held: readonly LockLine[]; readonly wanted: LockLine } & Acquisition)
  | { readonly t: 'lock'; readonly sync: number; readonly isLock: boolean }
  | {
      readonly t: 'deadlock';
      readonly kind: ReportedDeadlock['kind'];
      readonly waits: readonly {
        readonly thread: number;
        readonly site: number;
        readonly block: number;
        readonly byte: number;
      }[];
    }
  | { readonly t: 'limit'; readonly text: string }
  | { readonly t: 'place'; readonly site: number; readonly frame?: Frame };

export function makeReport(processes: readonly ProcessLog[], places: Places): Report {
  const races = new Map<string, ReportedRace>();
  const deadlocks: ReportedDeadlock[] = [];
  const limits = new Set<string>();
  for (const { pid, lines } of processes) {
    const told = index(lines);
    const siteOf = (site: number) => {
      const extra = told.places.get(site);
      return extra === undefined
        ? places.site(pid, site)
        : { ...places.frame(extra), rmw: false, writes: false };
    };
    const threadName = (thread: number) => (thread === 0 ? 'main' : `worker ${thread}`);
    /** A site with how it was reached; failing that, with how it was reached before. */
    const reached = (thread: number, site: number, stack: readonly Frame[] | null): StackFrame[] => {
      const frames = (stack ?? told.stacks.get(`${thread} ${site}`)?.[0]?.stack ?? []).map((frame) =>
        places.frame(frame),
      );
      const { file, line, column, function: name } = siteOf(site) ?? frames[0] ?? UNKNOWN;
      return [{ file, line, column, function: name }, ...frames.slice(1)];
    };
    const bufferName = (block: number) => {
      const at = told.blocks.get(block)?.[0];
      if (at === undefined) return 'of a shared WebAssembly.Memory';
      const { file, line } = places.frame(at);
      return `allocated at ${file}:${line}`;
    };

    const access = (line: AccessLine): ReportedAccess => {
      const at = siteOf(line.site);
      let stack = line.stack?.map((frame) => places.frame(frame));
      let stackExact = stack !== undefined;
      if (stack === undefined) {
        const earlier = nearest(told.stacks.get(`${line.thread} ${line.site}`) ?? [], line.n ?? 0);
        stack = earlier?.stack.map((frame) => places.frame(frame)) ?? [];
        stackExact = earlier?.n === line.n;
      }
      const top = at ??
        stack[0] ?? { file: '(no longer in the history)', line: 0, column: 0, function: '', rmw: false };
      const { rmw, ...place } = { rmw: false, ...top };
      const created = told.threads.get(line.thread)?.[0];
      return {
        file: place.file,
        line: place.line,
        column: place.column,
        kind: rmw || line.kind === 4 ? 'rmw' : line.kind === 0 || line.kind === 2 ? 'read' : 'write',
        atomic: line.kind >= 2,
        thread: threadName(line.thread),
        // The place is exact to the column of the access, the frame to that of the call around it.
        stack: [place, ...stack.slice(1)],
        stackExact,
        ...(created === undefined ? {} : { createdAt: placeOf(places.frame(created)) }),
      };
    };

    for (const line of lines) {
      if (line.t === 'race') {
        const race: ReportedRace = {
          accesses: [access(line.now), access(line.before)],
          location: { buffer: bufferName(line.block), byteOffset: line.byte, byteLength: line.size },
        };
        const key = [
          ...race.accesses.map((one) => `${one.file}:${one.line}`).sort(),
          race.location.buffer,
        ].join(' ');
        const known = races.get(key);
        if (known === undefined || weight(race) > weight(known)) races.set(key, race);
      } else if (line.t === 'limit') limits.add(line.text);
      else if (line.t === 'deadlock')
        deadlocks.push({
          kind: line.kind,
          threads: line.waits.map(({ thread }) => threadName(thread)),
          locks: line.waits.map(({ block, byte }) => `byte ${byte} of the buffer ${bufferName(block)}`),
          ...sitesOf(line.waits.map(({ thread, site }) => reached(thread, site, null))),
        });
    }
    const orders = lines.filter((line) => line.t === 'order');
    const locks = new Map(
      orders.flatMap(({ held, wanted }) => [...held, wanted]).map((one) => [one.lock, one]),
    );
    for (const cycle of lockCycles(orders, told.noLocks)) {
      const threads = cycle.map(({ by }) => threadName(by.thread));
      if (
        deadlocks.some(
          ({ kind, threads: stuck }) => kind === 'cycle' && threads.every((one) => stuck.includes(one)),
        )
      )
        continue;
      deadlocks.push({
        kind: 'lock-order',
        threads,
        locks: cycle.map(({ from }) => {
          const { block, byte } = locks.get(from.lock)!;
          return `byte ${byte} of the buffer ${bufferName(block)}`;
        }),
        ...sitesOf(
          cycle.flatMap(({ from, to, by }) =>
            [from, to].map((use) => reached(by.thread, use.site, (use as LockLine).stack)),
          ),
        ),
      });
    }
  }
  return { version: 1, races: [...races.values()].sort(byPlace), deadlocks, limits: [...limits] };
}

const sitesOf = (stacks: readonly (readonly StackFrame[])[]) => ({
  sites: stacks.map(([first]) => first!),
  stacks,
});

const UNKNOWN = { file: '(unknown)', line: 0, column: 0, function: '', rmw: false };

/** Of pairs at the same lines the one that says most is kept: two writes over a write and a read. */
const weight = ({ accesses }: ReportedRace): number =>
  accesses.reduce((sum, { kind }) => sum + (kind === 'rmw' ? 3 : kind === 'write' ? 2 : 0), 0);

const placeOf = ({ file, line, column }: Place): Place => ({ file, line, column });

function byPlace({ accesses: [a] }: ReportedRace, { accesses: [b] }: ReportedRace): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;
}

interface StackLine {
  readonly n: number;
  readonly stack: readonly Frame[];
}

function nearest(stacks: readonly StackLine[], n: number): StackLine | undefined {
  let best: StackLine | undefined;
  for (const one of stacks) if (one.n <= n && (best === undefined || one.n > best.n)) best = one;
  return best ?? stacks[0];
}

function index(lines: readonly LogLine[]) {
  const threads = new Map<number, readonly Frame[]>();
  const blocks = new Map<number, readonly Frame[]>();
  const stacks = new Map<string, StackLine[]>();
  const places = new Map<number, Frame>();
  const noLocks = new Set<number>();
  for (const line of lines) {
    if (line.t === 'thread') threads.set(line.thread, line.stack);
    else if (line.t === 'block') blocks.set(line.block, line.stack);
    else if (line.t === 'place' && line.frame !== undefined) places.set(line.site, line.frame);
    else if (line.t === 'lock' && !line.isLock) noLocks.add(line.sync);
    else if (line.t === 'stack') {
      const key = `${line.thread} ${line.site}`;
      stacks.set(key, [...(stacks.get(key) ?? []), line]);
    }
  }
  return { threads, blocks, stacks, places, noLocks };
}
