import { expect } from 'vitest';
import { explore } from '../../server/src/explore/explore.ts';
import type { Exploration, Outcome } from '../../server/src/explore/explore.ts';
import { printLitmus } from '../../server/src/explore/print.ts';
import type { Program } from '../../server/src/explore/program.ts';
import { reference } from './reference.ts';

/** Outcomes as the reference writes them. */
export function outcomeTexts(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(outcomeText).sort();
}

export function outcomeText(outcome: Outcome): string {
  return Object.entries(outcome)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(' ');
}

/** Engine and reference must give the same outcomes and the same answer on data races, before and after the repair. */
export function expectAgreement(program: Program): void {
  for (const model of ['es', 'es2017'] as const) {
    for (const init of ['literal', 'tear-free'] as const) {
      const slow = reference(program, { unrepaired: model === 'es2017', tearFreeInit: init === 'tear-free' });
      const fast = explore(program, { model, init });
      const seen = {
        model,
        init,
        outcomes: outcomeTexts(fast.outcomes),
        race: fast.race !== null,
        limits: fast.limits,
      };
      expect(seen, printLitmus(program)).toEqual({
        model,
        init,
        outcomes: slow.outcomes,
        race: slow.race,
        limits: [],
      });
    }
  }
}

/** Every outcome of `small` is one of `large`. */
export function expectSubset(small: Exploration, large: Exploration, program: Program): void {
  const known = new Set(outcomeTexts(large.outcomes));
  const extra = outcomeTexts(small.outcomes).filter((outcome) => !known.has(outcome));
  expect(extra, `${small.model} beyond ${large.model}\n${printLitmus(program)}`).toEqual([]);
}
