/** Abstract values: what an expression may denote, as plain immutable sets. */
import type { Constant } from '../ir/unit.ts';

/** All integers from `lo` to `hi`, both included; infinities where a side is not known. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/**
 * The set of values an expression may have. Invariant: immutable; equal parts are shared, never changed.
 * `tags` say where a value comes from, and travel with arithmetic:
 * `loop:n` differs in each round of loop n; `worker` differs in each instance of a worker;
 * `ticket:n` a number that Atomics.add hands out once; `read:n` depends on event n; `ok:n`/`no:n` true when the
 * compare-exchange of event n went through / did not.
 */
export interface Values {
  readonly num: Interval | null;
  readonly consts: readonly Constant[];
  /** Ids of heap objects. */
  readonly objs: readonly number[];
  /** Something that is not known at all. */
  readonly any: boolean;
  readonly tags: readonly string[];
}

const MAX_OBJECTS = 12;
const MAX_CONSTANTS = 12;
const MAX_TAGS = 12;

export const NONE: Values = { num: null, consts: [], objs: [], any: false, tags: [] };
export const ANY: Values = { ...NONE, any: true };
export const ANY_NUMBER: Interval = { lo: -Infinity, hi: Infinity };

export function number(lo: number, hi = lo): Values {
  return { ...NONE, num: known({ lo, hi }) };
}

/** An interval that is no number on some side (∞ − ∞, 0 · ∞, NaN itself) says nothing. */
function known(interval: Interval): Interval {
  return Number.isNaN(interval.lo) || Number.isNaN(interval.hi) ? ANY_NUMBER : interval;
}

export function object(id: number): Values {
  return { ...NONE, objs: [id] };
}

export function constant(value: Constant): Values {
  return typeof value === 'number' ? number(value) : { ...NONE, consts: [value] };
}

export function tagged(values: Values, tags: readonly string[]): Values {
  const merged = union(values.tags, tags, MAX_TAGS);
  return merged === values.tags ? values : { ...values, tags: merged };
}

export function join(a: Values, b: Values): Values {
  if (a === b || b === NONE) return a;
  if (a === NONE) return b;
  const num = joinIntervals(a.num, b.num);
  const consts = union(a.consts, b.consts, MAX_CONSTANTS);
  const objs = union(a.objs, b.objs, MAX_OBJECTS);
  const tags = union(a.tags, b.tags, MAX_TAGS);
  const any = a.any || b.any;
  if (num === a.num && consts === a.consts && objs === a.objs && tags === a.tags && any === a.any) return a;
  return { num, consts, objs, any, tags };
}

export function joinAll(all: readonly Values[]): Values {
  return all.reduce(join, NONE);
}

function joinIntervals(a: Interval | null, b: Interval | null): Interval | null {
  if (a === null || b === null) return a ?? b;
  if (a.lo <= b.lo && a.hi >= b.hi) return a;
  return { lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) };
}

/** Beyond `limit` the rest is dropped: what is not seen is not reported. */
function union<T>(a: readonly T[], b: readonly T[], limit: number): readonly T[] {
  if (b.length === 0 || a.length >= limit) return a;
  if (a.length === 0) return b;
  const missing = b.filter((item) => !a.includes(item));
  return missing.length === 0 ? a : [...a, ...missing].slice(0, limit);
}

/** The one number that the values must be, else null. */
export function exactNumber(values: Values): number | null {
  const { num, any, objs, consts } = values;
  return num !== null && num.lo === num.hi && !any && objs.length === 0 && consts.length === 0
    ? num.lo
    : null;
}

/** The one string that the values must be, else null. */
export function exactString(values: Values): string | null {
  const strings = values.consts.filter((value) => typeof value === 'string');
  return strings.length === 1 && values.num === null && !values.any ? strings[0]! : null;
}

/** What `if (values)` does: null when both ways are possible. */
export function truth(values: Values): boolean | null {
  if (values.any) return null;
  let mayBeTrue = values.objs.length > 0;
  let mayBeFalse = false;
  for (const value of values.consts) {
    if (value) mayBeTrue = true;
    else mayBeFalse = true;
  }
  if (values.num !== null) {
    const { lo, hi } = values.num;
    if (lo !== 0 || hi !== 0) mayBeTrue = true;
    if (lo <= 0 && hi >= 0) mayBeFalse = true;
  }
  return mayBeTrue === mayBeFalse ? null : mayBeTrue;
}

/** Whether two values must be equal (true), cannot be (false) or may be (null). */
export function equality(a: Values, b: Values): boolean | null {
  if (a.any || b.any || a.objs.length > 0 || b.objs.length > 0) return null;
  const as: Constant[] = a.num === null ? [...a.consts] : [...a.consts, NaN];
  const bs: Constant[] = b.num === null ? [...b.consts] : [...b.consts, NaN];
  if (as.length === 0 || bs.length === 0) return null;
  const [left, right] = [exactNumber(a), exactNumber(b)];
  if (left !== null && right !== null) return left === right;
  if (a.num !== null && b.num !== null && a.num.lo <= b.num.hi && b.num.lo <= a.num.hi) return null;
  const common = a.consts.some((value) => b.consts.includes(value));
  if (!common) return false;
  return a.consts.length === 1 && b.consts.length === 1 && a.num === null && b.num === null ? true : null;
}

export function arithmetic(op: string, a: Values, b: Values): Values {
  const tags =
    op === '%' || op === '&' || op === '^' || isMirror(op, b)
      ? dropDistinct(a.tags, b.tags)
      : union(a.tags, b.tags, MAX_TAGS);
  const [x, y] = [a.num, b.num];
  if (x === null || y === null) {
    if (op === '+' && (a.consts.length > 0 || b.consts.length > 0)) return tagged(concat(a, b), tags);
    return { ...NONE, num: ANY_NUMBER, tags };
  }
  return { ...NONE, num: known(intervalOf(op, x, y)), tags };
}

/** `1 - side` is the other worker's side: it differs from worker to worker, but not from theirs. */
function isMirror(op: string, b: Values): boolean {
  return op === '-' && b.tags.includes('worker');
}

/** `id % 2` no longer differs from worker to worker. */
function dropDistinct(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...a, ...b].filter(
    (tag) => tag !== 'worker' && !tag.startsWith('ticket:') && !tag.startsWith('loop:'),
  );
}

function concat(a: Values, b: Values): Values {
  const [left, right] = [textOf(a), textOf(b)];
  return left === null || right === null ? ANY : constant(left + right);
}

function textOf(values: Values): string | null {
  const num = exactNumber(values);
  if (num !== null) return String(num);
  return values.num === null && !values.any && values.objs.length === 0 && values.consts.length === 1
    ? String(values.consts[0])
    : null;
}

function intervalOf(op: string, x: Interval, y: Interval): Interval {
  switch (op) {
    case '+':
      return { lo: x.lo + y.lo, hi: x.hi + y.hi };
    case '-':
      return { lo: x.lo - y.hi, hi: x.hi - y.lo };
    case '*':
      return corners(x, y, (p, q) => (p === 0 || q === 0 ? 0 : p * q));
    case '<<':
      return y.lo === y.hi && y.lo >= 0 && y.lo < 31 ? corners(x, y, (p, q) => p * 2 ** q) : ANY_NUMBER;
    case '>>':
    case '>>>':
      return y.lo === y.hi && x.lo >= 0 ? corners(x, y, (p, q) => Math.floor(p / 2 ** q)) : ANY_NUMBER;
    case '/':
      return y.lo === y.hi && y.lo > 0 ? { lo: x.lo / y.lo, hi: x.hi / y.lo } : ANY_NUMBER;
    case '%':
      return y.lo > 0 && x.lo >= 0 ? { lo: 0, hi: Math.min(x.hi, y.hi - 1) } : ANY_NUMBER;
    case '&':
      return y.lo === y.hi && y.lo >= 0 ? { lo: 0, hi: y.lo } : ANY_NUMBER;
    case '|':
      return y.lo === 0 && y.hi === 0 ? { lo: Math.trunc(x.lo), hi: Math.trunc(x.hi) } : bits(x, y);
    default:
      return ANY_NUMBER;
  }
}

function bits(x: Interval, y: Interval): Interval {
  return x.lo === x.hi && y.lo === y.hi ? { lo: x.lo | y.lo, hi: x.lo | y.lo } : ANY_NUMBER;
}

function corners(x: Interval, y: Interval, op: (p: number, q: number) => number): Interval {
  const all = [op(x.lo, y.lo), op(x.lo, y.hi), op(x.hi, y.lo), op(x.hi, y.hi)];
  return { lo: Math.min(...all), hi: Math.max(...all) };
}

/** `floor`, `ceil`, `trunc`, `round` of every number in it. */
export function rounded(values: Values, round: (value: number) => number): Values {
  const { num, tags } = values;
  return num === null
    ? { ...NONE, num: ANY_NUMBER, tags }
    : { ...NONE, num: { lo: round(num.lo), hi: round(num.hi) }, tags };
}
