/** Statements inside an agent's column, and the comparisons of claims. */
import type { Position } from '../base/text.ts';
import { MAX_DEPTH } from './limits.ts';
import { exact } from './json.ts';
import type { Piece, Token } from './litmus-tokens.ts';
import { tokens } from './litmus-tokens.ts';
import { typeOfViewName } from './print.ts';
import type {
  Cell,
  Cmp,
  Comparable,
  Comparison,
  ElementType,
  Op,
  RmwName,
  Scalar,
  Value,
} from './program.ts';
import { ELEMENT_TYPES, RMW_METHODS, sizeOf } from './program.ts';
import type { Places } from './source-error.ts';
import { LitmusError, didYouMean, quoted } from './source-error.ts';

/** How bare names were understood, over all columns. */
export interface Names {
  readonly registers: Map<string, Position>;
  readonly cells: Map<string, Position>;
}

/** Statements end at the end of a piece or at `;`. Throws LitmusError. */
export function parseStatements(pieces: readonly Piece[], places: Places, names: Names): readonly Op[] {
  return new Parser(tokens(pieces), places, names).statements(0, null);
}

/** Throws LitmusError if a bare name is a register in one statement and a cell in another. */
export function checkNames({ registers, cells }: Names): void {
  for (const [name, at] of registers) {
    const cell = cells.get(name);
    if (cell === undefined) continue;
    throw new LitmusError(
      `${quoted(name)} is a register here and a cell in line ${cell.line + 1}: rename one, or set the register on the right before it is read`,
      at,
    );
  }
}

/** `r0 == 1 && w != "ok"`. Throws LitmusError. */
export function parseComparisons(piece: Piece, places: Places): readonly Comparison[] {
  return new Parser(tokens([piece]), places, { registers: new Map(), cells: new Map() }).comparisons();
}

/** A cursor over tokens. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #places: Places;
  readonly #names: Names;
  #next = 0;

  constructor(list: readonly Token[], places: Places, names: Names) {
    this.#tokens = list;
    this.#places = places;
    this.#names = names;
  }

  /** `opened`: the brace that is to be closed; null at the top. */
  statements(depth: number, opened: Token | null): readonly Op[] {
    if (depth > MAX_DEPTH) throw this.#error(`nested more than ${MAX_DEPTH} deep`);
    const ops: Op[] = [];
    for (;;) {
      while (this.#peek().kind === 'end' || this.#is(';')) this.#next++;
      const token = this.#peek();
      if (token.kind === 'stop') {
        if (opened !== null) throw new LitmusError('this "{" is never closed in its column', opened.at);
        return ops;
      }
      if (this.#is('}')) {
        if (opened === null) throw this.#error('this "}" closes nothing in its column');
        this.#next++;
        return ops;
      }
      const op = this.#statement(depth);
      this.#places.set(op, token.at);
      ops.push(op);
      if (op.op === 'if' || op.op === 'repeat') continue;
      const after = this.#peek();
      if (after.kind !== 'end' && after.kind !== 'stop' && !this.#is(';') && !this.#is('}')) {
        throw this.#error(`expected the end of the statement, found ${this.#here()}`);
      }
    }
  }

  comparisons(): readonly Comparison[] {
    const found: Comparison[] = [];
    do {
      const at = this.#peek().at;
      const reg = this.#name('a register');
      const cmp = this.#cmp();
      const value = this.#comparable();
      if (typeof value === 'object') throw new LitmusError('a claim compares with constants only', at);
      const comparison: Comparison = { reg, cmp, value };
      this.#places.set(comparison, at);
      found.push(comparison);
    } while (this.#take('&&'));
    if (this.#peek().kind !== 'end') throw this.#error(`expected && or " : ", found ${this.#here()}`);
    return found;
  }

  #statement(depth: number): Op {
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#error(`expected a statement, found ${this.#here()}`);
    switch (token.text) {
      case 'if':
        return this.#if(depth);
      case 'repeat':
        return this.#repeat(depth);
      case 'break':
        this.#next++;
        return { op: 'break' };
      case 'while':
      case 'for':
      case 'do':
        throw this.#error(`"${token.text}" may never end: write repeat 3 { … } with break`);
      case 'else':
        throw this.#error('"else" must follow the "}" of its "if"');
      case 'let':
      case 'const':
      case 'var':
        this.#next++;
        break;
    }
    if (this.#peek().text === 'Atomics') return this.#atomics(null);
    return this.#assignment();
  }

  #if(depth: number): Op {
    this.#next++;
    this.#expect('(');
    const lhs = this.#comparable();
    const cmp = this.#cmp();
    const rhs = this.#comparable();
    this.#expect(')');
    const then = this.#block(depth);
    let otherwise: readonly Op[] = [];
    const mark = this.#next;
    while (this.#peek().kind === 'end') this.#next++;
    if (this.#peek().text === 'else' && this.#peek().kind === 'name') {
      this.#next++;
      if (this.#peek().text === 'if' && this.#peek().kind === 'name') {
        const at = this.#peek().at;
        const nested = this.#if(depth + 1);
        this.#places.set(nested, at);
        otherwise = [nested];
      } else otherwise = this.#block(depth);
    } else this.#next = mark;
    return { op: 'if', lhs, cmp, rhs, then, else: otherwise };
  }

  #repeat(depth: number): Op {
    this.#next++;
    const times = Number(this.#number('how often, like repeat 3 { … }'));
    return { op: 'repeat', times, body: this.#block(depth) };
  }

  #block(depth: number): readonly Op[] {
    const opened = this.#peek();
    this.#expect('{');
    return this.statements(depth + 1, opened);
  }

  /** `x = 1`, `r0 = x`, `r0 = Atomics.load(x)`, `x.setUint16(1, 5, true)`. */
  #assignment(): Op {
    const start = this.#peek();
    const view = this.#view();
    if (view !== null) {
      if (view.what === 'get')
        throw new LitmusError(`assign what it reads: r0 = ${start.text}.get…`, start.at);
      return { op: 'store', ...view.cell, value: view.value, order: 'un', dataview: true };
    }
    const target = this.#cell();
    if (!this.#is('=')) throw this.#error(`expected "=", found ${this.#here()}`);
    this.#next++;
    const right = this.#peek();
    if (right.kind === 'name' && right.text === 'Atomics') {
      const reg = this.#register(target, start);
      return this.#atomics(reg);
    }
    const loaded = this.#view();
    if (loaded !== null) {
      if (loaded.what === 'set') throw new LitmusError('a setter gives nothing to assign', right.at);
      return { op: 'load', ...loaded.cell, reg: this.#register(target, start), order: 'un', dataview: true };
    }
    return this.#plain(target, start, right);
  }

  /** A plain store if the right side is a value, a plain load if it names a cell. */
  #plain(target: CellText, start: Token, right: Token): Op {
    if (right.kind !== 'name' || right.text === 'NaN' || right.text === 'Infinity') {
      return this.#store(target, start);
    }
    const mark = this.#next;
    const source = this.#cell();
    const plainName = source.plain !== null;
    const operator = this.#is('+') || this.#is('-');
    // Registers are named r, r0, _seen, end …; a cell is anything else, so `y = r0` must be told from `r0 = y`:
    // an element on either side decides, then the register that this column knows.
    if (plainName && (operator || target.plain === null || this.#known.has(source.plain))) {
      this.#next = mark;
      return this.#store(target, start);
    }
    if (source.plain !== null) this.#names.cells.set(source.plain, right.at);
    return { op: 'load', ...source.cell, reg: this.#register(target, start), order: 'un', dataview: false };
  }

  #store(target: CellText, start: Token): Op {
    if (target.plain !== null) this.#names.cells.set(target.plain, start.at);
    return { op: 'store', ...target.cell, value: this.#value(), order: 'un', dataview: false };
  }

  /** Registers assigned so far in this column. */
  readonly #known = new Set<string>();

  #register(target: CellText, token: Token): string {
    if (target.plain === null) {
      throw new LitmusError('the result goes to a register: write a name without brackets or dots', token.at);
    }
    this.#known.add(target.plain);
    if (!this.#names.registers.has(target.plain)) this.#names.registers.set(target.plain, token.at);
    return target.plain;
  }

  #atomics(reg: string | null): Op {
    this.#next++;
    this.#expect('.');
    const method = this.#peek();
    const name = this.#name('an operation of Atomics');
    if (!METHODS.includes(name)) {
      throw new LitmusError(
        `unknown operation Atomics.${name}${didYouMean(name, METHODS) || `: write one of ${METHODS.join(' ')}`}`,
        method.at,
      );
    }
    this.#expect('(');
    const { cell } = this.#cell();
    const op = this.#atomic(name, cell, reg, method);
    this.#expect(')');
    return op;
  }

  #atomic(name: string, cell: Cell, reg: string | null, method: Token): Op {
    switch (name) {
      case 'load':
        if (reg === null) throw new LitmusError('assign what it reads: r0 = Atomics.load(…)', method.at);
        return { op: 'load', ...cell, reg, order: 'sc', dataview: false };
      case 'store':
        if (reg !== null)
          throw new LitmusError('Atomics.store gives back what it stored: drop the assignment', method.at);
        return { op: 'store', ...cell, value: this.#argument(), order: 'sc', dataview: false };
      case 'compareExchange': {
        const expected = this.#argument();
        return { op: 'cas', ...cell, expected, value: this.#argument(), reg };
      }
      case 'wait': {
        const expected = this.#argument();
        const timeout = this.#take(',') ? Number(this.#scalar()) : null;
        return { op: 'wait', ...cell, expected, timeout, reg };
      }
      case 'notify': {
        const count = this.#take(',') ? Number(this.#scalar()) : null;
        return { op: 'notify', ...cell, count: count === Infinity ? null : count, reg };
      }
    }
    const op = (Object.keys(RMW_METHODS) as RmwName[]).find((key) => RMW_METHODS[key] === name)!;
    return { op, ...cell, value: this.#argument(), reg };
  }

  #argument(): Value {
    this.#expect(',');
    return this.#value();
  }

  /** `x`, `x[1]`, `x.u16`, `x.u16[3]`, `x.u16@3`. */
  #cell(): CellText {
    const loc = this.#name('a cell or a register');
    let type: ElementType = 'i32';
    let plain = true;
    if (this.#take('.')) {
      plain = false;
      const token = this.#peek();
      const name = this.#name('a type');
      const found = ELEMENT_TYPES.find((candidate) => candidate === name);
      if (found === undefined) {
        throw new LitmusError(
          `unknown type ${quoted(name)}: write one of ${ELEMENT_TYPES.join(' ')}`,
          token.at,
        );
      }
      type = found;
    }
    let offset = 0;
    if (this.#take('@')) {
      plain = false;
      offset = Number(this.#number('an offset in bytes'));
    } else if (this.#take('[')) {
      plain = false;
      offset = Number(this.#number('an index')) * sizeOf(type);
      this.#expect(']');
    }
    return { cell: { loc, type, offset }, plain: plain ? loc : null };
  }

  /** A call of DataView: `x.getUint16(1, true)`; null if there is none here. */
  #view(): View | null {
    const [loc, dot, method, open] = this.#tokens.slice(this.#next, this.#next + 4);
    if (loc?.kind !== 'name' || dot?.text !== '.' || method?.kind !== 'name' || open?.text !== '(')
      return null;
    const match = /^(get|set)(\w+)$/.exec(method.text);
    const type = match === null ? undefined : typeOfViewName(match[2]!);
    if (type === undefined) {
      if (loc.text === 'Atomics') return null;
      throw new LitmusError(
        `unknown method ${quoted(method.text)} of DataView, like getUint16 or setFloat64`,
        method.at,
      );
    }
    this.#next += 4;
    const offset = Number(this.#number('an offset in bytes'));
    const cell = { loc: loc.text, type, offset };
    const value = match![1] === 'set' ? this.#argument() : 0;
    const little = this.#take(',') ? this.#name('true') : sizeOf(type) === 1 ? 'true' : '';
    if (little !== 'true') {
      throw new LitmusError(
        `write true as the last argument of ${method.text}: cells are little-endian, DataView by itself is not`,
        method.at,
      );
    }
    this.#expect(')');
    return { what: match![1] === 'set' ? 'set' : 'get', cell, value };
  }

  #value(): Value {
    const token = this.#peek();
    const value = this.#comparable();
    if (typeof value === 'string')
      throw new LitmusError(`expected a number, found ${quoted(value)}`, token.at);
    return value;
  }

  #comparable(): Comparable {
    const token = this.#peek();
    if (token.kind === 'string') {
      this.#next++;
      return token.text;
    }
    if (token.kind !== 'name' || token.text === 'NaN' || token.text === 'Infinity') return this.#scalar();
    const reg = this.#name('a register');
    const sign = this.#take('+') ? 1 : this.#take('-') ? -1 : 0;
    const add = sign === 0 ? null : this.#scalar();
    const value = add === null ? { reg } : { reg, add: sign === 1 ? add : negated(add) };
    this.#places.set(value, token.at);
    return value;
  }

  #scalar(): Scalar {
    const minus = this.#take('-');
    const token = this.#peek();
    if (token.kind === 'name' && (token.text === 'NaN' || token.text === 'Infinity')) {
      this.#next++;
      return minus ? -Number(token.text) : Number(token.text);
    }
    const value = this.#number('a number');
    return minus ? negated(value) : value;
  }

  #number(what: string): Scalar {
    const token = this.#peek();
    if (token.kind !== 'number') throw this.#error(`expected ${what}, found ${this.#here()}`);
    this.#next++;
    const text = token.text.replace(/n$/, '');
    return /^0x/i.test(text) ? exact(String(BigInt(text))) : exact(text);
  }

  #cmp(): Cmp {
    const token = this.#peek();
    const text = token.text === '===' ? '==' : token.text === '!==' ? '!=' : token.text;
    const found = CMPS.find((candidate) => candidate === text);
    if (token.kind !== 'sign' || found === undefined) {
      throw this.#error(`expected a comparison (${CMPS.join(' ')}), found ${this.#here()}`);
    }
    this.#next++;
    return found;
  }

  #name(what: string): string {
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#error(`expected ${what}, found ${this.#here()}`);
    this.#next++;
    return token.text;
  }

  #peek(): Token {
    // Invariant: the last token is `stop` and nothing steps over it.
    return this.#tokens[this.#next]!;
  }

  #is(sign: string): boolean {
    const token = this.#peek();
    return token.kind === 'sign' && token.text === sign;
  }

  #take(sign: string): boolean {
    if (!this.#is(sign)) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#error(`expected "${sign}", found ${this.#here()}`);
  }

  #here(): string {
    const token = this.#peek();
    return token.kind === 'end' || token.kind === 'stop' ? 'the end of the line' : quoted(token.text);
  }

  #error(message: string): LitmusError {
    return new LitmusError(message, this.#peek().at);
  }
}

interface CellText {
  readonly cell: Cell;
  /** The name alone if nothing else was written: it may be a register. */
  readonly plain: string | null;
}

interface View {
  readonly what: 'get' | 'set';
  readonly cell: Cell;
  readonly value: Value;
}

const CMPS: readonly Cmp[] = ['==', '!=', '<', '<=', '>', '>='];
const METHODS: readonly string[] = [
  'load',
  'store',
  ...Object.values(RMW_METHODS),
  'compareExchange',
  'wait',
  'notify',
];

function negated(value: Scalar): Scalar {
  return -value;
}
