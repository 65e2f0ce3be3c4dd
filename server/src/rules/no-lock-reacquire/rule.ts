import { lockOrder } from '../../facts/lock-order.ts';
import type { Rule } from '../rule.ts';
import { quoted } from '../words.ts';

/** A lock that is not reentrant makes its own holder wait for itself. */
export const rule: Rule = {
  meta: {
    id: 'no-lock-reacquire',
    title: 'Do not take a lock that is already held',
    category: 'deadlock',
    severity: 'error',
    lesson: '03-lock-order',
    since: '0.1.0',
  },
  scope: 'program',
  check(cx) {
    for (const { event, first } of cx.get(lockOrder).reacquired) {
      const name = quoted(cx.program.locks[event.lock!]!.name);
      const callers = event.stack.filter(
        (mark) => mark.func === first.at.func && mark.file === first.at.file,
      );
      const call = callers.at(-1);
      cx.report({
        at: event.at,
        message: `${name} is already held here and is not reentrant: this waits for itself for ever; pass the held lock on`,
        related: [
          { at: first.at, message: `${name} is taken here and still held` },
          ...(call === undefined ? [] : [{ at: call, message: 'the call that leads here' }]),
        ],
        confidence: 'proved',
        schedule: [
          { agent: 'main', at: first.at, does: `takes ${cx.program.locks[event.lock!]!.name}` },
          { agent: 'main', at: event.at, does: 'waits for the same lock, for ever' },
        ],
      });
    }
  },
};
