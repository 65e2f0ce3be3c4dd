/** What a program must be before it is explored: every fault is found with its place and its mend. */
import type { Position } from '../base/text.ts';
import { MAX_BLOCK, MAX_DEPTH, MAX_REPEAT, MAX_STEPS, MAX_TEXT, MAX_THREADS } from './limits.ts';
import { parseLitmusJson } from './json.ts';
import { parseLitmus } from './litmus.ts';
import type { Access, Comparable, If, Load, Op, Program, Store } from './program.ts';
import { isFloat, isHidden, isRace, isRegister, sizeOf } from './program.ts';
import type { Parsed, Places } from './source-error.ts';
import { LitmusError, START, didYouMean, quoted } from './source-error.ts';

export type Format = 'litmus' | 'json';

/** Text to a program that can be explored. Throws LitmusError. */
export function readProgram(text: string, format: Format): Program {
  if (text.length > MAX_TEXT) {
    throw new LitmusError(
      `the text is ${text.length} characters long, the explorer reads at most ${MAX_TEXT}: keep the few accesses that matter`,
      START,
    );
  }
  const parsed = format === 'json' ? parseLitmusJson(text) : parseLitmus(text);
  validate(parsed);
  return parsed.value;
}

/** What begins with a brace is JSON. */
export function formatOf(text: string): Format {
  return /^\s*\{/.test(text.replace(/^\uFEFF/, '')) ? 'json' : 'litmus';
}

/** Throws LitmusError at the first fault. */
export function validate({ value: program, places }: Parsed<Program>): void {
  const at = (thing: object): Position => places.get(thing) ?? START;
  const { threads } = program;
  if (threads.length === 0)
    throw new LitmusError('the program has no threads: write at least one', at(program));
  if (threads.length > MAX_THREADS) {
    throw new LitmusError(
      `the program has ${threads.length} threads, the explorer takes at most ${MAX_THREADS}`,
      at(threads[MAX_THREADS]!),
    );
  }
  for (const store of program.init) checkInit(store, at(store));
  const owners = new Map<string, string>();
  threads.forEach((thread, index) => {
    const name = program.agents[index] ?? `thread ${index + 1}`;
    new Checker(places, owners, name).thread(thread, at(thread));
  });
  for (const load of program.final) checkFinal(load, owners, at(load));
  checkClaims(program, owners, at);
}

function checkInit(store: Store, at: Position): void {
  if (store.order === 'sc') throw new LitmusError('init stores are plain: leave "order" out', at);
  if (isRegister(store.value)) {
    throw new LitmusError(
      `init runs before every thread and knows no register ${quoted(store.value.reg)}: write a number`,
      at,
    );
  }
  checkCell(store, at);
}

function checkFinal(load: Load, owners: Map<string, string>, at: Position): void {
  if (load.order === 'sc') throw new LitmusError('final loads are plain: leave "order" out', at);
  checkCell(load, at);
  claimRegister(load.reg, 'final', owners, at);
}

function checkCell(op: Access, at: Position): void {
  if (!/^[A-Za-z_$][\w$]*$/.test(op.loc)) {
    throw new LitmusError(`${quoted(op.loc)} is no name for a cell: use letters, digits and _`, at);
  }
  const plain = op.op === 'store' || op.op === 'load';
  const size = sizeOf(op.type);
  if (op.offset + size > MAX_BLOCK) {
    throw new LitmusError(`offset ${op.offset} is beyond the ${MAX_BLOCK} bytes that a block may have`, at);
  }
  const atomic = !plain || op.order === 'sc';
  if (plain && op.dataview) {
    if (op.order === 'sc') {
      throw new LitmusError('DataView has no atomic accesses: make it "un", or leave "dataview" out', at);
    }
    return;
  }
  if (atomic && isFloat(op.type)) {
    throw new LitmusError(
      `Atomics works on integers only, not on ${op.type}: use ${op.type === 'f32' ? 'i32' : 'i64'}, or a plain access`,
      at,
    );
  }
  if (op.offset % size !== 0) {
    throw new LitmusError(
      `offset ${op.offset} is not aligned: ${op.type} elements stand at multiples of ${size}${atomic ? '' : ', other places need "dataview"'}`,
      at,
    );
  }
  if ((op.op === 'wait' || op.op === 'notify') && op.type !== 'i32' && op.type !== 'i64') {
    throw new LitmusError(`Atomics.${op.op} works on i32 and i64 only, not on ${op.type}`, at);
  }
}

function claimRegister(reg: string, owner: string, owners: Map<string, string>, at: Position): void {
  if (!/^[A-Za-z_$][\w$]*$/.test(reg)) {
    throw new LitmusError(`${quoted(reg)} is no name for a register: use letters, digits and _`, at);
  }
  const first = owners.get(reg);
  // Hidden registers show in no outcome, so each thread may have its own.
  if (first !== undefined && (first !== owner || owner === 'final') && !isHidden(reg)) {
    throw new LitmusError(
      `register ${quoted(reg)} is already set by ${first}: outcomes need another name here`,
      at,
    );
  }
  owners.set(reg, owner);
}

/** What a register can hold on the way here. */
type Kinds = ReadonlyMap<string, 'number' | 'text'>;

/** Checks one thread; `null` stands for code that is never reached. */
class Checker {
  readonly #places: Places;
  readonly #owners: Map<string, string>;
  readonly #name: string;
  #steps = 0;

  constructor(places: Places, owners: Map<string, string>, name: string) {
    this.#places = places;
    this.#owners = owners;
    this.#name = name;
  }

  thread(ops: readonly Op[], at: Position): void {
    this.#ops(ops, new Map(), 1, null, 0);
    if (this.#steps > MAX_STEPS) {
      throw new LitmusError(
        `${this.#name} takes ${this.#steps} steps with its loops unrolled, the explorer follows at most ${MAX_STEPS}`,
        at,
      );
    }
  }

  /** `times`: how often the code is unrolled. `breaks` collects what is known where a loop is left. */
  #ops(ops: readonly Op[], known: Kinds, times: number, breaks: Kinds[] | null, depth: number): Kinds | null {
    let now: Kinds | null = known;
    for (const op of ops) {
      const at = this.#places.get(op) ?? START;
      if (depth > MAX_DEPTH) throw new LitmusError(`nested more than ${MAX_DEPTH} deep`, at);
      if (now === null)
        throw new LitmusError('this is never reached: the "break" before it leaves the loop', at);
      switch (op.op) {
        case 'if':
          now = this.#if(op, now, times, breaks, depth, at);
          break;
        case 'repeat':
          if (!Number.isInteger(op.times) || op.times < 1 || op.times > MAX_REPEAT) {
            throw new LitmusError(`repeat takes a number from 1 to ${MAX_REPEAT}, found ${op.times}`, at);
          }
          now = this.#repeat(op.body, op.times, now, times, depth);
          break;
        case 'break':
          if (breaks === null) throw new LitmusError('"break" stands outside of every "repeat"', at);
          breaks.push(now);
          now = null;
          break;
        default:
          this.#steps += times;
          now = this.#access(op, now, at);
      }
    }
    return now;
  }

  #repeat(body: readonly Op[], rounds: number, known: Kinds, times: number, depth: number): Kinds | null {
    const breaks: Kinds[] = [];
    const after = this.#ops(body, known, times * rounds, breaks, depth + 1);
    const ends = after === null ? breaks : [...breaks, after];
    return ends.length === 0 ? null : ends.reduce(common);
  }

  #if(
    op: If,
    known: Kinds,
    times: number,
    breaks: Kinds[] | null,
    depth: number,
    at: Position,
  ): Kinds | null {
    this.#steps += times;
    const kinds = [op.lhs, op.rhs].map((side) => this.#kind(side, known, at));
    if (op.cmp !== '==' && op.cmp !== '!=' && kinds.includes('text')) {
      throw new LitmusError(`results of wait can be compared with == and != only, not with ${op.cmp}`, at);
    }
    const text = [op.lhs, op.rhs].find((side) => typeof side === 'string');
    const results = ['ok', 'not-equal', 'timed-out', 'stuck'];
    if (typeof text === 'string' && !results.includes(text)) {
      throw new LitmusError(
        `wait never gives ${quoted(text)}${didYouMean(text, results) || `: it gives ${results.slice(0, 3).join(', ')}`}`,
        at,
      );
    }
    const then = this.#ops(op.then, known, times, breaks, depth + 1);
    const otherwise = this.#ops(op.else, known, times, breaks, depth + 1);
    if (then === null || otherwise === null) return then ?? otherwise;
    return common(then, otherwise);
  }

  #access(op: Access, known: Kinds, at: Position): Kinds {
    checkCell(op, at);
    if ('value' in op) this.#number(op.value, known, at);
    if ('expected' in op) this.#number(op.expected, known, at);
    if (op.op === 'notify' && op.count !== null && (!Number.isInteger(op.count) || op.count < 0)) {
      throw new LitmusError(`notify wakes a whole number of agents, found ${op.count}`, at);
    }
    if (op.op === 'store' || op.reg === null) return known;
    claimRegister(op.reg, this.#name, this.#owners, at);
    return new Map(known).set(op.reg, op.op === 'wait' ? 'text' : 'number');
  }

  #number(value: Comparable, known: Kinds, at: Position): void {
    if (this.#kind(value, known, at) === 'text') {
      const what = isRegister(value) ? value.reg : String(value);
      throw new LitmusError(`${quoted(what)} holds a result of wait, which is no number`, at);
    }
  }

  #kind(value: Comparable, known: Kinds, at: Position): 'number' | 'text' {
    if (!isRegister(value)) return typeof value === 'string' ? 'text' : 'number';
    const kind = known.get(value.reg);
    const place = this.#places.get(value) ?? at;
    if (kind === undefined) {
      const owner = this.#owners.get(value.reg);
      const why =
        owner !== undefined && owner !== this.#name
          ? `it belongs to ${owner}, and threads share memory only`
          : owner === undefined
            ? `nothing before sets it${didYouMean(value.reg, known.keys())}`
            : 'some way to here does not set it';
      throw new LitmusError(`register ${quoted(value.reg)} is read before it is set: ${why}`, place);
    }
    if (kind === 'text' && value.add !== undefined) {
      throw new LitmusError(`${quoted(value.reg)} holds a result of wait, nothing can be added to it`, place);
    }
    return kind;
  }
}

/** What holds on both ways; a register that is a text on one of them is treated as a text. */
function common(a: Kinds, b: Kinds): Kinds {
  const both = new Map<string, 'number' | 'text'>();
  for (const [reg, kind] of a) {
    const other = b.get(reg);
    if (other !== undefined) both.set(reg, kind === 'text' || other === 'text' ? 'text' : 'number');
  }
  return both;
}

function checkClaims(
  program: Program,
  owners: ReadonlyMap<string, string>,
  at: (thing: object) => Position,
): void {
  for (const claim of program.claims) {
    if (isRace(claim)) continue;
    if (claim.when.length === 0)
      throw new LitmusError('this claim compares nothing: write r0 == 0', at(claim));
    for (const { reg } of claim.when) {
      const place = at(claim.when.find((one) => one.reg === reg)!);
      if (!owners.has(reg)) {
        throw new LitmusError(
          `no thread sets register ${quoted(reg)}${didYouMean(reg, owners.keys())}`,
          place,
        );
      }
      if (isHidden(reg)) {
        throw new LitmusError(`${quoted(reg)} begins with _ and is left out of outcomes: rename it`, place);
      }
    }
  }
}

/** A program built in code passes the same checks. Throws LitmusError. */
export function validateBuilt(program: Program): void {
  validate({ value: program, places: new WeakMap() });
}
