import type { Rule } from '../rule.ts';

/** A worker whose code is not in sight is an unknown agent, said aloud. */
export const rule: Rule = {
  meta: {
    id: 'unknown-worker',
    title: 'Let the worker be found',
    category: 'shared-memory-race',
    severity: 'info',
    lesson: '01-first-race',
    since: '0.1.0',
  },
  scope: 'program',
  check(cx) {
    for (const { at, why } of cx.program.unknown) {
      cx.report({
        at,
        message: `This worker is not analysed: ${why}; write \`new Worker(new URL('./worker.ts', import.meta.url))\``,
        confidence: 'likely',
      });
    }
  },
};
