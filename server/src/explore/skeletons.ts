import type { Path } from './paths.ts';
import { paths } from './paths.ts';
import type { Program } from './program.ts';
import type { Blocks, Skeleton } from './skeleton.ts';
import { skeleton } from './skeleton.ts';

interface Skeletons {
  /** Names of all agents, the main one first. */
  readonly agents: readonly string[];
  /** Every combination of ways through the agents' code. */
  each(): Generator<Skeleton>;
}

/** The name of the agent that makes the blocks, starts the others and looks at the end. */
const MAIN = 'main';

/** Throws TooLarge. */
export function skeletons(program: Program): Skeletons {
  const blocks = blocksOf(program);
  // Straight-line code has one path.
  const main = { init: paths(program.init)[0]!, final: paths(program.final)[0]! };
  const choices = program.threads.map((thread) => paths(thread));
  return {
    agents: [MAIN, ...program.agents],
    *each() {
      for (const chosen of product(choices)) yield skeleton(main, chosen, blocks);
    },
  };
}

/** Numbers the shared blocks in the order of their names. */
export function blocksOf(program: Program): Blocks {
  const names = new Set<string>();
  const walk = (ops: Program['threads'][number]): void => {
    for (const op of ops) {
      if (op.op === 'if') {
        walk(op.then);
        walk(op.else);
      } else if (op.op === 'repeat') walk(op.body);
      else if (op.op !== 'break') names.add(op.loc);
    }
  };
  [program.init, ...program.threads, program.final].forEach(walk);
  return new Map([...names].sort().map((name, index) => [name, index]));
}

function* product(choices: readonly (readonly Path[])[], from = 0): Generator<readonly Path[]> {
  const mine = choices[from];
  if (mine === undefined) {
    yield [];
    return;
  }
  for (const path of mine) for (const rest of product(choices, from + 1)) yield [path, ...rest];
}
