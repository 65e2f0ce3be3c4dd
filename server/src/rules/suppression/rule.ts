import type { Rule } from '../rule.ts';

/** The engine reports under this id what it finds wrong with `lockstep-ignore` comments; there is nothing to check here. */
export const rule: Rule = {
  meta: {
    id: 'suppression',
    title: 'Give each suppression a rule, a reason and something to suppress',
    category: 'lockstep',
    severity: 'warning',
    lesson: '01-first-race',
    since: '0.1.0',
  },
  scope: 'file',
  check() {
    // Only the engine knows what the other rules found.
  },
};
