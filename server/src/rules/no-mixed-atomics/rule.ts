import { mixed, races } from '../../facts/races.ts';
import type { Event } from '../../ir/program.ts';
import type { ProgramContext, Report, Rule } from '../rule.ts';
import { doesTo, otherAgent, otherHalf, quoted } from '../words.ts';
import { fix } from './fix.ts';

/** One plain access takes the order away from all the atomic ones of its cell. */
export const rule: Rule = {
  meta: {
    id: 'no-mixed-atomics',
    title: 'Access a shared cell either always with Atomics or never',
    category: 'shared-memory-race',
    severity: 'warning',
    lesson: '04-publication',
    since: '0.1.0',
  },
  scope: 'program',
  fix,
  check(cx) {
    for (const race of cx.get(races)) {
      if (race.kind === 'mixed') cx.report(seen(cx, race.event, race.other));
    }
    for (const { event, other } of cx.get(mixed)) cx.report(inferred(event, other));
  },
};

function seen({ program }: ProgramContext, event: Event, other: Event): Report {
  const who = otherAgent(program, event, other);
  return {
    at: event.at,
    message: `${quoted(event.place)} is ${plainly(event)} while ${who} ${doesTo(other)}; use ${wanted(event)} here too`,
    related: otherHalf(program, event, other),
    confidence: event.bytes?.exact === true ? 'proved' : 'likely',
  };
}

function inferred(event: Event, other: Event): Report {
  return {
    at: event.at,
    message: `${quoted(event.place)} is ${plainly(event)} but other code ${doesTo(other)}; use ${wanted(event)} here too`,
    related: [{ at: other.at, message: `${other.via} is used for the same cell here` }],
    confidence: event.op === 'write' ? 'likely' : 'possible',
    severity: event.op === 'write' ? 'warning' : 'hint',
  };
}

function plainly(event: Event): string {
  return event.op === 'read' ? 'read without Atomics' : 'written without Atomics';
}

function wanted(event: Event): string {
  return event.op === 'read' ? 'Atomics.load' : 'Atomics.store';
}
