/** States and moves of `machine.ts`. A state is never changed once it is made. */
import { compare } from './compare.ts';
import type { Step } from './code.ts';
import { compile } from './code.ts';
import type { ScheduleStep } from './machine.ts';
import type { Outcome } from './explore.ts';
import { decode, encode, modify, plus, show } from './numbers.ts';
import { waiterList } from './paths.ts';
import { printAccess } from './print.ts';
import type { Access, Cell, Comparable, Load, Notify, Program, Scalar, Store, Wait } from './program.ts';
import { isHidden, sizeOf } from './program.ts';
import type { Race, RaceSide } from './races.ts';
import { raceReason } from './races.ts';
import { blocksOf } from './skeletons.ts';

export interface Move {
  readonly step: ScheduleStep;
  next(): State;
}

interface Sleep {
  readonly list: string;
  readonly op: Wait;
  readonly woken: boolean;
}

interface Agent {
  readonly pc: number;
  readonly registers: ReadonlyMap<string, Scalar | string>;
  readonly asleep: Sleep | null;
  /** Plain stores that have not reached memory, oldest first. */
  readonly buffer: readonly Pending[];
  /** Vector clock over agents; only with `track`. */
  readonly clock: readonly number[];
}

interface Pending {
  readonly low: number;
  readonly bytes: Uint8Array;
  readonly op: Store;
  readonly write: number;
}

/** A write as the race check remembers it. */
interface Written {
  readonly agent: number;
  /** The agent's own clock component at the write. */
  readonly time: number;
  readonly low: number;
  readonly size: number;
  readonly sc: boolean;
  readonly clock: readonly number[];
  readonly op: Access;
}

interface Machine {
  readonly model: 'sc' | 'tso';
  readonly program: Program;
  readonly code: readonly (readonly Step[])[];
  /** First byte of each block in `State.memory`. */
  readonly bases: ReadonlyMap<string, number>;
  /** Accesses that no other agent's access can disturb: taking them at once loses no outcome. */
  readonly local: ReadonlySet<Access>;
  readonly track: boolean;
}

export interface State {
  readonly machine: Machine;
  readonly agents: readonly Agent[];
  readonly memory: Uint8Array;
  /** Sleepers of each waiter list, first come first. */
  readonly queues: ReadonlyMap<string, readonly number[]>;
  /** With `track`: all writes so far, who wrote each byte (-1: init), and the clock of each list's last section. */
  readonly writes: readonly Written[];
  readonly writerOf: Int16Array;
  readonly listClocks: ReadonlyMap<string, readonly number[]>;
  readonly race: Race | null;
}

export function begin(program: Program, model: 'sc' | 'tso', track: boolean): State {
  const bases = new Map<string, number>();
  let total = 0;
  for (const name of blocksOf(program).keys()) {
    bases.set(name, total);
    total += blockSize(program, name);
  }
  const code = program.threads.map((thread) => compile(thread));
  const machine: Machine = { model, program, code, bases, track, local: localAccesses(code) };
  const memory = new Uint8Array(total);
  for (const store of program.init) {
    // `validate` has refused registers here.
    if (typeof store.value !== 'object') memory.set(encode(store.type, store.value), address(machine, store));
  }
  const agents = code.map((): Agent => ({
    pc: 0,
    registers: new Map(),
    asleep: null,
    buffer: [],
    clock: code.map(() => 0),
  }));
  const state: State = {
    machine,
    agents,
    memory,
    queues: new Map(),
    writes: [],
    writerOf: new Int16Array(track ? total : 0).fill(-1),
    listClocks: new Map(),
    race: null,
  };
  return { ...state, agents: agents.map((agent, index) => skip(machine, index, agent)) };
}

/** No agent can go on: all have ended, or the rest sleeps for ever. */
export function ended(state: State): boolean {
  return moves(state).length === 0;
}

export function outcomeAt(state: State): Outcome {
  const { program, code } = state.machine;
  const entries: [string, string][] = [];
  state.agents.forEach((agent) => {
    for (const [name, value] of agent.registers) entries.push([name, show(value)]);
    const reg = agent.asleep?.op.reg ?? null;
    if (reg !== null) entries.push([reg, 'stuck']);
  });
  if (state.agents.every((agent, index) => agent.pc >= code[index]!.length)) {
    for (const load of program.final) entries.push([load.reg, show(peek(state, load))]);
  }
  return Object.fromEntries(entries.filter(([name]) => !isHidden(name)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function keyOf(state: State): string {
  let key = '';
  for (const agent of state.agents) {
    key += `${agent.pc};`;
    for (const [name, value] of agent.registers) key += `${name}=${String(value)},`;
    if (agent.asleep !== null) key += agent.asleep.woken ? '!' : '?';
    for (const pending of agent.buffer) key += `${pending.low}:${pending.bytes.join()};${pending.write}`;
    if (state.machine.track) key += agent.clock.join();
    key += '|';
  }
  for (const [list, queue] of state.queues) if (queue.length > 0) key += `${list}:${queue.join()};`;
  key += String.fromCharCode(...state.memory);
  if (!state.machine.track) return key;
  for (const [list, clock] of state.listClocks) key += `${list}:${clock.join()};`;
  return `${key}|${state.writerOf.join()}|${state.writes.map((w) => `${w.agent}.${w.time}.${w.clock.join()}`).join(' ')}`;
}

/** What can happen next. */
export function moves(state: State): readonly Move[] {
  const { machine } = state;
  const found: Move[] = [];
  for (let index = 0; index < state.agents.length; index++) {
    const agent = state.agents[index]!;
    const oldest = agent.buffer[0];
    if (oldest !== undefined) {
      const text = `"${printAccess(oldest.op)}" reaches memory`;
      found.push({ step: step(state, index, text), next: () => flush(state, index) });
    }
    if (agent.asleep !== null) {
      const { asleep } = agent;
      if (asleep.woken) {
        found.push({
          step: step(state, index, printAccess(asleep.op), 'ok'),
          next: () => wake(state, index, 'ok'),
        });
      } else if (asleep.op.timeout !== null) {
        found.push({
          step: step(state, index, printAccess(asleep.op), 'timed-out'),
          next: () => wake(state, index, 'timed-out'),
        });
      }
      continue;
    }
    const next = machine.code[index]![agent.pc];
    if (next?.step !== 'access' || !ready(state, agent, next.op)) continue;
    const move = perform(state, index, next.op);
    // Nobody can notice when it happens, so it may as well happen now.
    const silent = machine.model === 'tso' && next.op.op === 'store' && next.op.order === 'un';
    if (!machine.track && (silent || (machine.model === 'sc' && machine.local.has(next.op)))) return [move];
    found.push(move);
  }
  return found;
}

/** What waits for the agent's own buffer: every locked instruction, and a load that the buffer answers only in part. */
function ready(state: State, agent: Agent, op: Access): boolean {
  if (agent.buffer.length === 0) return true;
  if (op.op === 'store') return op.order === 'un';
  return op.op === 'load' && forwarded(state, agent, op) !== 'part';
}

function forwarded(state: State, agent: Agent, op: Load): Pending | 'part' | null {
  const low = address(state.machine, op);
  const high = low + sizeOf(op.type);
  const newest = agent.buffer.findLast((one) => one.low < high && low < one.low + one.bytes.length);
  if (newest === undefined) return null;
  return newest.low <= low && high <= newest.low + newest.bytes.length ? newest : 'part';
}

function perform(state: State, index: number, op: Access): Move {
  const agent = state.agents[index]!;
  switch (op.op) {
    case 'store':
      return { step: step(state, index, printAccess(op)), next: () => storeMove(state, index, op) };
    case 'load': {
      const pending = forwarded(state, agent, op);
      const at = address(state.machine, op);
      const value =
        pending === null || pending === 'part'
          ? peek(state, op)
          : decode(op.type, pending.bytes.subarray(at - pending.low, at - pending.low + sizeOf(op.type)));
      return {
        step: step(state, index, printAccess(op), show(value)),
        next: () => {
          const from = pending === null || pending === 'part' ? null : pending.write;
          const read = note(state, index, op, { reads: true, from, writes: null });
          return replace(read, index, assign(advanced(read, index), op.reg, value));
        },
      };
    }
    case 'wait':
      return waitMove(state, index, op);
    case 'notify':
      return notifyMove(state, index, op);
    case 'cas': {
      const value = peek(state, op);
      const hit = decode(op.type, encode(op.type, scalar(agent, op.expected))) === value;
      return {
        step: step(state, index, printAccess(op), show(value)),
        next: () => {
          const bytes = hit ? encode(op.type, scalar(agent, op.value)) : null;
          const done = note(state, index, op, { reads: true, from: null, writes: bytes });
          return replace(done, index, assign(advanced(done, index), op.reg, value));
        },
      };
    }
    default: {
      const value = peek(state, op);
      return {
        step: step(state, index, printAccess(op), show(value)),
        next: () => {
          const bytes = modify(op.type, op.op, value, scalar(agent, op.value));
          const done = note(state, index, op, { reads: true, from: null, writes: bytes });
          return replace(done, index, assign(advanced(done, index), op.reg, value));
        },
      };
    }
  }
}

function storeMove(state: State, index: number, op: Store): State {
  const { machine } = state;
  const bytes = encode(op.type, scalar(state.agents[index]!, op.value));
  if (machine.model === 'sc' || op.order === 'sc') {
    const done = note(state, index, op, { reads: false, from: null, writes: bytes });
    return replace(done, index, advanced(done, index));
  }
  const issued = note(state, index, op, { reads: false, from: null, writes: 'later' });
  const pending: Pending = { low: address(machine, op), bytes, op, write: issued.writes.length - 1 };
  const agent = advanced(issued, index);
  return replace(issued, index, { ...agent, buffer: [...agent.buffer, pending] });
}

function flush(state: State, index: number): State {
  const agent = state.agents[index]!;
  const [oldest, ...rest] = agent.buffer;
  const { low, bytes, write } = oldest!;
  const memory = state.memory.slice();
  memory.set(bytes, low);
  return replace({ ...state, memory, writerOf: marked(state, low, bytes.length, write) }, index, {
    ...agent,
    buffer: rest,
  });
}

function waitMove(state: State, index: number, op: Wait): Move {
  const agent = state.agents[index]!;
  const value = peek(state, op);
  const equal = decode(op.type, encode(op.type, scalar(agent, op.expected))) === value;
  const list = waiterList(op);
  return {
    step: step(state, index, printAccess(op), equal ? 'sleeps' : 'not-equal'),
    next: () => {
      const inside = section(state, index, list, (entered) =>
        note(entered, index, op, { reads: true, from: null, writes: null }),
      );
      if (!equal) return replace(inside, index, assign(advanced(inside, index), op.reg, 'not-equal'));
      const queues = new Map(inside.queues).set(list, [...(inside.queues.get(list) ?? []), index]);
      const sleeper: Agent = { ...inside.agents[index]!, asleep: { list, op, woken: false } };
      return replace({ ...inside, queues }, index, sleeper);
    },
  };
}

function notifyMove(state: State, index: number, op: Notify): Move {
  const list = waiterList(op);
  const queue = state.queues.get(list) ?? [];
  const taken = queue.slice(0, op.count ?? Infinity);
  return {
    step: step(state, index, printAccess(op), String(taken.length)),
    next: () => {
      let after = section(state, index, list, (entered) => entered);
      after = { ...after, queues: new Map(after.queues).set(list, queue.slice(taken.length)) };
      for (const sleeper of taken) {
        const agent = after.agents[sleeper]!;
        after = replace(after, sleeper, { ...agent, asleep: { ...agent.asleep!, woken: true } });
      }
      return replace(after, index, assign(advanced(after, index), op.reg, taken.length));
    },
  };
}

function wake(state: State, index: number, gives: 'ok' | 'timed-out'): State {
  const { list, op } = state.agents[index]!.asleep!;
  const queue = (state.queues.get(list) ?? []).filter((sleeper) => sleeper !== index);
  const inside = section(state, index, list, (entered) => entered);
  const awake = { ...inside, queues: new Map(inside.queues).set(list, queue) };
  const agent: Agent = { ...advanced(awake, index), asleep: null };
  return replace(awake, index, assign(agent, op.reg, gives));
}

/** Runs `body` inside a critical section of the list: it comes after the section before, and before the next. */
function section(state: State, index: number, list: string, body: (entered: State) => State): State {
  if (!state.machine.track) return body(state);
  const last = state.listClocks.get(list);
  const agent = state.agents[index]!;
  const entered =
    last === undefined ? state : replace(state, index, { ...agent, clock: join(agent.clock, last) });
  const left = body(entered);
  const clock = left.agents[index]!.clock;
  return { ...left, listClocks: new Map(left.listClocks).set(list, clock) };
}

/** Carries out an access on memory and, with `track`, on clocks and races. `later`: the store goes to the buffer. */
function note(
  state: State,
  index: number,
  op: Access,
  access: {
    readonly reads: boolean;
    readonly from: number | null;
    readonly writes: Uint8Array | 'later' | null;
  },
): State {
  const { machine } = state;
  const low = address(machine, op);
  const size = sizeOf(op.type);
  let memory = state.memory;
  if (access.writes instanceof Uint8Array) {
    memory = state.memory.slice();
    memory.set(access.writes, low);
  }
  if (!machine.track) return { ...state, memory };

  const agent = state.agents[index]!;
  const sc = (op.op !== 'store' && op.op !== 'load') || op.order === 'sc';
  const readFrom = new Set<number>();
  if (access.reads) {
    if (access.from !== null) readFrom.add(access.from);
    else for (let byte = low; byte < low + size; byte++) readFrom.add(state.writerOf[byte]!);
  }
  let clock = agent.clock;
  for (const write of readFrom) {
    const from = state.writes[write];
    if (from !== undefined && sc && from.sc && from.low === low && from.size === size)
      clock = join(clock, from.clock);
  }
  const time = clock[index]! + 1;
  clock = clock.map((count, other) => (other === index ? time : count));
  const racing = state.writes.find(
    (other, which) =>
      other.agent !== index &&
      clock[other.agent]! < other.time &&
      (access.writes !== null
        ? other.low < low + size && low < other.low + other.size
        : readFrom.has(which)) &&
      !(sc && other.sc && other.low === low && other.size === size),
  );
  const race =
    state.race ??
    (racing === undefined
      ? null
      : raceOf(state, racing, index, op, access.reads, access.writes !== null, sc));
  const writes =
    access.writes === null
      ? state.writes
      : [...state.writes, { agent: index, time, low, size, sc, clock, op }];
  const writerOf =
    access.writes instanceof Uint8Array ? marked(state, low, size, writes.length - 1) : state.writerOf;
  return replace({ ...state, memory, writes, writerOf, race }, index, { ...agent, clock });
}

function raceOf(
  state: State,
  other: Written,
  index: number,
  op: Access,
  reads: boolean,
  writes: boolean,
  sc: boolean,
): Race {
  const { agents } = state.machine.program;
  const kind = (isRead: boolean, isWrite: boolean): RaceSide['kind'] =>
    isRead && isWrite ? 'rmw' : isRead ? 'read' : 'write';
  const first: RaceSide = {
    agent: agents[other.agent]!,
    text: printAccess(other.op),
    kind: kind(other.op.op !== 'store', true),
    op: other.op,
  };
  const second: RaceSide = { agent: agents[index]!, text: printAccess(op), kind: kind(reads, writes), op };
  return { first, second, why: raceReason(other.op, op, sc && other.sc) };
}

function marked(state: State, low: number, size: number, write: number): Int16Array {
  if (!state.machine.track) return state.writerOf;
  return state.writerOf.slice().fill(write, low, low + size);
}

function join(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((count, index) => Math.max(count, b[index]!));
}

function step(state: State, index: number, text: string, value: string | null = null): ScheduleStep {
  return { agent: state.machine.program.agents[index]!, text, value };
}

function replace(state: State, index: number, agent: Agent): State {
  const agents = [...state.agents];
  agents[index] = skip(state.machine, index, agent);
  return { ...state, agents };
}

function advanced(state: State, index: number): Agent {
  const agent = state.agents[index]!;
  return { ...agent, pc: agent.pc + 1 };
}

function assign(agent: Agent, reg: string | null, value: Scalar | string): Agent {
  return reg === null ? agent : { ...agent, registers: new Map(agent.registers).set(reg, value) };
}

/** Follows jumps and branches up to the next access. An agent that has just advanced has its register already. */
function skip(machine: Machine, index: number, agent: Agent): Agent {
  let pc = agent.pc;
  for (;;) {
    const next = machine.code[index]![pc];
    if (next === undefined || next.step === 'access') return pc === agent.pc ? agent : { ...agent, pc };
    if (next.step === 'jump') pc = next.to;
    else pc = compare(operand(agent, next.lhs), next.cmp, operand(agent, next.rhs)) ? pc + 1 : next.other;
  }
}

function operand(agent: Agent, value: Comparable): Scalar | string {
  if (typeof value !== 'object') return value;
  const from = agent.registers.get(value.reg)!;
  return value.add === undefined || typeof from === 'string' ? from : plus(from, value.add);
}

/** `validate` has refused texts where a number is needed. */
function scalar(agent: Agent, value: Comparable): Scalar {
  const found = operand(agent, value);
  return typeof found === 'string' ? NaN : found;
}

function peek(state: State, cell: Cell): Scalar {
  const low = address(state.machine, cell);
  return decode(cell.type, state.memory.subarray(low, low + sizeOf(cell.type)));
}

function address(machine: Machine, cell: Cell): number {
  return machine.bases.get(cell.loc)! + cell.offset;
}

function accessesOf(code: readonly Step[]): readonly Access[] {
  return code.flatMap((one) => (one.step === 'access' ? [one.op] : []));
}

function localAccesses(code: readonly (readonly Step[])[]): ReadonlySet<Access> {
  const all = code.map(accessesOf);
  const local = new Set<Access>();
  all.forEach((mine, index) => {
    const others = all.filter((_, other) => other !== index).flat();
    for (const op of mine) {
      if (op.op === 'wait' || op.op === 'notify') continue;
      const disturbed = others.some(
        (other) => touches(op, other) && (op.op !== 'load' || other.op !== 'load'),
      );
      if (!disturbed) local.add(op);
    }
  });
  return local;
}

function touches(a: Cell, b: Cell): boolean {
  return a.loc === b.loc && a.offset < b.offset + sizeOf(b.type) && b.offset < a.offset + sizeOf(a.type);
}

function blockSize(program: Program, name: string): number {
  let size = 0;
  const walk = (ops: Program['threads'][number]): void => {
    for (const op of ops) {
      if (op.op === 'if') {
        walk(op.then);
        walk(op.else);
      } else if (op.op === 'repeat') walk(op.body);
      else if (op.op !== 'break' && op.loc === name) size = Math.max(size, op.offset + sizeOf(op.type));
    }
  };
  [program.init, ...program.threads, program.final].forEach(walk);
  return size;
}
