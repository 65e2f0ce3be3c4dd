/** One agent's statements as a flat list of steps: loops unrolled, blocks turned into jumps. */
import { MAX_STEPS, TooLarge } from './limits.ts';
import type { Access, Cmp, Comparable, Op } from './program.ts';

export type Step =
  | { readonly step: 'access'; readonly op: Access }
  /** Falls through if the comparison holds, else goes to `other`. */
  | {
      readonly step: 'branch';
      readonly lhs: Comparable;
      readonly cmp: Cmp;
      readonly rhs: Comparable;
      readonly other: number;
    }
  | { readonly step: 'jump'; readonly to: number };

/** Every jump goes forward, so every way through the code ends. Throws TooLarge. */
export function compile(thread: readonly Op[]): readonly Step[] {
  const steps: Step[] = [];
  emit(thread, steps, null);
  if (steps.length > MAX_STEPS) {
    throw new TooLarge(`one agent takes ${steps.length} steps, the explorer follows at most ${MAX_STEPS}`);
  }
  return steps;
}

/** Jumps whose target is not known yet, as indices into `steps`. */
type Exits = number[] | null;

function emit(ops: readonly Op[], steps: Step[], exits: Exits): void {
  for (const op of ops) {
    // Nested loops multiply: stop before the list itself becomes the problem.
    if (steps.length > 16 * MAX_STEPS) return;
    switch (op.op) {
      case 'if': {
        const branch = steps.length;
        steps.push({ step: 'jump', to: 0 });
        emit(op.then, steps, exits);
        const skip = op.else.length > 0 ? steps.push({ step: 'jump', to: 0 }) - 1 : null;
        steps[branch] = { step: 'branch', lhs: op.lhs, cmp: op.cmp, rhs: op.rhs, other: steps.length };
        emit(op.else, steps, exits);
        if (skip !== null) steps[skip] = { step: 'jump', to: steps.length };
        break;
      }
      case 'repeat': {
        const breaks: number[] = [];
        for (let round = 0; round < op.times; round++) emit(op.body, steps, breaks);
        for (const index of breaks) steps[index] = { step: 'jump', to: steps.length };
        break;
      }
      case 'break':
        exits?.push(steps.length);
        steps.push({ step: 'jump', to: 0 });
        break;
      default:
        steps.push({ step: 'access', op });
    }
  }
}
