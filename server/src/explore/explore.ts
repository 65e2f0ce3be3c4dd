/**
 * For: the ECMAScript memory model, exactly: every outcome of a small program over shared memory, its data races, and why.
 * In and out: a Program (see `program.ts`, `litmus.ts`, `json.ts`, `build.ts`) goes in, plain data comes out. Pure.
 * Must never know: TypeScript, files, the editor, what a processor did.
 *
 * Clauses are those of ECMA-262 "Memory Model". Executions whose values justify themselves (out of thin air) are allowed by
 * the text and have no end of values; they are left out and `thinAir` says so. Control that justifies itself is shown.
 */
import type { CancelCheck } from '../base/cancel.ts';
import { stopIf } from '../base/cancel.ts';
import { MAX_OUTCOMES } from './limits.ts';
import { machine } from './machine.ts';
import { show } from './numbers.ts';
import type { InitMode, Model, Program } from './program.ts';
import { isHidden } from './program.ts';
import type { Race } from './races.ts';
import { findRace, mayRaceWide } from './races.ts';
import type { Budget, Found } from './search.ts';
import { SKELETON_COST, search, spend } from './search.ts';
import { sectionOrders } from './sections.ts';
import type { Skeleton } from './skeleton.ts';
import { skeletons } from './skeletons.ts';

export interface ExploreOptions {
  readonly model?: Model;
  readonly init?: InitMode;
  /** Asked every few hundred choices; the exploration then throws Cancelled. */
  readonly cancelled?: CancelCheck;
}

/** Register → value as JavaScript prints it. Registers that were not assigned are absent; those with `_` always are. */
export type Outcome = Readonly<Record<string, string>>;

export interface Exploration {
  readonly name: string;
  readonly model: Model;
  readonly init: InitMode;
  /** All registers that outcomes can show, sorted. */
  readonly registers: readonly string[];
  /** The exact set, sorted by the values of the registers as text. */
  readonly outcomes: readonly Outcome[];
  /** A data race of some valid execution; null: the program is data race free. */
  readonly race: Race | null;
  /** Valid executions, those that differ only in which of several equal bytes are read counted once. */
  readonly executions: number;
  /** The text also allows values out of thin air here; they are not listed. */
  readonly thinAir: boolean;
  /** Bounds that were hit, in words. Empty: the result is complete. */
  readonly limits: readonly string[];
}

/** Throws Cancelled, and TooLarge where a bound leaves nothing to show. The program must have passed `validate`. */
export function explore(program: Program, options: ExploreOptions = {}): Exploration {
  const model = options.model ?? 'es';
  const init = options.init ?? 'literal';
  const registers = registersOf(program);
  const base = { name: program.name, model, init, registers };
  if (model === 'sc' || model === 'tso') {
    const run = machine(program, model, options.cancelled);
    return {
      ...base,
      ...run,
      outcomes: sortOutcomes(
        run.outcomes.map(({ outcome }) => outcome),
        registers,
      ),
      thinAir: false,
    };
  }

  const budget: Budget = { cancelled: options.cancelled, choices: 0, exhausted: false };
  const seen = new Outcomes();
  let race: Race | null = null;
  let executions = 0;
  let thinAir = false;
  const common = { model, init, budget, thinAir: (): void => void (thinAir = true) };
  const all = skeletons(program);
  /** For work that is no search: only asks whether it is still wanted. */
  const tick = ticker(options.cancelled);
  for (const s of all.each()) {
    if (!spend(budget, SKELETON_COST)) break;
    sectionOrders(
      s,
      () => spend(budget),
      (sections) => {
        search(s, sections, {
          ...common,
          wide: -1,
          visit: (found) => {
            executions++;
            seen.add(found);
            race ??= findRace(found, all.agents);
            if (seen.size >= MAX_OUTCOMES) budget.exhausted = true;
            return !budget.exhausted;
          },
        });
      },
    );
    if (budget.exhausted) break;
  }
  race ??= budget.exhausted ? null : wideRace(all.each(), all.agents, common);
  const limits = budget.exhausted
    ? [
        seen.size >= MAX_OUTCOMES
          ? `stopped at ${MAX_OUTCOMES} outcomes: there may be more`
          : `stopped after ${budget.choices} choices: there may be more outcomes`,
      ]
    : [];
  return {
    ...base,
    outcomes: sortOutcomes(seen.list(tick), registers, tick),
    race,
    executions,
    thinAir,
    limits,
  };
}

/** Every register that is ever assigned and not hidden, sorted. */
export function registersOf(program: Program): readonly string[] {
  const names = new Set<string>();
  const walk = (ops: Program['threads'][number]): void => {
    for (const op of ops) {
      if (op.op === 'if') {
        walk(op.then);
        walk(op.else);
      } else if (op.op === 'repeat') walk(op.body);
      else if (op.op !== 'store' && op.op !== 'break' && op.reg !== null) names.add(op.reg);
    }
  };
  program.threads.forEach(walk);
  walk(program.final);
  return [...names].filter((name) => !isHidden(name)).sort();
}

/** The outcome of a found execution, with keys in sorted order. */
export function outcomeOf(found: Found): Outcome {
  const outcome: Record<string, string> = {};
  for (const { name, value } of sortedRegisters(found.s)) outcome[name] = show(found.values.operand(value)!);
  return outcome;
}

/** Outcomes of the skeletons that assign the same registers, as their values in one text: a quarter of the memory of objects. */
interface Seen {
  readonly names: readonly string[];
  readonly values: Set<string>;
}

class Outcomes {
  readonly #byNames = new Map<string, Seen>();
  readonly #bySkeleton = new WeakMap<Skeleton, Seen>();
  size = 0;

  add({ s, values }: Found): void {
    const seen = this.#seen(s);
    const texts = sortedRegisters(s).map(({ value }) => show(values.operand(value)!));
    // No value that an outcome shows holds a space. `join` makes one flat string; `+=` would keep every step alive.
    const key = texts.join(' ');
    const before = seen.values.size;
    seen.values.add(key);
    this.size += seen.values.size - before;
  }

  list(tick: () => void): Outcome[] {
    const list: Outcome[] = [];
    for (const { names, values } of this.#byNames.values()) {
      for (const key of values) {
        tick();
        const texts = key.split(' ');
        const outcome: Record<string, string> = {};
        names.forEach((name, index) => (outcome[name] = texts[index]!));
        list.push(outcome);
        // Its object takes the text's place.
        values.delete(key);
      }
    }
    return list;
  }

  #seen(s: Skeleton): Seen {
    const known = this.#bySkeleton.get(s);
    if (known !== undefined) return known;
    const names = sortedRegisters(s).map(({ name }) => name);
    const key = names.join(' ');
    const seen = this.#byNames.get(key) ?? { names, values: new Set<string>() };
    this.#byNames.set(key, seen);
    this.#bySkeleton.set(s, seen);
    return seen;
  }
}

const sortedCache = new WeakMap<Skeleton, Skeleton['registers']>();

function sortedRegisters(s: Skeleton): Skeleton['registers'] {
  const known = sortedCache.get(s);
  if (known !== undefined) return known;
  const sorted = [...s.registers].sort((a, b) => (a.name < b.name ? -1 : 1));
  sortedCache.set(s, sorted);
  return sorted;
}

/**
 * A race by reads-from can hide in a larger set of writes than an outcome needs (a byte that is equal anyway, taken from
 * the other side). One such read at a time is enough, since all other reads may keep their small sets.
 */
function wideRace(
  all: Iterable<Skeleton>,
  agents: readonly string[],
  common: { model: Model; init: InitMode; budget: Budget; thinAir(): void },
): Race | null {
  let race = null as Race | null;
  for (const s of all) {
    if (!spend(common.budget, SKELETON_COST)) break;
    for (const read of s.reads) {
      if (!mayRaceWide(s, read)) continue;
      sectionOrders(
        s,
        () => spend(common.budget),
        (sections) => {
          if (race !== null) return;
          search(s, sections, {
            ...common,
            wide: read,
            visit: (found) => {
              race = findRace(found, agents);
              return race === null;
            },
          });
        },
      );
      if (race !== null) return race;
    }
  }
  return null;
}

function ticker(cancelled: CancelCheck | undefined): () => void {
  let count = 0;
  return () => {
    if ((++count & 255) === 0) stopIf(cancelled);
  };
}

/** Sorted by the text of the values, register by register; an absent value comes first. */
function sortOutcomes(
  outcomes: readonly Outcome[],
  registers: readonly string[],
  tick: () => void = () => undefined,
): readonly Outcome[] {
  return [...outcomes].sort((a, b) => {
    tick();
    for (const register of registers) {
      const left = a[register] ?? '';
      const right = b[register] ?? '';
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  });
}
