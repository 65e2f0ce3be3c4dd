/** What a program's author claims, held against what the model says. */
import type { CancelCheck } from '../base/cancel.ts';
import { satisfies } from './compare.ts';
import type { Exploration, Outcome } from './explore.ts';
import { explore } from './explore.ts';
import { interleavings } from './machine.ts';
import type { Claim, Comparison, InitMode, Model, Op, Program, Under } from './program.ts';
import { isRace } from './program.ts';
import { parseShown } from './compare.ts';

export interface Verdict {
  readonly claim: Claim;
  readonly holds: boolean;
}

/**
 * Explores once per reading of the standard that the claims name; `found` spares the run that gave it.
 * Throws Cancelled and TooLarge.
 */
export function verdicts(
  program: Program,
  found: Exploration | null = null,
  cancelled?: CancelCheck,
): readonly Verdict[] {
  const runs = new Map<string, Exploration>();
  if (found !== null) runs.set(`${found.model} ${found.init}`, found);
  const run = (under: Under | null): Exploration => {
    const model: Model = under === null || under === 'tear-free' ? 'es' : under;
    const init: InitMode = under === 'tear-free' ? 'tear-free' : 'literal';
    const key = `${model} ${init}`;
    const known = runs.get(key);
    if (known !== undefined) return known;
    const made = explore(program, { model, init, ...(cancelled === undefined ? {} : { cancelled }) });
    runs.set(key, made);
    return made;
  };
  return program.claims.map((claim) => ({ claim, holds: holds(claim, run(claim.under)) }));
}

/** The outcomes that no interleaving gives. Throws Cancelled. */
export function weakOutcomes(
  program: Program,
  outcomes: readonly Outcome[],
  cancelled?: CancelCheck,
): { readonly weak: ReadonlySet<Outcome>; readonly limits: readonly string[] } {
  const run = interleavings(program, 'sc', cancelled);
  const strong = new Set(run.outcomes.map(({ outcome }) => JSON.stringify(outcome)));
  return {
    weak: new Set(outcomes.filter((outcome) => !strong.has(JSON.stringify(outcome)))),
    limits: run.limits,
  };
}

/** The same program with every Atomics load and store replaced by a plain access: what a reader may fear it does. */
function plainVariant(program: Program): Program {
  const plain = (op: Op): Op => {
    if (op.op === 'if') return { ...op, then: op.then.map(plain), else: op.else.map(plain) };
    if (op.op === 'repeat') return { ...op, body: op.body.map(plain) };
    return op.op === 'load' || op.op === 'store' ? { ...op, order: 'un' } : op;
  };
  return { ...program, threads: program.threads.map((thread) => thread.map(plain)) };
}

/**
 * Outcomes that are forbidden although plain accesses would allow them: what the atomics of the program buy.
 * Throws Cancelled and TooLarge.
 */
export function forbiddenByAtomics(
  program: Program,
  found: Exploration,
  cancelled?: CancelCheck,
): readonly Outcome[] {
  const options = { init: found.init, ...(cancelled === undefined ? {} : { cancelled }) };
  const allowed = new Set(found.outcomes.map((outcome) => JSON.stringify(outcome)));
  return explore(plainVariant(program), options).outcomes.filter(
    (outcome) => !allowed.has(JSON.stringify(outcome)),
  );
}

/** An outcome as comparisons, for `explain`. */
export function comparisonsOf(outcome: Outcome): readonly Comparison[] {
  return Object.entries(outcome).map(([reg, value]) => ({ reg, cmp: '==', value: parseShown(value) }));
}

function holds(claim: Claim, found: Exploration): boolean {
  if (isRace(claim)) return (found.race !== null) === (claim.verdict === 'race');
  const exists = found.outcomes.some((outcome) => satisfies(outcome, claim.when));
  return exists === (claim.verdict === 'exists');
}
