import { unguarded } from '../../facts/races.ts';
import type { Rule } from '../rule.ts';
import { quoted } from '../words.ts';
import { fix } from './fix.ts';

/** Memory that one function touches only under a lock and another without it: the lock guards nothing. */
export const rule: Rule = {
  meta: {
    id: 'no-unguarded-shared-access',
    title: 'Hold the lock that guards shared memory elsewhere',
    category: 'shared-memory-race',
    severity: 'warning',
    lesson: '01-first-race',
    since: '0.1.0',
  },
  scope: 'program',
  fix,
  check(cx) {
    for (const { event, guarded, lock } of cx.get(unguarded)) {
      const name = cx.program.locks[lock.lock]!.name;
      const here = event.op === 'read' ? 'read' : 'written';
      cx.report({
        at: event.at,
        message: `${quoted(event.place)} is ${here} without the lock ${quoted(name)} that guards it elsewhere; take the lock here too`,
        related: [
          {
            at: guarded.at,
            message: `${guarded.op === 'read' ? 'read' : 'written'} here with ${quoted(name)} held`,
          },
          { at: lock.at, message: `${quoted(name)} is taken here` },
        ],
        confidence: 'likely',
        data: lock.lock,
      });
    }
  },
};
