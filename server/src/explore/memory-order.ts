/**
 * Clause "Sequentially Consistent Atomics": is there a total order of all events that respects happens-before and puts no
 * sc write where it must not be? Instead of trying permutations, every reads-from pair (W, R) and every other sc write V
 * of the right range forces V before W, or R before V, or one of the two; an order exists if some choice has no cycle.
 */
import type { Clocks } from './clocks.ts';
import { before, copyTo, order } from './clocks.ts';
import type { Skeleton } from './skeleton.ts';
import { INIT, equalRange } from './skeleton.ts';

/** Reads-from pairs as parallel lists; `sole[i]`: the read reads from nothing else. */
export interface Pairs {
  readonly writers: number[];
  readonly readers: number[];
  readonly sole: boolean[];
}

/** An edge that the clause forces, told to whoever wants to explain it. */
type Forced = (
  first: number,
  second: number,
  why: { readonly writer: number; readonly reader: number; readonly between: number },
) => void;

interface Rules {
  /** Before the repair of 2019: only synchronizing pairs count, but against writes of any order. */
  readonly unrepaired: boolean;
  readonly forced?: Forced;
}

/**
 * Adds to `memory` (a superset of `hb`) all edges that follow without a choice. False if they close a cycle:
 * then no memory order exists. May be called while only some reads are chosen: more pairs only add edges.
 */
export function force(s: Skeleton, hb: Clocks, memory: Clocks, pairs: Pairs, rules: Rules): boolean {
  for (;;) {
    let changed = false;
    for (let pair = 0; pair < pairs.writers.length; pair++) {
      const effect = forcePair(s, hb, memory, pairs, pair, rules);
      if (effect === CYCLE) return false;
      if (effect === CHANGED) changed = true;
    }
    if (!changed) return true;
  }
}

/** Decides what `force` left open. The result is a closed order that fixes every choice, or null if there is none. */
export function settle(s: Skeleton, hb: Clocks, memory: Clocks, pairs: Pairs, rules: Rules): Clocks | null {
  return force(s, hb, memory, pairs, rules) ? decide(s, hb, memory, pairs, rules) : null;
}

/** The same where `force` has just been called with these pairs. The result may be one of `scratch`. */
export function decide(
  s: Skeleton,
  hb: Clocks,
  memory: Clocks,
  pairs: Pairs,
  rules: Rules,
  scratch: Clocks[] = [],
  depth = 0,
): Clocks | null {
  const open = undecided(s, memory, pairs, rules);
  if (open === null) return memory;
  for (const [first, second] of [
    [open.between, open.writer],
    [open.reader, open.between],
  ] as const) {
    const attempt = copyTo(scratch, depth, memory);
    if (!order(s, attempt, first, second) || !force(s, hb, attempt, pairs, rules)) continue;
    const result = decide(s, hb, attempt, pairs, rules, scratch, depth + 1);
    if (result !== null) return result;
  }
  return null;
}

const KEPT = 0;
const CHANGED = 1;
const CYCLE = 2;
type Effect = typeof KEPT | typeof CHANGED | typeof CYCLE;

function forcePair(
  s: Skeleton,
  hb: Clocks,
  memory: Clocks,
  pairs: Pairs,
  pair: number,
  rules: Rules,
): Effect {
  const writer = pairs.writers[pair]!;
  const reader = pairs.readers[pair]!;
  let effect: Effect = KEPT;
  if (writer === INIT) {
    // (iii) with an init write, which happens before every V. In 2017: an edge from init, if R reads nothing else.
    if (s.sc[reader] === 0 || (rules.unrepaired && !pairs.sole[pair])) return KEPT;
    for (const between of rules.unrepaired ? s.equalAny[reader]! : s.equalSc[reader]!) {
      const put = putEdge(s, memory, reader, between, writer, reader, between, rules);
      if (put === CYCLE) return CYCLE;
      if (put === CHANGED) effect = CHANGED;
    }
    return effect;
  }
  if (synchronizes(s, writer, reader)) {
    // (i)
    for (const between of rules.unrepaired ? s.equalAny[reader]! : s.equalSc[reader]!) {
      if (between === writer) continue;
      const put = before(s, memory, writer, between)
        ? putEdge(s, memory, reader, between, writer, reader, between, rules)
        : before(s, memory, between, reader)
          ? putEdge(s, memory, between, writer, writer, reader, between, rules)
          : KEPT;
      if (put === CYCLE) return CYCLE;
      if (put === CHANGED) effect = CHANGED;
    }
    return effect;
  }
  if (rules.unrepaired || !before(s, hb, writer, reader)) return KEPT;
  if (s.sc[writer] === 1) {
    // (ii)
    for (const between of s.equalSc[writer]!) {
      if (between === reader || !before(s, hb, between, reader)) continue;
      const put = putEdge(s, memory, between, writer, writer, reader, between, rules);
      if (put === CYCLE) return CYCLE;
      if (put === CHANGED) effect = CHANGED;
    }
  }
  if (s.sc[reader] === 1) {
    // (iii)
    for (const between of s.equalSc[reader]!) {
      if (between === writer || !before(s, hb, writer, between)) continue;
      const put = putEdge(s, memory, reader, between, writer, reader, between, rules);
      if (put === CYCLE) return CYCLE;
      if (put === CHANGED) effect = CHANGED;
    }
  }
  return effect;
}

function putEdge(
  s: Skeleton,
  memory: Clocks,
  first: number,
  second: number,
  writer: number,
  reader: number,
  between: number,
  rules: Rules,
): Effect {
  if (before(s, memory, first, second)) return KEPT;
  rules.forced?.(first, second, { writer, reader, between });
  return order(s, memory, first, second) ? CHANGED : CYCLE;
}

/** Clause "synchronizes-with" for a pair that is in reads-from. */
export function synchronizes(s: Skeleton, writer: number, reader: number): boolean {
  return s.sc[writer] === 1 && s.sc[reader] === 1 && equalRange(s, writer, reader);
}

function undecided(
  s: Skeleton,
  memory: Clocks,
  pairs: Pairs,
  rules: Rules,
): { writer: number; reader: number; between: number } | null {
  for (let pair = 0; pair < pairs.writers.length; pair++) {
    const writer = pairs.writers[pair]!;
    const reader = pairs.readers[pair]!;
    if (writer === INIT || !synchronizes(s, writer, reader)) continue;
    for (const between of rules.unrepaired ? s.equalAny[reader]! : s.equalSc[reader]!) {
      if (between === writer) continue;
      if (!before(s, memory, between, writer) && !before(s, memory, reader, between)) {
        return { writer, reader, between };
      }
    }
  }
  return null;
}
