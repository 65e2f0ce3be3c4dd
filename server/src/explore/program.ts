/**
 * The litmus program: two to four agents, a few shared cells, and what its author claims about the outcomes.
 * Plain data, the same shape as `*.litmus.json` with its defaults filled in; built by the parsers, by `build.ts`, or by hand.
 */

export type ElementType = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64';

/** `sc`: through Atomics; `un`: a plain element or DataView access. */
export type Order = 'sc' | 'un';

/** What a cell can hold. i64 and u64 are BigInt in JavaScript and here. */
export type Scalar = number | bigint;

/** A register of the same agent, plus a constant. */
export interface FromRegister {
  readonly reg: string;
  readonly add?: Scalar;
}

export type Value = Scalar | FromRegister;

/** What `if` compares: `ok` and its like are results of `wait`. */
export type Comparable = Value | string;

export type Cmp = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** One element of a shared block that holds zeros at the start. `offset` in bytes; values are little-endian. */
export interface Cell {
  readonly loc: string;
  readonly type: ElementType;
  readonly offset: number;
}

export interface Store extends Cell {
  readonly op: 'store';
  readonly value: Value;
  readonly order: Order;
  /** Through DataView: may be unaligned and may tear. */
  readonly dataview: boolean;
}

export interface Load extends Cell {
  readonly op: 'load';
  readonly reg: string;
  readonly order: Order;
  readonly dataview: boolean;
}

export type RmwName = 'add' | 'sub' | 'and' | 'or' | 'xor' | 'xchg';

/** A read-modify-write of Atomics; the register gets the old value. */
export interface Rmw extends Cell {
  readonly op: RmwName;
  readonly value: Value;
  readonly reg: string | null;
}

export interface Cas extends Cell {
  readonly op: 'cas';
  readonly expected: Value;
  readonly value: Value;
  readonly reg: string | null;
}

export interface Wait extends Cell {
  readonly op: 'wait';
  readonly expected: Value;
  /** Milliseconds; null waits for ever. Only the difference between the two matters to the model. */
  readonly timeout: number | null;
  readonly reg: string | null;
}

export interface Notify extends Cell {
  readonly op: 'notify';
  /** null: everybody. */
  readonly count: number | null;
  readonly reg: string | null;
}

export interface If {
  readonly op: 'if';
  readonly lhs: Comparable;
  readonly cmp: Cmp;
  readonly rhs: Comparable;
  readonly then: readonly Op[];
  readonly else: readonly Op[];
}

/** At most `times` rounds; `break` leaves the innermost one. An addition to the contract's list of ops. */
export interface Repeat {
  readonly op: 'repeat';
  readonly times: number;
  readonly body: readonly Op[];
}

export interface Break {
  readonly op: 'break';
}

export type Access = Store | Load | Rmw | Cas | Wait | Notify;
export type Op = Access | If | Repeat | Break;

/** `es`: the current standard. `es2017`: before the repair of 2019. `sc`: all interleavings. `tso`: what x86 can show. */
export type Model = 'es' | 'es2017' | 'sc' | 'tso';

/** `literal`: zero-initialisation is one write per byte, as the text has it; `tear-free`: one write per cell. */
export type InitMode = 'literal' | 'tear-free';

/** Which reading of the standard a claim is about; null is the current standard, taken literally. */
export type Under = Exclude<Model, 'es'> | 'tear-free';

export interface Comparison {
  readonly reg: string;
  readonly cmp: Cmp;
  readonly value: Scalar | string;
}

/** What the author claims: that some outcome satisfies all comparisons, or that none does. */
export interface OutcomeClaim {
  readonly verdict: 'exists' | 'forbidden';
  readonly under: Under | null;
  readonly when: readonly Comparison[];
  readonly why: string;
}

export interface RaceClaim {
  readonly verdict: 'race' | 'race-free';
  readonly under: Under | null;
  readonly why: string;
}

export type Claim = OutcomeClaim | RaceClaim;

export interface Program {
  readonly name: string;
  /** The question that the program answers; empty if it was not given. */
  readonly question: string;
  readonly source: string;
  /** Plain stores of the main agent before the others start. */
  readonly init: readonly Store[];
  /** One name per thread. */
  readonly agents: readonly string[];
  readonly threads: readonly (readonly Op[])[];
  /** Plain loads of the main agent after all others have ended. */
  readonly final: readonly Load[];
  readonly claims: readonly Claim[];
}

export const ELEMENT_TYPES: readonly ElementType[] = [
  'i8',
  'u8',
  'i16',
  'u16',
  'i32',
  'u32',
  'i64',
  'u64',
  'f32',
  'f64',
];

const SIZES: Readonly<Record<ElementType, number>> = {
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

/** Bytes of one element. */
export function sizeOf(type: ElementType): number {
  return SIZES[type];
}

export function isFloat(type: ElementType): boolean {
  return type === 'f32' || type === 'f64';
}

export function isBig(type: ElementType): boolean {
  return type === 'i64' || type === 'u64';
}

/** The [[NoTear]] field that GetValueFromBuffer and SetValueInBuffer give to an access (IsNoTearConfiguration). */
export function isNoTear(type: ElementType, order: Order, dataview: boolean): boolean {
  return order === 'sc' || (!dataview && !isFloat(type) && !isBig(type));
}

/** Registers that an outcome leaves out. */
export function isHidden(register: string): boolean {
  return register.startsWith('_');
}

export function isRegister(value: Comparable): value is FromRegister {
  return typeof value === 'object';
}

export function isRace(claim: Claim): claim is RaceClaim {
  return claim.verdict === 'race' || claim.verdict === 'race-free';
}

/** The kinds of read-modify-write that `Atomics` has, by its own names. */
export const RMW_METHODS: Readonly<Record<RmwName, string>> = {
  add: 'add',
  sub: 'sub',
  and: 'and',
  or: 'or',
  xor: 'xor',
  xchg: 'exchange',
};

export function isRmwName(op: string): op is RmwName {
  return Object.hasOwn(RMW_METHODS, op);
}
