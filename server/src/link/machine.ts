import { stopIf, type CancelCheck } from '../base/cancel.ts';
import type { FileId } from '../base/text.ts';
import type { Bytes, Event, Held, Lock, Region, Turn, Word } from '../ir/program.ts';
import type { Func, Mark, Point, Unit } from '../ir/unit.ts';
import type { Entry } from './entries.ts';
import { Heap, type Frame, type HeapObject, type ObjectKind } from './heap.ts';
import { NONE, object, type Values } from './values.ts';

/** What the linker may ask of the rooms before it. */
export interface LinkHost {
  /** The Unit of a file, lowered now if need be; null when the file cannot be read. */
  unit(file: FileId): Unit | null;
  resolve(specifier: string, from: FileId): FileId | null;
  resolvePath(path: string, from: FileId): FileId | null;
  readonly cancelled?: CancelCheck | undefined;
}

export interface AgentState {
  readonly key: string;
  readonly name: string;
  readonly entry: FileId | null;
  readonly parent: string | null;
  readonly spawnedAt: Mark | null;
  many: boolean;
  spawnLoops: readonly number[];
  readonly spawnTurn: string | null;
  readonly kind: 'main' | 'worker' | 'shared' | 'node';
  /** What `workerData` holds. */
  data: Values;
  readonly modules: Map<FileId, Frame>;
  readonly visited: Set<Func>;
}

export interface TurnState {
  readonly key: string;
  readonly agent: AgentState;
  readonly kind: Turn['kind'];
  readonly name: string;
  readonly many: boolean;
  readonly at: Mark | null;
  /** How many turns, each caused by the one before, lead here. */
  readonly depth: number;
}

/** The part of the state that differs from branch to branch. */
export interface Flow {
  readonly held: readonly Held[];
  readonly arms: readonly number[];
}

/** A way out of a statement list other than its end. */
export interface Abrupt {
  readonly how: 'return' | 'break' | 'continue';
  readonly label: string | null;
  readonly flow: Flow;
}

/** A sent message: where, what, and what it came with. */
export interface Sent {
  readonly key: string;
  readonly depth: number;
  readonly end: string;
  readonly payload: Values;
  readonly many: boolean;
  readonly agent: AgentState;
}

export interface Handler {
  readonly key: string;
  readonly end: string;
  readonly func: number;
  /** `data`: the message itself is the argument (Node's `on`); `event`: an event object with `data`. */
  readonly form: 'data' | 'event';
  readonly agent: AgentState;
  readonly at: Mark;
}

/** A function that runs in a turn of its own later: a timer, a promise reaction, an exit handler. */
export interface Later {
  readonly key: string;
  readonly kind: Turn['kind'];
  readonly name: string;
  readonly func: number;
  readonly args: readonly Values[];
  readonly agent: AgentState;
  readonly many: boolean;
  readonly at: Mark;
  readonly depth: number;
}

/** An order between two places of the run, by key; made into edges when the run is over. */
export interface Order {
  readonly kind: 'agent-start' | 'message' | 'agent-exit' | 'promise' | 'timer' | 'called-later';
  readonly from: { readonly turn: string; readonly event: number } | { readonly agent: string };
  readonly to: { readonly turn: string; readonly event: number };
}

/** What a compare-exchange or exchange tried to do: a claim on a cell, as far as it is one. */
export interface Claim {
  readonly expected: number | null;
  readonly region: number;
  readonly low: number;
  readonly at: Mark;
  readonly place: string;
}

export class Budget extends Error {}

const MAX_DEPTH = 24;
/** How many calls back two uses of a function are told apart. */
const MAX_PATH = 4;
/** How many turns that cause each other are told apart. */
const MAX_CAUSES = 2;
/** How many uses of one place that causes turns are told apart. */
const MAX_USES = 8;
const STEPS_PER_TURN = 40_000;
/** For learning; each recording pass has as much again. */
const STEPS_IN_ALL = 400_000;

/**
 * The abstract machine: runs every agent's code over abstract values until nothing new is learnt, then once more
 * to write down the events. Calls are followed, so that helper functions and classes need no annotations.
 */
export class Machine {
  readonly heap = new Heap();
  readonly agents = new Map<string, AgentState>();
  readonly turns = new Map<string, TurnState>();
  readonly sent = new Map<string, Sent>();
  readonly handlers = new Map<string, Handler>();
  readonly laters = new Map<string, Later>();
  readonly entries: Entry[] = [];
  /** Files that ran as part of the main program by themselves. */
  readonly mainFiles = new Set<FileId>();
  readonly regions: Region[] = [];
  readonly locks: Lock[] = [];
  readonly claims = new Map<number, Claim>();
  /** What the read with this number read: a write to the same bytes that depends on it is an update. */
  readonly reads = new Map<number, { region: number; bytes: Bytes }>();
  readonly limits = new Set<string>();
  readonly unknown = new Map<string, { at: Mark; why: string }>();
  private readonly frames = new Map<string, Frame>();
  private readonly numbers = new Map<string, number>();
  private readonly regionKeys = new Map<string, number>();
  private readonly lockKeys = new Map<string, number>();
  /** Promise → where it is resolved, as the recording pass before found it; and as this one finds it. */
  resolvedAt = new Map<number, { turn: string; event: number }[]>();
  resolving = new Map<number, { turn: string; event: number }[]>();
  /** Turn → the promise that its function's result resolves, and the promise that it is a reaction to. */
  readonly resolves = new Map<string, Values>();
  readonly afterPromise = new Map<string, number>();
  readonly namedLocks = new Set<number>();
  /** True while an instance that somebody outside makes is set up: it stands for one, not for many. */
  inferring = false;
  readonly lockApis = new Map<number, string>();
  readonly lockClasses = new WeakMap<Unit, Map<string, boolean>>();
  private readonly causes = new Map<string, Set<string>>();
  readonly cloning = new Set<string>();
  /** Handler's turn → the message that it handles; and message → where it was sent from. */
  received: { turn: string; sent: string }[] = [];
  readonly sentAt = new Map<string, { turn: string; event: number }>();
  readonly asyncHeld = new Map<number, readonly Held[]>();

  /** Modules whose body ran in this pass: agent and file. */
  readonly loaded = new Set<string>();

  // The final pass writes these.
  recording = false;
  events: Event[] = [];
  orders: Order[] = [];
  readonly eventOfKey = new Map<number, number>();
  readonly guards = new Map<number, Set<number>>();
  private readonly guardBranches = new Set<number>();

  // Where the machine is.
  agent!: AgentState;
  turn!: TurnState;
  flow: Flow | null = { held: [], arms: [] };
  abrupt: Abrupt[] = [];
  loops: readonly number[] = [];
  stack: readonly Mark[] = [];
  path: readonly number[] = [];
  private turnNumber = 0;
  /** Counts what a function does to the world beside its own values: one that does nothing need not run again. */
  effects = 0;
  pass = 0;
  active: readonly Func[] = [];
  /** How many of `loops` are around the call of the current function. */
  outerLoops = 0;
  task = 0;
  /** True while the callee of an awaited call is looked at. */
  awaiting = false;
  head: Point | null = null;
  private steps = 0;
  private allSteps = 0;

  readonly host: LinkHost;

  constructor(host: LinkHost) {
    this.host = host;
  }

  /** A small number that stands for a key, the same in every pass. */
  numberOf(key: string): number {
    let number = this.numbers.get(key);
    if (number === undefined) this.numbers.set(key, (number = this.numbers.size));
    return number;
  }

  /** A recording pass starts with a full purse. */
  record(): void {
    this.allSteps = 0;
    this.recording = true;
    this.resolvedAt = this.resolving;
    this.resolving = new Map();
    this.events = [];
    this.orders = [];
    this.received = [];
    this.turns.clear();
    this.sentAt.clear();
    this.eventOfKey.clear();
  }

  step(): void {
    if (++this.steps > STEPS_PER_TURN || ++this.allSteps > STEPS_IN_ALL) {
      this.limits.add(`stopped following calls from ${this.turn.name}: too many paths`);
      throw new Budget();
    }
    if ((this.steps & 1023) === 0) stopIf(this.host.cancelled);
  }

  mark(frame: Frame, n: Point): Mark {
    return { file: frame.unit.file, func: frame.func.id, n };
  }

  /** The key of a place in this run: the same place reached by another call path is another key. */
  keyAt(frame: Frame, n: Point, what: string): string {
    return `${frame.number}:${n} ${what}`;
  }

  /**
   * The key of something that causes a later turn. A turn that causes itself again (a timer that starts the next, a
   * request and its reply) would have no end: beyond a depth, places are no longer told apart by what led to them.
   */
  causeAt(frame: Frame, n: Point, what: string): string {
    const place = `${this.agent.key} ${frame.unit.file}#${frame.func.id}:${n} ${what}`;
    let keys = this.causes.get(place);
    if (keys === undefined) this.causes.set(place, (keys = new Set()));
    const key = this.keyAt(frame, n, what);
    const isTold = this.turn.depth < MAX_CAUSES && (keys.has(key) || keys.size < MAX_USES);
    if (!isTold) return `deep ${place}`;
    keys.add(key);
    return key;
  }

  make(key: string, is: () => ObjectKind, madeAt: Mark | null): HeapObject {
    return this.heap.make(key, is, { madeAt, madeLoops: this.loops, madeTurn: this.turn.key });
  }

  frame(unit: Unit, func: Func, parent: Frame | null): Frame {
    const id = `${this.agent.key}|${this.path.join('>')}|${parent?.number ?? ''}|${unit.file}#${func.id}`;
    let frame = this.frames.get(id);
    if (frame === undefined) {
      const cells = new Map<string, Values>();
      frame = {
        id,
        number: this.frames.size,
        unit,
        func,
        parent,
        cells,
        self: NONE,
        returned: NONE,
        last: null,
      };
      this.frames.set(id, frame);
    }
    return frame;
  }

  canCall(func: Func): boolean {
    return this.active.length < MAX_DEPTH && !this.active.includes(func);
  }

  region(key: string, name: string, madeAt: Mark | null, inferred: boolean): number {
    let id = this.regionKeys.get(key);
    if (id === undefined) {
      id = this.regions.length;
      this.regionKeys.set(key, id);
      const madeTurn = this.numberOf(this.turn.key);
      this.regions.push({ id, name, madeAt, madeLoops: this.loops, madeTurn, inferred });
    }
    return id;
  }

  lock(key: string, make: () => Omit<Lock, 'id'>): number {
    let id = this.lockKeys.get(key);
    if (id === undefined) {
      id = this.locks.length;
      this.lockKeys.set(key, id);
      this.locks.push({ id, ...make() });
    }
    return id;
  }

  findLock(key: string): number | null {
    return this.lockKeys.get(key) ?? null;
  }

  rename(regions: readonly number[], name: string): void {
    for (const id of regions) {
      const region = this.regions[id]!;
      if (region.name === '') this.regions[id] = { ...region, name };
    }
  }

  renameLock(id: number, name: string): void {
    const lock = this.locks[id]!;
    if (lock.name === '') this.locks[id] = { ...lock, name };
  }

  /** The calls that lead into a function, the last few: enough to tell its uses apart, few enough to end. */
  pathInto(frame: Frame, at: Point): readonly number[] {
    return [...this.path, this.numberOf(`call ${frame.number}:${at}`)].slice(-MAX_PATH);
  }

  /** Writes an event down (in the last pass) and returns the number that stands for its place in every pass. */
  emit(frame: Frame, n: Point, op: Word, about: Partial<EventDetails>, what = ''): number {
    if (op !== 'suspend') this.effects++;
    else if (!this.recording) return 0;
    const key = this.numberOf(`${this.turnNumber}|${frame.number}:${n} ${op}${what}`);
    if (this.recording && this.flow !== null) {
      const id = this.events.length;
      this.eventOfKey.set(key, id);
      this.events.push({
        id,
        op,
        turn: this.turnNumber,
        agent: this.numberOf(`agent ${this.agent.key}`),
        task: this.task,
        at: this.mark(frame, n),
        stack: this.stack,
        held: this.flow.held,
        loops: this.loops,
        arms: this.flow.arms,
        region: null,
        bytes: null,
        atomic: false,
        place: '',
        from: null,
        lock: null,
        mode: null,
        guards: [],
        via: '',
        ...about,
      });
    }
    return key;
  }

  /** The place that the next event of this turn will have. */
  here(): { turn: string; event: number } {
    return { turn: this.turn.key, event: this.events.length };
  }

  order(order: Order): void {
    if (this.recording) this.orders.push(order);
  }

  isGuard(branch: number): boolean {
    return this.guardBranches.has(branch);
  }

  guard(event: number, branch: number): void {
    this.guardBranches.add(branch);
    let branches = this.guards.get(event);
    if (branches === undefined) this.guards.set(event, (branches = new Set()));
    branches.add(branch);
  }

  /** Runs one turn from nothing held; a turn that outgrows its budget ends where it is. */
  runTurn(turn: TurnState, work: () => void): void {
    this.turns.set(turn.key, turn);
    this.turn = turn;
    this.agent = turn.agent;
    this.flow = { held: [], arms: [] };
    this.abrupt = [];
    this.loops = [];
    this.outerLoops = 0;
    this.task = 0;
    this.awaiting = false;
    this.stack = [];
    this.turnNumber = this.numberOf(`turn ${turn.key}`);
    this.path = [this.turnNumber];
    this.active = [];
    this.steps = 0;
    try {
      work();
    } catch (error) {
      if (!(error instanceof Budget)) throw error;
    }
  }

  objectsOf(values: Values): HeapObject[] {
    return values.objs.map((id) => this.heap.get(id));
  }

  builtin(name: string, self: Values = NONE, args: readonly Values[] = []): Values {
    const key = `builtin ${name}|${self.objs.join()}|${args.map((arg) => arg.objs.join()).join(';')}`;
    const made = this.heap.make(key, () => ({ kind: 'builtin', name, self, args }), NOWHERE);
    return object(made.id);
  }

  external(name: string): Values {
    return object(this.heap.make(`external ${name}`, () => ({ kind: 'external', name }), NOWHERE).id);
  }
}

export type EventDetails = Pick<
  Event,
  'at' | 'region' | 'bytes' | 'atomic' | 'place' | 'from' | 'lock' | 'mode' | 'via' | 'held'
>;

const NOWHERE = { madeAt: null, madeLoops: [], madeTurn: '' };
