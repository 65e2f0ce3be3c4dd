/**
 * The memory model a second time, slow and literal, to check the explorer against. Written from the clauses of ECMA-262
 * "Memory Model": every read value is guessed, every byte of every read tries every write, every total order that contains
 * happens-before is tried as memory order. Shares nothing with the engine but the type of a program.
 */
import type {
  Access,
  Comparable,
  ElementType,
  Op,
  Program,
  Scalar,
} from '../../server/src/explore/program.ts';

export interface Reference {
  /** Outcomes as `a=1 b=2`, sorted. */
  readonly outcomes: readonly string[];
  readonly race: boolean;
}

export interface ReferenceOptions {
  readonly unrepaired?: boolean;
  readonly tearFreeInit?: boolean;
}

type Value = Scalar | string;

interface Tainted {
  readonly value: Value;
  /** Events of the same run that the value was computed from. */
  readonly from: ReadonlySet<number>;
}

interface Event {
  readonly what: 'read' | 'write' | 'rmw' | 'enter' | 'leave';
  readonly order: 'sc' | 'un' | 'init';
  readonly noTear: boolean;
  readonly block: string;
  readonly low: number;
  readonly size: number;
  readonly got: readonly number[];
  readonly put: readonly number[];
  /** Events of the same run that `put` was computed from. */
  readonly from: ReadonlySet<number>;
}

interface Section {
  readonly list: string;
  readonly first: number;
  readonly last: number;
  readonly does: 'check' | 'sleep' | 'resume' | 'notify';
  /** resume: what the wait gave; sleep: `stuck` if there is no resume. notify: how many it claims to have woken. */
  readonly gives: string;
  readonly count: number;
}

interface Run {
  readonly events: readonly Event[];
  readonly sections: readonly Section[];
  readonly registers: ReadonlyMap<string, Value>;
  readonly stuck: boolean;
}

const SIZE: Record<ElementType, number> = {
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
};

export function reference(program: Program, options: ReferenceOptions = {}): Reference {
  const outcomes = new Set<string>();
  let race = false;
  const domain = new Map<string, Set<number>>();
  // A value that is grounded has passed through each write at most once.
  const rounds = 2 + program.threads.reduce((sum, thread) => sum + countWrites(thread), 0);
  let runs: Run[][] = [];
  for (let round = 0; round < rounds; round++) {
    runs = [program.init, ...program.threads, program.final].map((ops) =>
      allRuns(ops, domain, program.threads.length),
    );
    if (!widen(domain, runs)) break;
  }
  const [inits, finals] = [runs[0]!, runs.at(-1)!];
  const workers = runs.slice(1, -1);
  for (const init of inits) {
    for (const chosen of cartesian(workers)) {
      const tails = chosen.some((run) => run.stuck) ? [EMPTY] : finals;
      for (const tail of tails) {
        candidate(init, chosen, tail, options, (outcome, raced) => {
          outcomes.add(outcome);
          race ||= raced;
        });
      }
    }
  }
  return { outcomes: [...outcomes].sort(), race };
}

const EMPTY: Run = { events: [], sections: [], registers: new Map(), stuck: false };

/* ---- Candidate executions: every agent evaluated with every value its reads could have ---- */

class NeedChoice extends Error {
  readonly options: number;
  constructor(options: number) {
    super('a choice is open');
    this.options = options;
  }
}

function allRuns(
  ops: readonly Op[],
  domain: ReadonlyMap<string, ReadonlySet<number>>,
  others: number,
): Run[] {
  const found: Run[] = [];
  const pending: number[][] = [[]];
  for (let script = pending.pop(); script !== undefined; script = pending.pop()) {
    try {
      found.push(runWith(ops, script, domain, others));
    } catch (error) {
      if (!(error instanceof NeedChoice)) throw error;
      for (let option = 0; option < error.options; option++) pending.push([...script, option]);
    }
  }
  return found;
}

function runWith(
  ops: readonly Op[],
  script: readonly number[],
  domain: ReadonlyMap<string, ReadonlySet<number>>,
  others: number,
): Run {
  let at = 0;
  const choose = (options: number): number => {
    const choice = script[at++];
    if (choice === undefined) throw new NeedChoice(options);
    return choice;
  };
  const events: Event[] = [];
  const sections: Section[] = [];
  const registers = new Map<string, Tainted>();
  const evaluate = (value: Comparable): Tainted => {
    if (typeof value !== 'object') return { value, from: new Set() };
    const { value: base, from } = registers.get(value.reg)!;
    if (value.add === undefined || typeof base === 'string') return { value: base, from };
    return {
      value: typeof base === 'bigint' ? base + BigInt(value.add) : base + Number(value.add),
      from,
    };
  };
  const guess = (op: Access): number[] => {
    const bytes: number[] = [];
    for (let byte = 0; byte < SIZE[op.type]; byte++) {
      const values = [...(domain.get(`${op.loc}:${op.offset + byte}`) ?? [0])];
      bytes.push(values[choose(values.length)]!);
    }
    return bytes;
  };
  const push = (
    op: Access,
    what: Event['what'],
    order: Event['order'],
    got: readonly number[],
    put: readonly number[],
    from: ReadonlySet<number>,
  ): number => {
    const tears = /^[fiu]64$|^f32$/.test(op.type) || ((op.op === 'store' || op.op === 'load') && op.dataview);
    const noTear = order === 'sc' || !tears;
    return (
      events.push({
        what,
        order,
        noTear,
        block: op.loc,
        low: op.offset,
        size: SIZE[op.type],
        got,
        put,
        from,
      }) - 1
    );
  };
  const set = (reg: string | null, value: Value, from: Iterable<number>): void => {
    if (reg !== null) registers.set(reg, { value, from: new Set(from) });
  };
  const section = (op: Access, body: () => void, does: Section['does'], gives: string, count = 0): void => {
    const first = push(op, 'enter', 'sc', [], [], new Set());
    body();
    const last = push(op, 'leave', 'sc', [], [], new Set());
    sections.push({ list: `${op.loc}:${op.offset}`, first, last, does, gives, count });
  };

  const run = (body: readonly Op[]): 'on' | 'break' | 'stuck' => {
    for (const op of body) {
      switch (op.op) {
        case 'if': {
          const holds = test(evaluate(op.lhs).value, op.cmp, evaluate(op.rhs).value);
          const how = run(holds ? op.then : op.else);
          if (how !== 'on') return how;
          break;
        }
        case 'repeat':
          for (let round = 0; round < op.times; round++) {
            const how = run(op.body);
            if (how === 'stuck') return how;
            if (how === 'break') break;
          }
          break;
        case 'break':
          return 'break';
        case 'store': {
          const { value, from } = evaluate(op.value);
          push(op, 'write', op.order, [], toBytes(op.type, value as Scalar), from);
          break;
        }
        case 'load': {
          const got = guess(op);
          const event = push(op, 'read', op.order, got, [], new Set());
          set(op.reg, fromBytes(op.type, got), [event]);
          break;
        }
        case 'cas': {
          const got = guess(op);
          const expected = evaluate(op.expected);
          const replacement = evaluate(op.value);
          const hit = toBytes(op.type, expected.value as Scalar).join() === got.join();
          const put = hit ? toBytes(op.type, replacement.value as Scalar) : [];
          const event = push(op, hit ? 'rmw' : 'read', 'sc', got, put, replacement.from);
          set(op.reg, fromBytes(op.type, got), [event]);
          break;
        }
        case 'wait': {
          const expected = toBytes(op.type, evaluate(op.expected).value as Scalar).join();
          const got = guess(op);
          const readIt = (): void => void push(op, 'read', 'sc', got, [], new Set());
          if (got.join() !== expected) {
            section(op, readIt, 'check', 'not-equal');
            set(op.reg, 'not-equal', []);
            break;
          }
          const gives = (op.timeout === null ? ['ok', 'stuck'] : ['ok', 'timed-out'])[choose(2)]!;
          section(op, readIt, 'sleep', gives);
          set(op.reg, gives, []);
          if (gives === 'stuck') return 'stuck';
          section(op, () => undefined, 'resume', gives);
          break;
        }
        case 'notify': {
          const count = choose(others + 1);
          section(op, () => undefined, 'notify', String(op.count ?? Infinity), count);
          set(op.reg, count, []);
          break;
        }
        default: {
          const got = guess(op);
          const operand = evaluate(op.value);
          const old = fromBytes(op.type, got);
          const put = toBytes(op.type, modified(op.op, op.type, old, operand.value as Scalar));
          const event = events.length;
          const from = new Set([...operand.from, ...(op.op === 'xchg' ? [] : [event])]);
          push(op, 'rmw', 'sc', got, put, from);
          set(op.reg, old, [event]);
        }
      }
    }
    return 'on';
  };
  const how = run(ops);
  const values = new Map([...registers].map(([name, { value }]) => [name, value]));
  return { events, sections, registers: values, stuck: how === 'stuck' };
}

/** Adds the bytes of all writes to the domain; false if nothing was new. */
function widen(domain: Map<string, Set<number>>, runs: readonly (readonly Run[])[]): boolean {
  let grew = false;
  for (const { events } of runs.flat()) {
    for (const { block, low, put } of events) {
      put.forEach((value, byte) => {
        const key = `${block}:${low + byte}`;
        const values = domain.get(key) ?? new Set([0]);
        if (!values.has(value)) grew = true;
        domain.set(key, values.add(value));
      });
    }
  }
  return grew;
}

function countWrites(ops: readonly Op[]): number {
  return ops.reduce((sum, op) => {
    if (op.op === 'if') return sum + countWrites(op.then) + countWrites(op.else);
    if (op.op === 'repeat') return sum + op.times * countWrites(op.body);
    return sum + (op.op === 'load' || op.op === 'break' ? 0 : 1);
  }, 0);
}

/* ---- One candidate: relations, then the properties of valid executions ---- */

type Matrix = boolean[][];

function candidate(
  init: Run,
  workers: readonly Run[],
  tail: Run,
  options: ReferenceOptions,
  valid: (outcome: string, race: boolean) => void,
): void {
  const events: Event[] = [];
  const agents: number[] = [];
  const shifts: number[] = [];
  const add = (run: Run, agent: number): void => {
    const shift = events.length;
    shifts.push(shift);
    for (const event of run.events) {
      events.push({ ...event, from: new Set([...event.from].map((source) => source + shift)) });
      agents.push(agent);
    }
  };
  add(init, 0);
  workers.forEach((run, index) => add(run, index + 1));
  add(tail, 0);
  const real = events.length;
  // new SharedArrayBuffer: one init write per byte that anybody touches.
  const bytes = new Set(
    events.flatMap(({ block, low, size }) => span(low, size).map((byte) => `${block}:${byte}`)),
  );
  for (const key of bytes) {
    const [block, byte] = key.split(':');
    events.push({
      what: 'write',
      order: 'init',
      noTear: true,
      block: block!,
      low: Number(byte),
      size: 1,
      got: [],
      put: [0],
      from: new Set(),
    });
    agents.push(-1);
  }

  const base: Matrix = events.map((_, a) =>
    events.map((__, b) => {
      if (a >= real || b >= real) return a >= real && b < real;
      if (agents[a] === agents[b]) return a < b;
      // The main agent starts and joins the others: events of `init` come first, those of `final` last.
      return agents[a] === 0 ? a < init.events.length : agents[b] === 0 && b >= init.events.length;
    }),
  );

  for (const pairs of sectionPairs(workers, shifts)) {
    for (const rbf of readsBytesFrom(events)) {
      if (!grounded(events, rbf)) continue;
      const hb = base.map((row) => [...row]);
      for (const [a, b] of pairs) hb[a]![b] = true;
      const rf: [number, number][] = [];
      for (const [read, froms] of rbf) for (const write of new Set(froms)) rf.push([read, write]);
      const sw = rf.filter(
        ([r, w]) =>
          events[r]!.order === 'sc' &&
          ((events[w]!.order === 'sc' && equal(events[r]!, events[w]!)) ||
            (options.unrepaired === true && rbf.get(r)!.every((from) => events[from]!.order === 'init'))),
      );
      for (const [r, w] of sw) hb[w]![r] = true;
      close(hb);
      if (hb.some((row, index) => row[index])) continue;
      if (!coherentReads(events, rbf, hb)) continue;
      if (!tearFreeReads(events, rbf, options)) continue;
      if (!memoryOrderExists(events, real, rf, sw, hb, options)) continue;
      valid(outcomeText([...workers, tail]), hasDataRace(events, real, rf, hb));
    }
  }
}

function* readsBytesFrom(events: readonly Event[]): Generator<ReadonlyMap<number, readonly number[]>> {
  const slots: { read: number; writes: number[] }[] = [];
  events.forEach((event, read) => {
    event.got.forEach((value, index) => {
      const byte = event.low + index;
      const writes = events.flatMap((write, which) =>
        which !== read &&
        write.put.length > 0 &&
        write.block === event.block &&
        covers(write, byte) &&
        write.put[byte - write.low] === value
          ? [which]
          : [],
      );
      slots.push({ read, writes });
    });
  });
  for (const pick of cartesian(slots.map(({ writes }) => writes))) {
    const rbf = new Map<number, number[]>();
    pick.forEach((write, index) => {
      const { read } = slots[index]!;
      rbf.set(read, [...(rbf.get(read) ?? []), write]);
    });
    yield rbf;
  }
}

function grounded(events: readonly Event[], rbf: ReadonlyMap<number, readonly number[]>): boolean {
  const needs = (event: number): number[] => [
    ...(rbf.get(event) ?? []).flatMap((write) => [...events[write]!.from]),
  ];
  const state = new Map<number, 'open' | 'done'>();
  const visit = (read: number): boolean => {
    if (state.get(read) === 'done') return true;
    if (state.get(read) === 'open') return false;
    state.set(read, 'open');
    if (!needs(read).every(visit)) return false;
    state.set(read, 'done');
    return true;
  };
  return [...rbf.keys()].every(visit);
}

function coherentReads(
  events: readonly Event[],
  rbf: ReadonlyMap<number, readonly number[]>,
  hb: Matrix,
): boolean {
  for (const [read, froms] of rbf) {
    for (const [index, write] of froms.entries()) {
      const byte = events[read]!.low + index;
      if (hb[read]![write]) return false;
      const hidden = events.some(
        (other, v) =>
          other.put.length > 0 &&
          other.block === events[read]!.block &&
          covers(other, byte) &&
          hb[write]![v] &&
          hb[v]![read],
      );
      if (hidden) return false;
    }
  }
  return true;
}

function tearFreeReads(
  events: readonly Event[],
  rbf: ReadonlyMap<number, readonly number[]>,
  options: ReferenceOptions,
): boolean {
  for (const [read, froms] of rbf) {
    if (!events[read]!.noTear) continue;
    const whole = new Set<number>();
    for (const write of froms) {
      const from = events[write]!;
      if (from.order === 'init' && options.tearFreeInit === true) whole.add(-1);
      else if (from.noTear && equal(from, events[read]!)) whole.add(write);
    }
    if (whole.size > 1) return false;
  }
  return true;
}

/** Tries every total order of the data events that contains happens-before; init events come first in all of them. */
function memoryOrderExists(
  events: readonly Event[],
  real: number,
  rf: readonly (readonly [number, number])[],
  sw: readonly (readonly [number, number])[],
  hb: Matrix,
  options: ReferenceOptions,
): boolean {
  const data = span(0, real).filter(
    (event) => events[event]!.what !== 'enter' && events[event]!.what !== 'leave',
  );
  const rank = events.map(() => -1);
  const respects = (): boolean =>
    rf.every(([r, w]) =>
      data.every((v) => {
        const [R, W, V] = [events[r]!, events[w]!, events[v]!];
        if (V.put.length === 0 || v === w || v === r || !(rank[w]! < rank[v]! && rank[v]! < rank[r]!))
          return true;
        const synchronizes = sw.some(([reader, writer]) => reader === r && writer === w);
        if (options.unrepaired === true) return !(synchronizes && equal(V, R));
        if (V.order !== 'sc') return true;
        if (synchronizes && equal(V, R)) return false;
        if (hb[w]![r] && hb[v]![r] && W.order === 'sc' && equal(W, V)) return false;
        return !(hb[w]![r] && hb[w]![v] && R.order === 'sc' && equal(V, R));
      }),
    );
  const extend = (placed: number): boolean => {
    if (placed === data.length) return respects();
    for (const event of data) {
      if (rank[event]! >= 0 || data.some((other) => rank[other]! < 0 && hb[other]![event])) continue;
      rank[event] = placed;
      if (extend(placed + 1)) return true;
      rank[event] = -1;
    }
    return false;
  };
  return extend(0);
}

function hasDataRace(
  events: readonly Event[],
  real: number,
  rf: readonly (readonly [number, number])[],
  hb: Matrix,
): boolean {
  for (let e = 0; e < real; e++) {
    for (let d = e + 1; d < real; d++) {
      const [E, D] = [events[e]!, events[d]!];
      if (E.got.length + E.put.length === 0 || D.got.length + D.put.length === 0) continue;
      if (hb[e]![d] || hb[d]![e]) continue;
      const share = E.block === D.block && E.low < D.low + D.size && D.low < E.low + E.size;
      const reads = rf.some(([r, w]) => (r === e && w === d) || (r === d && w === e));
      const races = (E.put.length > 0 && D.put.length > 0 && share) || reads;
      if (races && (E.order !== 'sc' || D.order !== 'sc' || (share && !equal(E, D)))) return true;
    }
  }
  return false;
}

/* ---- Critical sections ---- */

/** For every order of all sections that the waiter lists allow: the synchronizes-with pairs it gives. */
function* sectionPairs(workers: readonly Run[], shifts: readonly number[]): Generator<[number, number][]> {
  const all = workers.flatMap((run, agent) =>
    run.sections.map((section, index) => ({ ...section, agent, index, shift: shifts[agent + 1]! })),
  );
  for (const sequence of permutations(all)) {
    const inOrder = sequence.every((section, at) =>
      sequence.slice(at + 1).every((later) => later.agent !== section.agent || later.index > section.index),
    );
    if (!inOrder || !listsAgree(sequence)) continue;
    const pairs: [number, number][] = [];
    const last = new Map<string, number>();
    for (const section of sequence) {
      const before = last.get(section.list);
      if (before !== undefined) pairs.push([before, section.first + section.shift]);
      last.set(section.list, section.last + section.shift);
    }
    yield pairs;
  }
}

function listsAgree(sequence: readonly (Section & { agent: number })[]): boolean {
  const lists = new Map<string, number[]>();
  const woken = new Set<number>();
  for (const { list, does, gives, count, agent } of sequence) {
    const waiters = lists.get(list) ?? [];
    lists.set(list, waiters);
    if (does === 'sleep') {
      woken.delete(agent);
      waiters.push(agent);
    } else if (does === 'notify') {
      const taken = waiters.splice(0, Number(gives));
      if (taken.length !== count) return false;
      for (const waiter of taken) woken.add(waiter);
    } else if (does === 'resume') {
      if ((gives === 'ok') !== woken.has(agent)) return false;
      const index = waiters.indexOf(agent);
      if (index >= 0) waiters.splice(index, 1);
    }
  }
  // Who was woken has to go on.
  return sequence.every(
    ({ does, gives, agent }) => does !== 'sleep' || gives !== 'stuck' || !woken.has(agent),
  );
}

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.filter((_, other) => other !== index))) yield [item, ...rest];
  }
}

/* ---- Values ---- */

function toBytes(type: ElementType, value: Scalar): number[] {
  switch (type) {
    case 'f32':
      return [...new Uint8Array(Float32Array.of(Number(value)).buffer)];
    case 'f64':
      return [...new Uint8Array(Float64Array.of(Number(value)).buffer)];
    case 'i64':
    case 'u64':
      return [...new Uint8Array(BigUint64Array.of(whole(value)).buffer)];
    default: {
      const big = BigInt.asUintN(8 * SIZE[type], whole(value));
      return span(0, SIZE[type]).map((byte) => Number((big >> BigInt(8 * byte)) & 255n));
    }
  }
}

function whole(value: Scalar): bigint {
  if (typeof value === 'bigint') return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

function fromBytes(type: ElementType, bytes: readonly number[]): Scalar {
  const { buffer } = Uint8Array.from(bytes);
  switch (type) {
    case 'i8':
      return new Int8Array(buffer)[0]!;
    case 'u8':
      return new Uint8Array(buffer)[0]!;
    case 'i16':
      return new Int16Array(buffer)[0]!;
    case 'u16':
      return new Uint16Array(buffer)[0]!;
    case 'i32':
      return new Int32Array(buffer)[0]!;
    case 'u32':
      return new Uint32Array(buffer)[0]!;
    case 'i64':
      return new BigInt64Array(buffer)[0]!;
    case 'u64':
      return new BigUint64Array(buffer)[0]!;
    case 'f32':
      return new Float32Array(buffer)[0]!;
    case 'f64':
      return new Float64Array(buffer)[0]!;
  }
}

function modified(op: string, type: ElementType, old: Scalar, operand: Scalar): Scalar {
  const [a, b] = [BigInt(old), BigInt(operand)];
  const results: Record<string, bigint> = {
    add: a + b,
    sub: a - b,
    and: a & b,
    or: a | b,
    xor: a ^ b,
    xchg: b,
  };
  const wrapped = BigInt.asUintN(8 * SIZE[type], results[op]!);
  return SIZE[type] === 8 ? wrapped : Number(wrapped);
}

function test(left: Value, cmp: string, right: Value): boolean {
  switch (cmp) {
    case '==':
      return left == right; // eslint-disable-line eqeqeq
    case '!=':
      return left != right; // eslint-disable-line eqeqeq
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}

function outcomeText(runs: readonly Run[]): string {
  return runs
    .flatMap((run) => [...run.registers])
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
    .join(' ');
}

/* ---- Small things ---- */

function equal(a: Event, b: Event): boolean {
  return a.block === b.block && a.low === b.low && a.size === b.size;
}

function covers(event: Event, byte: number): boolean {
  return event.low <= byte && byte < event.low + event.size;
}

function close(matrix: Matrix): void {
  for (const [k, through] of matrix.entries()) {
    for (const row of matrix) {
      if (!row[k]) continue;
      for (const [j, reached] of through.entries()) if (reached) row[j] = true;
    }
  }
}

function span(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function* cartesian<T>(lists: readonly (readonly T[])[], from = 0): Generator<readonly T[]> {
  const mine = lists[from];
  if (mine === undefined) {
    yield [];
    return;
  }
  for (const item of mine) for (const rest of cartesian(lists, from + 1)) yield [item, ...rest];
}
