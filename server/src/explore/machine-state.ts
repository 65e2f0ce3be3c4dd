/** States of `machine.ts`. A state is never changed once it is made. */
import { compare } from './compare.ts';
import type { Step } from './code.ts';
import { compile } from './code.ts';
import type { Outcome } from './explore.ts';
import { decode, encode, plus, show } from './numbers.ts';
import type { Access, Cell, Comparable, Program, Scalar, Store, Wait } from './program.ts';
import { isHidden, sizeOf } from './program.ts';
import type { Race } from './races.ts';
import { blocksOf } from './skeletons.ts';

interface Sleep {
  readonly list: string;
  readonly op: Wait;
  readonly woken: boolean;
}

export interface Agent {
  readonly pc: number;
  readonly registers: ReadonlyMap<string, Scalar | string>;
  readonly asleep: Sleep | null;
  /** Plain stores that have not reached memory, oldest first. */
  readonly buffer: readonly Pending[];
  /** Vector clock over agents; only with `track`. */
  readonly clock: readonly number[];
}

export interface Pending {
  readonly low: number;
  readonly bytes: Uint8Array;
  readonly op: Store;
  readonly write: number;
}

/** A write as the race check remembers it. */
export interface Written {
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

export function replace(state: State, index: number, agent: Agent): State {
  const agents = [...state.agents];
  agents[index] = skip(state.machine, index, agent);
  return { ...state, agents };
}

export function advanced(state: State, index: number): Agent {
  const agent = state.agents[index]!;
  return { ...agent, pc: agent.pc + 1 };
}

export function assign(agent: Agent, reg: string | null, value: Scalar | string): Agent {
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
export function scalar(agent: Agent, value: Comparable): Scalar {
  const found = operand(agent, value);
  return typeof found === 'string' ? NaN : found;
}

export function peek(state: State, cell: Cell): Scalar {
  const low = address(state.machine, cell);
  return decode(cell.type, state.memory.subarray(low, low + sizeOf(cell.type)));
}

export function address(machine: Machine, cell: Cell): number {
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
