/**
 * For: the nouns of concurrency. Eleven words describe every concurrent program; the linter, the race detector,
 * the explorer and the lessons speak these and no others.
 * In and out: `link` makes a Program from Units; facts and rules read it.
 * Must never know: where the code came from, how it is shown.
 */
import type { FileId } from '../base/text.ts';
import type { Mark, Unit } from './unit.ts';

export type Word =
  | 'read'
  | 'write'
  | 'acquire'
  | 'release'
  | 'wait'
  | 'notify'
  | 'suspend'
  | 'spawn'
  | 'join'
  | 'send'
  | 'receive';

/** Code runs in agents, not in files: a file that two agents load is two instances with two copies of its globals. */
export interface Agent {
  readonly id: number;
  /** What a reader calls it: `main`, `worker.ts`. */
  readonly name: string;
  readonly entry: FileId | null;
  readonly parent: number | null;
  /** Where it is started; null for the main agent. */
  readonly spawnedAt: Mark | null;
  /** More than one instance may live at once: started in a loop, or from code that runs again. */
  readonly many: boolean;
  /** The loops around the place that starts it, and its turn: memory made in the same round is of one instance. */
  readonly spawnLoops: readonly number[];
  readonly spawnTurn: number | null;
  /** False where `Atomics.wait` throws: a window, a service worker. null: not known. */
  readonly mayBlock: boolean | null;
  readonly files: readonly FileId[];
}

/**
 * One run to completion: the module body, a message handler, a timer, a call from outside.
 * Between two turns of one agent other turns may run; within one, nothing of the same agent does, but at `suspend`.
 */
export interface Turn {
  readonly id: number;
  readonly agent: number;
  readonly kind: 'module' | 'handler' | 'timer' | 'promise' | 'entry';
  readonly name: string;
  /** May run again while effects of an earlier run are still under way. */
  readonly many: boolean;
  readonly at: Mark | null;
}

/** A piece of shared memory: one SharedArrayBuffer or shared WebAssembly.Memory. */
export interface Region {
  readonly id: number;
  /** What a reader calls it: the variable that first held it. */
  readonly name: string;
  readonly madeAt: Mark | null;
  readonly madeLoops: readonly number[];
  readonly madeTurn: number | null;
  /** Its allocation is not in sight: a parameter or field of a class or function that the workspace only exports. */
  readonly inferred: boolean;
}

/** Bytes `low` up to and excluding `high`. `exact: false`: some part of them. */
export interface Bytes {
  readonly low: number;
  readonly high: number;
  readonly exact: boolean;
  /** What the index depends on that is another value in each agent: a worker's number, a ticket from Atomics.add. */
  readonly distinct: 'worker' | 'ticket' | null;
}

export interface Lock {
  readonly id: number;
  readonly name: string;
  /** `async-mutex`, `await-lock`, `web-lock`, `lockstep`, `atomics`, `class`. */
  readonly kind: string;
  /** Taking it again while holding it goes through. */
  readonly reentrant: boolean;
  /** One name for many locks (made in a loop, or of an instance that is not in sight). */
  readonly summary: boolean;
  readonly madeAt: Mark | null;
  /** `atomics`: the word that is the lock. */
  readonly cell: { readonly region: number; readonly low: number } | null;
}

export interface Held {
  readonly lock: number;
  readonly at: Mark;
  readonly shared: boolean;
  /** What the code that took it calls it. */
  readonly name: string;
  /** The task that took it. */
  readonly task: number;
  /** The try form or one with a time limit: it never waits for ever. */
  readonly tries: boolean;
}

export interface Event {
  readonly id: number;
  readonly op: Word;
  readonly turn: number;
  readonly agent: number;
  /** 0, or the call of an async function that nobody awaits at once: it goes on beside its caller. */
  readonly task: number;
  readonly at: Mark;
  /** Call sites from the turn's root down to `at`: the stack, outermost first. */
  readonly stack: readonly Mark[];
  /** read, write, wait, notify: the memory. */
  readonly region: number | null;
  readonly bytes: Bytes | null;
  readonly atomic: boolean;
  /** What the code here calls the cell or the lock: `count[0]`, `this.lock`. */
  readonly place: string;
  /** write: the value written was computed from a read of the same cell. read: null. */
  readonly from: number | null;
  /** acquire, release. */
  readonly lock: number | null;
  /** acquire: `try` never waits, or not for ever. null for the other words. */
  readonly mode: 'exclusive' | 'shared' | 'try' | null;
  /** The locks held when it happens, in the order they were taken. */
  readonly held: readonly Held[];
  /** read, wait and read-modify-writes: the branches that what is read decides, as in `arms` without the arm. */
  readonly guards: readonly number[];
  /** Loops around it, as ids: two events in one loop may come in either order over its rounds. */
  readonly loops: readonly number[];
  /** Branches that led here, as `id * 2 + arm`: those around it and those that only go on in one arm. */
  readonly arms: readonly number[];
  /** Name of the operation in the reader's code: `Atomics.add`, `postMessage`, `runExclusive`. */
  readonly via: string;
}

/**
 * All events of `from.turn` with an id below `from.event` happen before all events of `to.turn` with an id of
 * `to.event` or more, by this rule of the memory model. Events of one turn are in order by id.
 */
export interface Edge {
  readonly from: { readonly turn: number; readonly event: number };
  readonly to: { readonly turn: number; readonly event: number };
  readonly why: EdgeWhy;
}

export type EdgeWhy =
  'agent-start' | 'message' | 'agent-exit' | 'promise' | 'module-first' | 'timer' | 'called-later';

export interface Program {
  readonly units: ReadonlyMap<FileId, Unit>;
  readonly agents: readonly Agent[];
  readonly turns: readonly Turn[];
  readonly regions: readonly Region[];
  readonly locks: readonly Lock[];
  readonly events: readonly Event[];
  readonly edges: readonly Edge[];
  /** Workers whose code could not be found: an unknown agent, said aloud. */
  readonly unknown: readonly { readonly at: Mark; readonly why: string }[];
  /** Bounds that were hit, in words. */
  readonly limits: readonly string[];
}
