/**
 * One round of a loop, as a list of what happens in it, in order: writes, reads, functions handed over to run later,
 * and where the round waits for them, undoes them or leaves the loop. Functions that run at once are part of the round.
 */
import type { BindingId, Expr, FuncId, Loop, Mark } from '../../ir/unit.ts';
import type { Access, Accesses } from './accesses.ts';
import type { CallShape, Needs, Role } from './callees.ts';
import { walkLoop, walkStmts } from './statements.ts';
import { newWalk } from './walk.ts';

/** A moment in the round. `path` names the branches taken to get there, outermost first. */
export interface Moment {
  readonly order: number;
  readonly path: readonly number[];
}

export interface Write extends Moment {
  readonly id: BindingId;
  readonly at: Mark;
  /** null: not in sight (destructured, the next element of what is iterated). */
  readonly value: Expr | null;
  /** `=`, or the operator of a compound assignment. */
  readonly op: string;
  /** In the head of the loop: update, condition, the variable of for-of and for-in. */
  readonly head: boolean;
  /** Declares: `var x = …` in the body. */
  readonly declares: boolean;
}

export interface Read extends Moment {
  readonly id: BindingId;
  readonly at: Mark;
  readonly head: boolean;
  /** The receiver of the call that keeps a function, or of `.length`: says nothing about what becomes of the functions in it. */
  readonly asReceiver: boolean;
}

/** A receiver whose type the checker is asked for; null where it cannot be asked. */
export interface Need {
  readonly receiver: Mark | null;
  readonly kinds: Needs['kinds'];
}

/** A function that runs later, and the place that makes it so. */
export interface HandOver extends Moment {
  readonly func: FuncId;
  /** When the function was made: earlier than it is handed over where a variable holds it in between. */
  readonly made: Moment;
  readonly what: string;
  readonly certain: boolean;
  /** Kept by somebody rather than called by the host: it runs when it is taken out again. */
  readonly kept: boolean;
  /** The variable that it is kept in, or that holds the list or map it is kept in. */
  readonly keptIn: BindingId | null;
  /** The property that it is kept in. */
  readonly keptAs: string | null;
  readonly at: Mark;
  /** Under an `await` of the same round: over before the round goes on. */
  readonly awaited: boolean;
  /** Variables through which the round can wait for it, call it or undo it. */
  readonly held: readonly BindingId[];
  /** What it reads when it runs. */
  readonly reads: readonly Access[];
  readonly needs: readonly Need[];
}

export interface Mention extends Moment {
  readonly ids: readonly BindingId[];
}

export interface End extends Moment {
  readonly leaves: boolean;
}

/** One arm of a branch; arms of one branch share their `group`. */
export interface Branch {
  readonly test: Expr | null;
  readonly arm: boolean;
  readonly group: number;
}

export interface Round {
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
  readonly handOvers: readonly HandOver[];
  readonly awaits: readonly Mention[];
  /** `clearTimeout(t)`, `x.off(…)`, `dispose()`, and calls of a held function. */
  readonly undone: readonly Mention[];
  readonly ends: readonly End[];
  /** Functions that ran as part of the round. */
  readonly inlined: ReadonlySet<FuncId>;
  /** Written by a part of them that runs later. */
  readonly lateWrites: ReadonlySet<BindingId>;
  /** Names of the methods called. */
  readonly called: ReadonlySet<string>;
  readonly branches: ReadonlyMap<number, Branch>;
}

/** What is walked: a round of `loop`, or one run of the function's body where that is null. */
export interface Course {
  readonly accesses: Accesses;
  readonly func: FuncId;
  readonly loop: Loop | null;
  /** Variables that do not outlive the round. */
  readonly own: (id: BindingId) => boolean;
  /** A parameter that holds a function: where it goes is recorded as if it were written there. */
  readonly parameter: BindingId | null;
  /** What the file's own functions do with an argument. */
  readonly roleInFile: (caller: FuncId, call: CallShape, index: number) => Role;
}

export function roundOf(course: Course): Round {
  const cx = newWalk(course);
  if (course.loop === null) walkStmts(cx, course.accesses.unit.funcs[course.func]!.body);
  else walkLoop(cx, course.loop);
  return cx;
}
