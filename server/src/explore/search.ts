/**
 * All valid executions of one skeleton and one order of critical sections: reads are chosen one after another, and a choice
 * that breaks a clause is dropped at once, because every later choice only adds to happens-before and to the memory order.
 */
import type { CancelCheck } from '../base/cancel.ts';
import { Cancelled } from '../base/cancel.ts';
import type { Clocks } from './clocks.ts';
import { before, copyTo, order } from './clocks.ts';
import { MAX_CHOICES } from './limits.ts';
import type { Pairs } from './memory-order.ts';
import { decide, force, synchronizes } from './memory-order.ts';
import type { InitMode, Model, Scalar } from './program.ts';
import type { SectionOrder } from './sections.ts';
import type { Skeleton } from './skeleton.ts';
import { INIT } from './skeleton.ts';
import type { Source } from './sources.ts';
import { allCoherent, sources } from './sources.ts';
import { Values } from './values.ts';

/** What holds during a whole exploration. */
export interface Budget {
  readonly cancelled: CancelCheck | undefined;
  choices: number;
  /** Set when MAX_CHOICES is reached: the search has stopped before its end. */
  exhausted: boolean;
}

/** A valid execution as the search leaves it; only good during the call of `visit`. */
export interface Found {
  readonly s: Skeleton;
  readonly sections: SectionOrder;
  /** Per read event: where it reads from. */
  readonly chosen: readonly (Source | undefined)[];
  readonly values: Values;
  readonly hb: Clocks;
  readonly pairs: Pairs;
  /** The closed memory order: every total order that contains it is a witness. */
  readonly memory: Clocks;
}

interface SearchRules {
  readonly model: Model;
  readonly init: InitMode;
  /** A read whose larger sets of writes are tried as well; -1: none. Needed for data races only. */
  readonly wide: number;
  readonly budget: Budget;
  /** Keeps a read to values that the caller wants; others are not followed. */
  accepts?(event: number, value: Scalar): boolean;
  /** Return false to end the search. */
  visit(found: Found): boolean;
  /** A cycle of values was met: the text allows any value there, the explorer lists none. */
  thinAir(): void;
}

/** False if `visit` ended the search or the budget is exhausted. */
export function search(s: Skeleton, sections: SectionOrder, rules: SearchRules): boolean {
  const values = new Values(s);
  for (const [event, count] of sections.counts) if (!values.set(event, count)) return true;

  const accepts = (event: number, value: Scalar): boolean => rules.accepts?.(event, value) ?? true;
  const unrepaired = rules.model === 'es2017';
  const memoryRules = { unrepaired };
  const hasMemoryRules = s.sc.some((sc) => sc === 1);
  const chosen: (Source | undefined)[] = Array.from({ length: s.n });
  const order_ = readOrder(s);
  const picked = new Uint8Array(s.n);
  /** Chosen while happens-before could still grow: whether a smaller set would do shows at the end. */
  const unsettled: number[] = [];
  const pairs: Pairs = { writers: [], readers: [], sole: [] };
  /** Scratch orders, one per depth: copying into them costs no garbage. */
  const hbAt: Clocks[] = [];
  const memoryAt: Clocks[] = [];
  const decideAt: Clocks[] = [];
  const cached = new Map<number, readonly Source[]>();

  const pick = (): number => {
    let fallback = -1;
    for (const read of order_) {
      if (picked[read] === 1) continue;
      if (fallback >= 0 && s.sc[read] !== s.sc[fallback]) break;
      if (values.allKnown(s.classes[read]!)) return read;
      if (fallback < 0) fallback = read;
    }
    return fallback;
  };

  const sourcesOf = (read: number): readonly Source[] => {
    const known = cached.get(read);
    if (known !== undefined) return known;
    const found = sources(s, sections.clocks, values.bytes, read, {
      model: rules.model,
      init: rules.init,
      coherent: true,
      unmixed: true,
      tick: () => void spend(rules.budget),
    });
    if (s.classes[read]!.every((group) => group.covers.every((write) => s.constant[write] !== null))) {
      const possible = found.filter(
        ({ value }) => value === null || (values.admits(read, value) && accepts(read, value)),
      );
      cached.set(read, possible);
      return possible;
    }
    return found;
  };

  /** A smaller set of writes gives the same, and will be or has been tried. */
  const redundant = (hb: Clocks, read: number, source: Source): boolean =>
    read !== rules.wide && source.smaller.some((smaller) => allCoherent(s, hb, read, smaller));

  const choose = (depth: number, hb: Clocks, memory: Clocks): boolean => {
    if (depth === order_.length) {
      if (values.hasOpen()) {
        rules.thinAir();
        return true;
      }
      if (unsettled.some((read) => redundant(hb, read, chosen[read]!))) return true;
      const complete = hasMemoryRules ? decide(s, hb, memory, pairs, memoryRules, decideAt) : memory;
      return complete === null || rules.visit({ s, sections, chosen, values, hb, pairs, memory: complete });
    }
    const read = pick();
    const settled = pastIsFinal(s, hb, read, picked);
    if (!settled) unsettled.push(read);
    picked[read] = 1;
    for (const source of sourcesOf(read)) {
      if (!spend(rules.budget)) return false;
      // Most sources fail by what is ordered already: no copy is needed to see it.
      if (!allCoherent(s, hb, read, source) || overtaken(s, memory, read, source)) continue;
      const mark = values.mark();
      const pairMark = pairs.writers.length;
      chosen[read] = source;
      let nextHb = hb;
      let consistent = true;
      for (const writer of source.writers) {
        pairs.writers.push(writer);
        pairs.readers.push(read);
        pairs.sole.push(source.writers.length === 1);
        if (writer === INIT || !synchronizes(s, writer, read)) continue;
        if (nextHb === hb) nextHb = copyTo(hbAt, depth, hb);
        consistent &&= order(s, nextHb, writer, read);
      }
      if (consistent) {
        consistent =
          nextHb === hb
            ? allCoherent(s, hb, read, source)
            : stillCoherent(s, hb, nextHb, chosen, picked, read);
      }
      // Checked with the edges of this source, since a smaller one may need some of them too.
      if (settled && consistent && redundant(nextHb, read, source)) consistent = false;
      let nextMemory = memory;
      if (consistent && hasMemoryRules) {
        nextMemory = copyTo(memoryAt, depth, memory);
        for (const writer of source.writers) {
          if (writer !== INIT && synchronizes(s, writer, read))
            consistent &&= order(s, nextMemory, writer, read);
        }
        consistent &&= force(s, nextHb, nextMemory, pairs, memoryRules);
      }
      consistent &&= values.choose(read, source);
      const goOn = !consistent || choose(depth + 1, nextHb, nextMemory);
      values.undo(mark);
      pairs.writers.length = pairMark;
      pairs.readers.length = pairMark;
      pairs.sole.length = pairMark;
      if (!goOn) return false;
    }
    if (!settled) unsettled.pop();
    chosen[read] = undefined;
    picked[read] = 0;
    return true;
  };
  return choose(0, sections.clocks, sections.clocks.slice());
}

/** Setting up one way through the code, in choices. */
export const SKELETON_COST = 32;

/** Throws Cancelled; false once the budget is used up. */
export function spend(budget: Budget, cost = 1): boolean {
  const before = budget.choices;
  budget.choices += cost;
  if (before >> 8 !== budget.choices >> 8 && budget.cancelled?.() === true) throw new Cancelled();
  if (budget.choices >= MAX_CHOICES) budget.exhausted = true;
  return !budget.exhausted;
}

/** Reads that may synchronize first, since they decide happens-before; among them those that a branch depends on. */
function readOrder(s: Skeleton): readonly number[] {
  const weight = (read: number): number => 2 * s.sc[read]! + (s.constraintsOf[read]!.length > 0 ? 1 : 0);
  return [...s.reads].sort((a, b) => weight(b) - weight(a) || a - b);
}

/** True if an atomic write of the same range lies in memory order between the read and one that it synchronizes with. */
function overtaken(s: Skeleton, memory: Clocks, read: number, source: Source): boolean {
  if (s.sc[read] === 0) return false;
  for (const writer of source.writers) {
    if (writer === INIT || !synchronizes(s, writer, read)) continue;
    if (before(s, memory, read, writer)) return true;
    for (const between of s.equalSc[read]!) {
      if (before(s, memory, writer, between) && before(s, memory, between, read)) return true;
    }
  }
  return false;
}

/** True if what happens before the read, and before the writes that it could be compared with, is what it was. */
function unmoved(s: Skeleton, hb: Clocks, nextHb: Clocks, read: number): boolean {
  if (!sameRow(s, hb, nextHb, read)) return false;
  for (const group of s.classes[read]!) {
    for (const write of group.covers) if (!sameRow(s, hb, nextHb, write)) return false;
  }
  return true;
}

function sameRow(s: Skeleton, hb: Clocks, nextHb: Clocks, event: number): boolean {
  const from = event * s.agents;
  for (let index = from; index < from + s.agents; index++) if (hb[index] !== nextHb[index]) return false;
  return true;
}

/** The reads chosen so far whose past has grown, and the new one, are coherent. */
function stillCoherent(
  s: Skeleton,
  hb: Clocks,
  nextHb: Clocks,
  chosen: readonly (Source | undefined)[],
  picked: Uint8Array,
  latest: number,
): boolean {
  for (const read of s.reads) {
    if (picked[read] === 0) continue;
    if (read !== latest && unmoved(s, hb, nextHb, read)) continue;
    if (!allCoherent(s, nextHb, read, chosen[read]!)) return false;
  }
  return true;
}

/** True if no choice still to be made can add to what happens before the read, unless the read itself synchronizes. */
function pastIsFinal(s: Skeleton, hb: Clocks, read: number, picked: Uint8Array): boolean {
  for (let agent = 0; agent < s.agents; agent++) {
    const list = s.lists[agent]!;
    const count = hb[read * s.agents + agent]!;
    for (let position = 0; position < count; position++) {
      const event = list[position]!;
      if (s.sc[event] === 1 && picked[event] === 0 && s.classes[event]!.length > 0) return false;
    }
  }
  return true;
}
