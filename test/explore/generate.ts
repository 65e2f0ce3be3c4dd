/** Random small programs for the agreement tests, by kind, so that each kind stays within what the slow reference ends on. */
import fc from 'fast-check';
import {
  cas,
  leave,
  load,
  notify,
  program,
  repeat,
  rmw,
  store,
  wait,
  when,
} from '../../server/src/explore/build.ts';
import type { Detail } from '../../server/src/explore/build.ts';
import type { Cmp, Comparable, Load, Op, Program, RmwName, Value } from '../../server/src/explore/program.ts';

export type ProgramKind = 'bytes' | 'mixed' | 'words' | 'rmw' | 'control' | 'wait' | 'wide';

/** What one access is drawn from, before registers get their names. */
type Draft = (name: Namer) => Op;

interface Namer {
  /** A fresh register of this thread. */
  fresh(): string;
  /** A fresh register that `known` never gives: a result of wait, or set on some ways only. */
  text(): string;
  /** A register that this thread has set to a number, or null. */
  known(which: number): string | null;
}

export function programs(kind: ProgramKind): fc.Arbitrary<Program> {
  const { threads, perThread, total, draft, finals } = KINDS[kind];
  return fc
    .tuple(
      fc.array(fc.array(draft, { minLength: 1, maxLength: perThread }), { minLength: 2, maxLength: threads }),
      fc.option(fc.constantFrom(...finals), { nil: null }),
      fc.integer({ min: 0, max: 4 }),
    )
    .filter(([drafts]) => drafts.flat().length <= total)
    .map(([drafts, final, initial]) => build(drafts, final, initial));
}

function build(
  drafts: readonly (readonly Draft[])[],
  final: (Detail & { loc: string }) | null,
  initial: number,
): Program {
  const threads = drafts.map((thread, index) => {
    const names: string[] = [];
    let texts = 0;
    const namer: Namer = {
      fresh() {
        const name = `r${index}${names.length}`;
        names.push(name);
        return name;
      },
      text: () => `w${index}${texts++}`,
      known: (which) => names[which % Math.max(1, names.length)] ?? null,
    };
    return thread.map((draft) => draft(namer));
  });
  const tail: Load[] = final === null ? [] : [load(final.loc, 'end', final)];
  const init = initial === 0 ? [store('x', 1, { type: 'u8' })] : [];
  return program('generated', threads, { init, final: tail });
}

const order = fc.constantFrom<Detail>({ order: 'sc' }, { order: 'un' });

/** A value to store: a constant, or now and then a register plus something. */
const value = (constants: readonly number[], plain = 7): fc.Arbitrary<(name: Namer) => Value> =>
  fc
    .tuple(fc.constantFrom(...constants), fc.integer({ min: 0, max: plain }), fc.boolean())
    .map(([constant, pick, plus]) => (name) => {
      const reg = pick < 2 ? name.known(pick) : null;
      return reg === null ? constant : plus ? { reg, add: 1 } : { reg };
    });

const accesses = (
  cells: readonly (Detail & { loc: string })[],
  constants: readonly number[],
): fc.Arbitrary<Draft> =>
  fc
    .tuple(fc.constantFrom(...cells), fc.boolean(), order, value(constants))
    .map(([cell, isStore, { order: how }, put]) => (name) => {
      const detail: Detail = {
        ...cell,
        order: cell.dataview === true || cell.type === 'f32' || cell.type === 'f64' ? 'un' : how!,
      };
      return isStore ? store(cell.loc, put(name), detail) : load(cell.loc, name.fresh(), detail);
    });

const rmws = (
  cells: readonly (Detail & { loc: string })[],
  constants: readonly number[],
): fc.Arbitrary<Draft> =>
  fc
    .tuple(
      fc.constantFrom(...cells),
      fc.constantFrom<RmwName | 'cas'>('add', 'sub', 'xor', 'xchg', 'cas', 'cas'),
      value(constants),
      fc.constantFrom(...constants, 0),
      fc.boolean(),
    )
    .map(([cell, op, put, expected, named]) => (name) => {
      const operand = put(name);
      const reg = named ? name.fresh() : null;
      return op === 'cas'
        ? cas(cell.loc, expected, operand, reg, cell)
        : rmw(op, cell.loc, operand, reg, cell);
    });

const BYTES = [
  { loc: 'x', type: 'u8' },
  { loc: 'y', type: 'u8' },
] as const;

const MIXED = [
  { loc: 'x', type: 'u8' },
  { loc: 'x', type: 'i8', offset: 1 },
  { loc: 'x', type: 'u16' },
  { loc: 'x', type: 'u16', dataview: true },
  { loc: 'x', type: 'i16', offset: 1, dataview: true },
  { loc: 'y', type: 'u8' },
] as const;

const WORDS = [
  { loc: 'x', type: 'i32' },
  { loc: 'x', type: 'u16', offset: 2 },
  { loc: 'x', type: 'f32', dataview: true },
  { loc: 'y', type: 'u8' },
] as const;

const WIDE = [
  { loc: 'x', type: 'i64' },
  { loc: 'x', type: 'f64' },
  { loc: 'x', type: 'u32', offset: 4 },
] as const;

const control: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.constantFrom<Cmp>('==', '!=', '<', '>='),
    fc.constantFrom(0, 1, 2),
    fc.array(accesses(BYTES, [1, 2]), { minLength: 1, maxLength: 2 }),
    fc.array(accesses(BYTES, [1]), { maxLength: 1 }),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([cmp, constant, then, otherwise, shape]) => (name) => {
    const reg = name.known(shape);
    const lhs: Comparable = reg === null ? 1 : { reg };
    // Two registers of one thread, where there are two.
    const other = shape === 2 ? name.known(shape + 1) : null;
    const rhs: Comparable = other === null ? constant : { reg: other };
    const inner: Namer = { ...name, fresh: () => name.text(), known: () => reg };
    const body = then.map((draft) => draft(inner));
    const chosen = when(
      lhs,
      cmp,
      rhs,
      body,
      otherwise.map((draft) => draft(inner)),
    );
    return shape === 3 ? repeat(2, [chosen, when(lhs, '==', 1, [leave()])]) : chosen;
  });

const waiting: fc.Arbitrary<Draft> = fc
  .tuple(fc.constantFrom('t', 't', 'u'), fc.integer({ min: 0, max: 9 }), fc.constantFrom(0, 1))
  .map(([loc, pick, constant]) => (name) => {
    if (pick < 4) return wait(loc, constant, name.text(), pick === 0 ? 10 : null);
    if (pick < 7) return notify(loc, pick === 4 ? 1 : null, name.fresh());
    if (pick === 7) return load(loc, name.fresh(), { order: 'sc' });
    return store(loc, 1, { order: pick === 8 ? 'sc' : 'un' });
  });

interface Kind {
  readonly threads: number;
  readonly perThread: number;
  /** Accesses of all threads together. */
  readonly total: number;
  readonly draft: fc.Arbitrary<Draft>;
  readonly finals: readonly (Detail & { loc: string })[];
}

const KINDS: Readonly<Record<ProgramKind, Kind>> = {
  bytes: { threads: 3, perThread: 3, total: 6, draft: accesses(BYTES, [1, 2]), finals: BYTES },
  mixed: {
    threads: 3,
    perThread: 2,
    total: 5,
    draft: accesses(MIXED, [1, 0x0201]),
    finals: MIXED.slice(0, 3),
  },
  words: { threads: 2, perThread: 2, total: 3, draft: accesses(WORDS, [1, 0x0201]), finals: WORDS.slice(3) },
  wide: { threads: 2, perThread: 2, total: 3, draft: accesses(WIDE, [1, 2]), finals: BYTES.slice(1) },
  rmw: {
    threads: 3,
    perThread: 2,
    total: 4,
    draft: fc.oneof(rmws(BYTES, [1, 2]), rmws(BYTES, [1]), accesses(BYTES, [1, 2])),
    finals: BYTES,
  },
  control: {
    threads: 2,
    perThread: 3,
    total: 5,
    draft: fc.oneof(accesses(BYTES, [1, 2]), accesses(BYTES, [1]), control),
    finals: BYTES,
  },
  wait: { threads: 3, perThread: 2, total: 4, draft: waiting, finals: BYTES.slice(1) },
};
