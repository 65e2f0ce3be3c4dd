/** The moves of `machine.ts`: what each agent can do next, and the state after it. */
import type { ScheduleStep } from './machine.ts';
import type { Agent, Pending, State, Written } from './machine-state.ts';
import { address, advanced, assign, peek, replace, scalar } from './machine-state.ts';
import { decode, encode, modify, show } from './numbers.ts';
import { waiterList } from './paths.ts';
import { printAccess } from './print.ts';
import type { Access, Load, Notify, Store, Wait } from './program.ts';
import { sizeOf } from './program.ts';
import type { Race, RaceSide } from './races.ts';
import { raceReason } from './races.ts';

export interface Move {
  readonly step: ScheduleStep;
  next(): State;
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
      found.push({ step: { ...step(state, index, oldest.op), text }, next: () => flush(state, index) });
    }
    if (agent.asleep !== null) {
      const { asleep } = agent;
      if (asleep.woken) {
        found.push({
          step: step(state, index, asleep.op, 'ok'),
          next: () => wake(state, index, 'ok'),
        });
      } else if (asleep.op.timeout !== null) {
        found.push({
          step: step(state, index, asleep.op, 'timed-out'),
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

/** No agent can go on: all have ended, or the rest sleeps for ever. */
export function ended(state: State): boolean {
  return moves(state).length === 0;
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
      return { step: step(state, index, op), next: () => storeMove(state, index, op) };
    case 'load': {
      const pending = forwarded(state, agent, op);
      const at = address(state.machine, op);
      const value =
        pending === null || pending === 'part'
          ? peek(state, op)
          : decode(op.type, pending.bytes.subarray(at - pending.low, at - pending.low + sizeOf(op.type)));
      return {
        step: step(state, index, op, show(value)),
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
        step: step(state, index, op, show(value)),
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
        step: step(state, index, op, show(value)),
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
    step: step(state, index, op, equal ? 'sleeps' : 'not-equal'),
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
    step: step(state, index, op, String(taken.length)),
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

function step(state: State, index: number, op: Access, value: string | null = null): ScheduleStep {
  return { agent: state.machine.program.agents[index]!, text: printAccess(op), op, value };
}
