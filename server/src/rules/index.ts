/** The list of rules. Adding one: a folder, a line here. */
import { rule as noLateLoopVariable } from './no-late-loop-variable/rule.ts';
import { rule as noLockOrderCycle } from './no-lock-order-cycle/rule.ts';
import { rule as noLockReacquire } from './no-lock-reacquire/rule.ts';
import { rule as noMixedAtomics } from './no-mixed-atomics/rule.ts';
import { rule as noPlainSharedUpdate } from './no-plain-shared-update/rule.ts';
import { rule as noUnguardedSharedAccess } from './no-unguarded-shared-access/rule.ts';
import { rule as noUnorderedSharedAccess } from './no-unordered-shared-access/rule.ts';
import type { Rule } from './rule.ts';
import { rule as suppression } from './suppression/rule.ts';
import { rule as unknownWorker } from './unknown-worker/rule.ts';

export const RULES: readonly Rule[] = [
  noPlainSharedUpdate,
  noUnorderedSharedAccess,
  noMixedAtomics,
  noUnguardedSharedAccess,
  unknownWorker,
  noLateLoopVariable,
  noLockOrderCycle,
  noLockReacquire,
  suppression,
];
