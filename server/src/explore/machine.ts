/**
 * Programs run one step at a time: `sc` interleaves the agents' accesses; `tso` also holds back each agent's plain stores
 * in a first-in first-out buffer, which is all that an x86 processor does to them (Owens, Sarkar, Sewell: x86-TSO).
 * Gives outcomes with an interleaving each; used for `--model sc|tso`, to tell which outcomes are weak, and as schedules of findings.
 */
import type { CancelCheck } from '../base/cancel.ts';
import { stopIf } from '../base/cancel.ts';
import { MAX_STATES } from './limits.ts';
import type { Move } from './machine-moves.ts';
import { ended, moves } from './machine-moves.ts';
import type { State } from './machine-state.ts';
import { begin, keyOf, outcomeAt } from './machine-state.ts';
import type { Access, Program } from './program.ts';
import type { Outcome } from './explore.ts';
import type { Race } from './races.ts';

/** One step of an interleaving. */
export interface ScheduleStep {
  readonly agent: string;
  /** The statement, or in words what happened: `its store x = 1 reaches memory`. */
  readonly text: string;
  /** The access that was made: the very object of the program. */
  readonly op: Access;
  /** What a read got, as an outcome shows it. */
  readonly value: string | null;
}

export interface Interleaving {
  readonly outcome: Outcome;
  readonly schedule: readonly ScheduleStep[];
}

export interface MachineRun {
  readonly outcomes: readonly Interleaving[];
  readonly race: Race | null;
  /** Different ends: outcome and memory. */
  readonly executions: number;
  readonly limits: readonly string[];
}

/** Throws Cancelled. */
export function machine(program: Program, model: 'sc' | 'tso', cancelled?: CancelCheck): MachineRun {
  const run = interleavings(program, model, cancelled);
  let race = null as Race | null;
  const { states } = walk(begin(program, model, true), cancelled, (state) => {
    race = state.race;
    return race === null;
  });
  const limits = [...run.limits];
  if (race === null && states >= MAX_STATES) {
    limits.push(`looked for data races in ${MAX_STATES} states only: there may be one`);
  }
  return { ...run, race, limits };
}

/** The outcomes alone: much cheaper than `machine`, since runs that meet in one state are one. Throws Cancelled. */
export function interleavings(
  program: Program,
  model: 'sc' | 'tso',
  cancelled?: CancelCheck,
): Omit<MachineRun, 'race'> {
  const found = new Map<string, Interleaving>();
  let executions = 0;
  const { states } = walk(begin(program, model, false), cancelled, (state, schedule) => {
    if (!ended(state)) return true;
    executions++;
    const outcome = outcomeAt(state);
    const key = JSON.stringify(outcome);
    if (!found.has(key)) found.set(key, { outcome, schedule: schedule() });
    return true;
  });
  const limits =
    states >= MAX_STATES ? [`stopped after ${MAX_STATES} states: there may be more outcomes`] : [];
  return { outcomes: [...found.values()], executions, limits };
}

/** Depth first over all states; `visit` returns false to end the walk. */
function walk(
  start: State,
  cancelled: CancelCheck | undefined,
  visit: (state: State, schedule: () => readonly ScheduleStep[]) => boolean,
): { readonly states: number } {
  const seen = new Set<string>();
  const stack: { readonly moves: readonly Move[]; next: number }[] = [];
  const schedule = (): readonly ScheduleStep[] => stack.map((level) => level.moves[level.next - 1]!.step);
  let state: State | null = start;
  for (;;) {
    if (state !== null) {
      if ((seen.size & 255) === 0) stopIf(cancelled);
      const key = keyOf(state);
      if (!seen.has(key)) {
        seen.add(key);
        if (!visit(state, schedule) || seen.size >= MAX_STATES) break;
        stack.push({ moves: moves(state), next: 0 });
      }
    }
    const top = stack.at(-1);
    if (top === undefined) break;
    const move: Move | undefined = top.moves[top.next];
    if (move === undefined) {
      stack.pop();
      state = null;
    } else {
      top.next++;
      state = move.next();
    }
  }
  return { states: seen.size };
}
