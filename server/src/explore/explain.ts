/** Why an outcome is forbidden: each candidate execution that would give it, and the clause that it breaks. */
import type { CancelCheck } from '../base/cancel.ts';
import type { Clocks } from './clocks.ts';
import { before, order } from './clocks.ts';
import { compare } from './compare.ts';
import { skeletons } from './skeletons.ts';
import { force, settle, synchronizes } from './memory-order.ts';
import type { Pairs } from './memory-order.ts';
import type { Comparison, InitMode, Program, Scalar } from './program.ts';
import type { Budget } from './search.ts';
import { SKELETON_COST, spend } from './search.ts';
import type { SectionOrder } from './sections.ts';
import { sectionOrders } from './sections.ts';
import type { Skeleton } from './skeleton.ts';
import { INIT } from './skeleton.ts';
import type { Source } from './sources.ts';
import { coherent, mayMix, sources } from './sources.ts';
import { Values } from './values.ts';
import { eventText } from './witness.ts';

export type Clause =
  'happens-before' | 'Coherent Reads' | 'Tear Free Reads' | 'Sequentially Consistent Atomics';

/** One candidate execution and what is wrong with it. */
export interface Refusal {
  /** Where the reads take their values: `r0 from the initial 0`. */
  readonly reads: readonly string[];
  readonly clause: Clause;
  /** One sentence with the events named. */
  readonly why: string;
}

export interface Explanation {
  /** True: some candidate is valid, so the outcome is allowed after all. */
  readonly allowed: boolean;
  /** Candidates that differ in where the reads read from; those that read from more writes than needed are left out. */
  readonly refusals: readonly Refusal[];
  /** Candidates beyond the first `MAX_REFUSALS`. */
  readonly more: number;
  /** False if the search for candidates was stopped: there are more still. */
  readonly complete: boolean;
  /** Set if there is no candidate at all: no choice of reads gives the values. */
  readonly none: string | null;
}

export interface ExplainOptions {
  readonly model?: 'es' | 'es2017';
  readonly init?: InitMode;
  readonly cancelled?: CancelCheck;
  /** True: `when` is a whole outcome, and registers that it does not name are not assigned. */
  readonly whole?: boolean;
}

const MAX_REFUSALS = 64;
/** Choices made in search of candidates. Few are needed to say why; all of them only where they are few. */
const MAX_TRIED = 100_000;

/**
 * `when`: what the outcome is, or the part of it that matters; meant for outcomes that `explore` does not list.
 * Throws Cancelled and TooLarge.
 */
export function explain(
  program: Program,
  when: readonly Comparison[],
  options: ExplainOptions = {},
): Explanation {
  const whole = attempt(program, when, options, true);
  // Only where no read of whole values gives the outcome is it worth showing how a torn one would.
  return whole.none === null ? whole : attempt(program, when, options, false);
}

function attempt(
  program: Program,
  when: readonly Comparison[],
  options: ExplainOptions,
  unmixed: boolean,
): Explanation {
  const budget: Budget = { cancelled: options.cancelled, choices: 0, exhausted: false };
  const rules = { unrepaired: options.model === 'es2017' };
  const init = options.init ?? 'literal';
  const all = skeletons(program);
  const refusals: Refusal[] = [];
  const told = new Set<string>();
  let more = 0;
  let allowed = false as boolean;
  for (const s of all.each()) {
    const wanted = wantedValues(s, when);
    if (wanted === null || (options.whole === true && s.registers.length > when.length)) continue;
    if (!spend(budget, SKELETON_COST)) break;
    sectionOrders(
      s,
      () => !allowed && spend(budget),
      (sections) => {
        if (allowed || budget.exhausted) return;
        candidates(s, sections, wanted, { init, unmixed, budget }, (chosen, values) => {
          if (!when.every((one) => holds(s, values, one))) return true;
          const refusal = judge(s, sections, chosen, init, rules, all.agents);
          if (refusal === null) {
            allowed = true;
            return false;
          }
          const key = `${refusal.reads.join()}|${refusal.why}`;
          if (told.has(key)) return true;
          told.add(key);
          if (refusals.length < MAX_REFUSALS) refusals.push(refusal);
          else more++;
          return true;
        });
      },
    );
    if (allowed) return { allowed, refusals: [], more: 0, complete: true, none: null };
    if (budget.exhausted) break;
  }
  const none =
    refusals.length > 0 ? null : 'no choice of reads gives these values: nothing in the program writes them';
  return { allowed, refusals, more, complete: !budget.exhausted, none };
}

type Wanted = ReadonlyMap<number, readonly Comparison[]>;

/** Comparisons by the event whose result they test; null if this way through the code does not assign a register. */
function wantedValues(s: Skeleton, when: readonly Comparison[]): Wanted | null {
  const wanted = new Map<number, Comparison[]>();
  for (const one of when) {
    const register = s.registers.find(({ name }) => name === one.reg);
    if (register === undefined) return null;
    const { value } = register;
    if (value.k === 'const' && !compare(value.value, one.cmp, one.value)) return null;
    if (value.k === 'result' && value.add === null)
      wanted.set(value.event, [...(wanted.get(value.event) ?? []), one]);
  }
  return wanted;
}

function holds(s: Skeleton, values: Values, one: Comparison): boolean {
  const register = s.registers.find(({ name }) => name === one.reg)!;
  const value = values.operand(register.value);
  return value !== undefined && compare(value, one.cmp, one.value);
}

/** All choices of sources whose values agree with the branches and the wanted values; no clause is asked. */
function candidates(
  s: Skeleton,
  sections: SectionOrder,
  wanted: Wanted,
  rules: { readonly init: InitMode; readonly unmixed: boolean; readonly budget: Budget },
  visit: (chosen: readonly Source[], values: Values) => boolean,
): void {
  const values = new Values(s);
  const fits = (event: number, value: Scalar): boolean =>
    (wanted.get(event) ?? []).every(({ cmp, value: right }) => compare(value, cmp, right));
  for (const [event, count] of sections.counts) if (!fits(event, count) || !values.set(event, count)) return;
  const chosen: Source[] = [];
  const choose = (index: number): boolean => {
    const read = s.reads[index];
    if (read === undefined) return values.hasOpen() || visit(chosen, values);
    const found = sources(s, sections.clocks, values.bytes, read, {
      model: 'es',
      init: rules.init,
      coherent: false,
      unmixed: rules.unmixed,
      tick: () => void spend(rules.budget),
    });
    for (const source of found) {
      // A larger set of writes for the same bytes is never needed to show a candidate.
      if (source.smaller.length > 0 || (source.value !== null && !fits(read, source.value))) continue;
      if (!spend(rules.budget)) return false;
      if (rules.budget.choices >= MAX_TRIED) rules.budget.exhausted = true;
      const mark = values.mark();
      chosen[read] = source;
      const goOn = !values.choose(read, source) || choose(index + 1);
      values.undo(mark);
      if (!goOn) return false;
    }
    return true;
  };
  choose(0);
}

/** The first clause that the candidate breaks, or null if it is valid. */
function judge(
  s: Skeleton,
  sections: SectionOrder,
  chosen: readonly Source[],
  init: InitMode,
  rules: { readonly unrepaired: boolean },
  agents: readonly string[],
): Refusal | null {
  const name = (event: number): string =>
    event === INIT ? 'the initial 0' : `${agents[s.agentOf[event]!]!}'s "${eventText(s, event)}"`;
  const reads = s.reads.map((read) => `${readName(s, read)} from ${list(chosen[read]!.writers.map(name))}`);
  const pairs: Pairs = { writers: [], readers: [], sole: [] };
  const edges: Edge[] = knownEdges(s, sections);
  const hb = sections.clocks.slice();
  for (const read of s.reads) {
    const source = chosen[read]!;
    for (const writer of source.writers) {
      pairs.writers.push(writer);
      pairs.readers.push(read);
      pairs.sole.push(source.writers.length === 1);
      if (writer === INIT || !synchronizes(s, writer, read)) continue;
      const edge: Edge = { first: writer, second: read, why: 'synchronizes' };
      if (!order(s, hb, writer, read)) {
        const why = `happens-before would run in a circle: ${circle(edges, edge, name)}`;
        return { reads, clause: 'happens-before', why };
      }
      edges.push(edge);
    }
  }
  for (const read of s.reads) {
    const why = incoherence(s, hb, read, chosen[read]!, name) ?? null;
    if (why !== null) return { reads, clause: 'Coherent Reads', why };
  }
  for (const read of s.reads) {
    const { writers } = chosen[read]!;
    for (const [index, a] of writers.entries()) {
      const b = writers.slice(index + 1).find((other) => !mayMix(s, read, a, other, init));
      if (b === undefined) continue;
      const why = `${name(read)} would mix bytes of ${name(a)} and ${name(b)}, but accesses of this kind do not tear`;
      return { reads, clause: 'Tear Free Reads', why };
    }
  }
  const why = noMemoryOrder(s, hb, hb.slice(), pairs, rules, edges, name);
  return why === null ? null : { reads, clause: 'Sequentially Consistent Atomics', why };
}

interface Edge {
  readonly first: number;
  readonly second: number;
  readonly why: string;
}

function knownEdges(s: Skeleton, sections: SectionOrder): Edge[] {
  const edges: Edge[] = [];
  for (const events of s.lists) {
    events.slice(1).forEach((second, index) => {
      edges.push({ first: events[index]!, second, why: 'agent order' });
    });
  }
  for (const [first, second] of sections.edges) edges.push({ first, second, why: 'critical sections' });
  const [main, ...workers] = s.lists;
  for (const event of main!) {
    for (const events of workers) {
      const [start, end] = [events[0], events.at(-1)];
      if (start !== undefined && before(s, s.base, event, start)) {
        edges.push({ first: event, second: start, why: 'the agent starts' });
      }
      if (end !== undefined && before(s, s.base, end, event)) {
        edges.push({ first: end, second: event, why: 'the agent ends' });
      }
    }
  }
  return edges;
}

type Name = (event: number) => string;

function incoherence(s: Skeleton, hb: Clocks, read: number, source: Source, name: Name): string | null {
  for (const { group, oneOf } of source.needs) {
    if (oneOf.some((writer) => coherent(s, hb, read, writer, group))) continue;
    const writer = oneOf[0]!;
    if (writer !== INIT && before(s, hb, read, writer)) {
      return `${name(read)} happens before ${name(writer)} and cannot read from it`;
    }
    const between = group.covers.find(
      (other) =>
        other !== writer && before(s, hb, other, read) && (writer === INIT || before(s, hb, writer, other)),
    )!;
    return writer === INIT
      ? `${name(read)} cannot read ${name(INIT)}: ${name(between)} happens before it and has overwritten that`
      : `${name(read)} cannot read from ${name(writer)}: ${name(between)} comes in between, happens-before orders the three`;
  }
  return null;
}

/** Null if there is a memory order. */
function noMemoryOrder(
  s: Skeleton,
  hb: Clocks,
  memory: Clocks,
  pairs: Pairs,
  rules: { readonly unrepaired: boolean },
  known: readonly Edge[],
  name: Name,
): string | null {
  const attempt = memory.slice();
  if (settle(s, hb, attempt, pairs, rules) !== null) return null;
  const edges = [...known];
  const forced = (
    first: number,
    second: number,
    why: { writer: number; reader: number; between: number },
  ): void => {
    const reason = `else ${name(why.between)} would come between ${name(why.writer)} and ${name(why.reader)}, which reads from it`;
    edges.push({ first, second, why: reason });
  };
  if (!force(s, hb, memory, pairs, { ...rules, forced })) {
    const last = edges.pop()!;
    return `no memory order: ${circle(edges, last, name)}`;
  }
  // Every edge that follows without a choice fits; so each way to place one more write must fail.
  for (let pair = 0; pair < pairs.writers.length; pair++) {
    const [writer, reader] = [pairs.writers[pair]!, pairs.readers[pair]!];
    if (writer === INIT || !synchronizes(s, writer, reader)) continue;
    for (const between of rules.unrepaired ? s.equalAny[reader]! : s.equalSc[reader]!) {
      if (between === writer || before(s, memory, between, writer) || before(s, memory, reader, between))
        continue;
      const ways = [
        [between, writer],
        [reader, between],
      ] as const;
      const parts = ways.map(([first, second]) => {
        const clocks = memory.slice();
        const edge: Edge = { first, second, why: 'one of two ways' };
        if (!order(s, clocks, first, second)) return circle(edges, edge, name);
        return noMemoryOrder(s, hb, clocks, pairs, rules, [...edges, edge], name);
      });
      if (parts.every((part) => part !== null)) {
        return `no memory order: ${name(between)} must stay outside of ${name(writer)} and ${name(reader)}, and neither way works: ${parts.map((part) => part.replace('no memory order: ', '')).join('; or ')}`;
      }
    }
  }
  return 'no memory order: every way to place the atomic writes ends in a circle';
}

/** The edge and the way back, in words. */
function circle(edges: readonly Edge[], closing: Edge, name: Name): string {
  const back = shortest(edges, closing.second, closing.first);
  return [closing, ...back]
    .map(
      ({ first, second, why }, index) =>
        `${index === 0 ? `${name(first)} before ` : 'before '}${name(second)} (${why})`,
    )
    .join(', ');
}

function shortest(edges: readonly Edge[], from: number, to: number): readonly Edge[] {
  const came = new Map<number, Edge>();
  const queue = [from];
  for (const event of queue) {
    if (event === to) break;
    for (const edge of edges) {
      if (edge.first !== event || came.has(edge.second) || edge.second === from) continue;
      came.set(edge.second, edge);
      queue.push(edge.second);
    }
  }
  const path: Edge[] = [];
  for (let event = to; event !== from;) {
    const edge = came.get(event);
    // The way exists wherever `order` has refused; a missing one would only shorten the sentence.
    if (edge === undefined) break;
    path.unshift(edge);
    event = edge.first;
  }
  return path;
}

function readName(s: Skeleton, read: number): string {
  const { op } = s.events[read]!;
  return op.op !== 'store' && op.op !== 'wait' && op.reg !== null ? op.reg : `"${eventText(s, read)}"`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
