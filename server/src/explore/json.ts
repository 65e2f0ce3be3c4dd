/** `*.litmus.json`, as the contract has it, with three additions: `agents`, `question`/`source`/`claims`, and `repeat`/`break`. */
import { agentName } from './build.ts';
import type { Json } from './json-text.ts';
import { describeJson, parseJson } from './json-text.ts';
import { literal } from './numbers.ts';
import type {
  Break,
  Claim,
  Cmp,
  Comparable,
  Comparison,
  ElementType,
  Load,
  Op,
  Order,
  Program,
  Scalar,
  Store,
  Under,
  Value,
} from './program.ts';
import { ELEMENT_TYPES, RMW_METHODS, isRace, isRmwName } from './program.ts';
import type { Parsed, Places } from './source-error.ts';
import { LitmusError, didYouMean, quoted } from './source-error.ts';

/** Throws LitmusError. The result still has to pass `validate`. */
export function parseLitmusJson(text: string): Parsed<Program> {
  const places: Places = new WeakMap();
  const json = parseJson(text);
  const top = new Fields(json, 'the program', places);
  const threads = top.list('threads').map((thread) => {
    const ops = opsOf(thread, 'a thread', places);
    places.set(ops, thread.at);
    return ops;
  });
  const named = top.has('agents') ? top.list('agents').map((name) => textOf(name, 'an agent')) : [];
  const program: Program = {
    name: top.has('name') ? top.text('name') : 'unnamed',
    question: top.has('question') ? top.text('question') : '',
    source: top.has('source') ? top.text('source') : '',
    init: top.has('init') ? top.list('init').map((one) => initStore(one, places)) : [],
    agents: threads.map((_, index) => named[index] ?? agentName(index)),
    threads,
    final: top.has('final') ? top.list('final').map((one) => finalLoad(one, places)) : [],
    claims: top.has('claims') ? top.list('claims').map((one) => claimOf(one, places)) : [],
  };
  places.set(program, json.at);
  return { value: program, places };
}

/** Pretty-printed, defaults written out; `parseLitmusJson` gives the same program back. */
export function printLitmusJson(program: Program): string {
  const { name, question, source, init, agents, threads, final, claims } = program;
  const plain = {
    name,
    ...(question === '' ? {} : { question }),
    ...(source === '' ? {} : { source }),
    ...(agents.every((agent, index) => agent === agentName(index)) ? {} : { agents }),
    init: init.map(({ loc, type, offset, value, dataview }) => ({
      loc,
      type,
      offset,
      value,
      ...(dataview ? { dataview } : {}),
    })),
    threads: threads.map((thread) => thread.map(opToJson)),
    final: final.map(opToJson),
    ...(claims.length === 0 ? {} : { claims }),
  };
  return JSON.stringify(plain, forJson, 2) + '\n';
}

/** Numbers that JSON has no number for are strings; so are BigInts that a double cannot hold. */
function forJson(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return literal(value);
  return value;
}

function opToJson(op: Op): object {
  switch (op.op) {
    case 'if':
      return { ...op, then: op.then.map(opToJson), else: op.else.map(opToJson) };
    case 'repeat':
      return { ...op, body: op.body.map(opToJson) };
    case 'break':
      return op;
    case 'store':
    case 'load': {
      const { dataview, ...rest } = op;
      return dataview ? op : rest;
    }
    default:
      return Object.fromEntries(Object.entries(op).filter(([, value]) => value !== null));
  }
}

/** Reads fields of one JSON object; what is missing or wrong becomes an error at its place. */
class Fields {
  readonly json: Json;
  readonly what: string;
  readonly places: Places;
  readonly #fields: ReadonlyMap<string, Json>;

  constructor(json: Json, what: string, places: Places) {
    if (json.j !== 'object')
      throw new LitmusError(`${what} must be an object, found ${describeJson(json)}`, json.at);
    this.json = json;
    this.what = what;
    this.places = places;
    this.#fields = json.fields;
  }

  has(key: string): boolean {
    const field = this.#fields.get(key);
    return field !== undefined && field.j !== 'null';
  }

  get(key: string): Json {
    const field = this.#fields.get(key);
    if (field === undefined) {
      throw new LitmusError(
        `${this.what} needs the field "${key}"${didYouMean(key, this.#fields.keys())}`,
        this.json.at,
      );
    }
    return field;
  }

  text(key: string): string {
    return textOf(this.get(key), `"${key}"`);
  }

  list(key: string): readonly Json[] {
    const field = this.get(key);
    if (field.j !== 'array')
      throw new LitmusError(`"${key}" must be a list, found ${describeJson(field)}`, field.at);
    return field.items;
  }

  integer(key: string): number {
    const field = this.get(key);
    const number = field.j === 'number' ? Number(field.text) : NaN;
    if (!Number.isInteger(number) || number < 0) {
      throw new LitmusError(`"${key}" must be a whole number from 0, found ${describeJson(field)}`, field.at);
    }
    return number;
  }

  word<T extends string>(key: string, known: readonly T[]): T {
    const field = this.get(key);
    const text = textOf(field, `"${key}"`);
    const found = known.find((word) => word === text);
    if (found === undefined) {
      throw new LitmusError(`unknown ${key} ${quoted(text)}: write one of ${known.join(' ')}`, field.at);
    }
    return found;
  }

  /** A register name, or null where none is given. */
  reg(): string | null {
    return this.has('reg') ? this.text('reg') : null;
  }

  value(key: string): Value {
    const field = this.get(key);
    const value = comparable(field, key, this.places);
    if (typeof value === 'string') {
      throw new LitmusError(
        `"${key}" must be a number or { "reg": … }, found ${describeJson(field)}`,
        field.at,
      );
    }
    return value;
  }

  comparable(key: string): Comparable {
    return comparable(this.get(key), key, this.places);
  }

  cell(): { loc: string; type: ElementType; offset: number } {
    return {
      loc: this.text('loc'),
      type: this.has('type') ? this.word('type', ELEMENT_TYPES) : 'i32',
      offset: this.has('offset') ? this.integer('offset') : 0,
    };
  }

  plainness(): { order: Order; dataview: boolean } {
    return {
      order: this.has('order') ? this.word('order', ['sc', 'un']) : 'un',
      dataview: this.has('dataview') && this.get('dataview').j === 'true',
    };
  }
}

const OPS = ['store', 'load', ...Object.keys(RMW_METHODS), 'cas', 'if', 'wait', 'notify', 'repeat', 'break'];

function opsOf(json: Json, what: string, places: Places): readonly Op[] {
  if (json.j !== 'array')
    throw new LitmusError(`${what} must be a list of ops, found ${describeJson(json)}`, json.at);
  return json.items.map((item) => opOf(item, places));
}

function opOf(json: Json, places: Places): Op {
  const fields = new Fields(json, 'an op', places);
  const op = readOp(fields, places);
  places.set(op, json.at);
  return op;
}

function readOp(fields: Fields, places: Places): Op {
  const name = fields.text('op');
  switch (name) {
    case 'store':
      return { op: name, ...fields.cell(), value: fields.value('value'), ...fields.plainness() };
    case 'load':
      return { op: name, ...fields.cell(), reg: fields.text('reg'), ...fields.plainness() };
    case 'cas':
      refusePlain(fields);
      return {
        op: name,
        ...fields.cell(),
        expected: fields.value('expected'),
        value: fields.value('value'),
        reg: fields.reg(),
      };
    case 'wait':
      refusePlain(fields);
      return {
        op: name,
        ...fields.cell(),
        expected: fields.value('expected'),
        timeout: fields.has('timeout') ? timeoutOf(fields) : null,
        reg: fields.reg(),
      };
    case 'notify':
      refusePlain(fields);
      return {
        op: name,
        ...fields.cell(),
        count: fields.has('count') ? fields.integer('count') : null,
        reg: fields.reg(),
      };
    case 'if':
      return {
        op: name,
        lhs: fields.comparable('lhs'),
        cmp: fields.word('cmp', CMPS),
        rhs: fields.comparable('rhs'),
        then: fields.has('then') ? opsOf(fields.get('then'), '"then"', places) : [],
        else: fields.has('else') ? opsOf(fields.get('else'), '"else"', places) : [],
      };
    case 'repeat':
      return { op: name, times: fields.integer('times'), body: opsOf(fields.get('body'), '"body"', places) };
    case 'break': {
      const leave: Break = { op: name };
      return leave;
    }
    case 'while':
    case 'loop':
    case 'for':
      throw new LitmusError(
        `"${name}" may never end: write { "op": "repeat", "times": 3, "body": […] } with { "op": "break" }`,
        fields.get('op').at,
      );
  }
  if (isRmwName(name)) {
    refusePlain(fields);
    return { op: name, ...fields.cell(), value: fields.value('value'), reg: fields.reg() };
  }
  throw new LitmusError(
    `unknown op ${quoted(name)}${didYouMean(name, OPS) || `: write one of ${OPS.join(' ')}`}`,
    fields.get('op').at,
  );
}

const CMPS: readonly Cmp[] = ['==', '!=', '<', '<=', '>', '>='];

function refusePlain(fields: Fields): void {
  if (fields.has('order') && fields.text('order') !== 'sc') {
    throw new LitmusError(
      `"${fields.text('op')}" is an operation of Atomics and always "sc": leave "order" out`,
      fields.get('order').at,
    );
  }
  if (fields.has('dataview') && fields.get('dataview').j === 'true') {
    throw new LitmusError(
      `DataView has no atomic operations: leave "dataview" out of "${fields.text('op')}"`,
      fields.get('dataview').at,
    );
  }
}

function timeoutOf(fields: Fields): number {
  const field = fields.get('timeout');
  const value = numberOf(field);
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new LitmusError(
      `"timeout" must be a number of milliseconds, found ${describeJson(field)}`,
      field.at,
    );
  }
  return value;
}

function initStore(json: Json, places: Places): Store {
  const fields = new Fields(json, 'an init store', places);
  const store: Store = { op: 'store', ...fields.cell(), value: fields.value('value'), ...fields.plainness() };
  places.set(store, json.at);
  return store;
}

function finalLoad(json: Json, places: Places): Load {
  const op = opOf(json, places);
  if (op.op !== 'load') throw new LitmusError(`"final" holds loads only, found "${op.op}"`, json.at);
  return op;
}

function claimOf(json: Json, places: Places): Claim {
  const fields = new Fields(json, 'a claim', places);
  const verdict = fields.word('verdict', ['exists', 'forbidden', 'race', 'race-free']);
  const unders: readonly Under[] = ['es2017', 'sc', 'tso', 'tear-free'];
  const under = fields.has('under') ? fields.word('under', unders) : null;
  const why = fields.has('why') ? fields.text('why') : '';
  const claim: Claim =
    verdict === 'race' || verdict === 'race-free'
      ? { verdict, under, why }
      : { verdict, under, why, when: fields.list('when').map((one) => comparisonOf(one, places)) };
  places.set(claim, json.at);
  if (!isRace(claim)) places.set(claim.when, json.at);
  return claim;
}

function comparisonOf(json: Json, places: Places): Comparison {
  const fields = new Fields(json, 'a comparison', places);
  const value = fields.comparable('value');
  if (typeof value === 'object')
    throw new LitmusError('a claim compares with constants only', fields.get('value').at);
  const comparison: Comparison = { reg: fields.text('reg'), cmp: fields.word('cmp', CMPS), value };
  places.set(comparison, json.at);
  return comparison;
}

function textOf(json: Json, what: string): string {
  if (json.j !== 'string')
    throw new LitmusError(`${what} must be a text, found ${describeJson(json)}`, json.at);
  return json.text;
}

function comparable(json: Json, key: string, places: Places): Comparable {
  if (json.j === 'object') {
    const fields = new Fields(json, `"${key}"`, places);
    const add = fields.has('add') ? numberOf(fields.get('add')) : undefined;
    if (typeof add === 'string' || add === null) {
      throw new LitmusError('"add" must be a number', fields.get('add').at);
    }
    const value = { reg: fields.text('reg'), ...(add === undefined ? {} : { add }) };
    places.set(value, json.at);
    return value;
  }
  const number = numberOf(json);
  if (number !== null) return number;
  throw new LitmusError(
    `"${key}" must be a number, a text or { "reg": … }, found ${describeJson(json)}`,
    json.at,
  );
}

/** A number, a text that says a number which JSON cannot, another text, or null. */
function numberOf(json: Json): Scalar | string | null {
  if (json.j === 'number') return exact(json.text);
  if (json.j !== 'string') return null;
  if (/^-?\d+n?$/.test(json.text)) return exact(json.text.replace('n', ''));
  return ['NaN', 'Infinity', '-Infinity'].includes(json.text) ? Number(json.text) : json.text;
}

/** A Number where it is exact, a BigInt where only that is. */
export function exact(text: string): Scalar {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}
