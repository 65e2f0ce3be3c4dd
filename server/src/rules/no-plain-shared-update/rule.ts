import { races } from '../../facts/races.ts';
import type { Event } from '../../ir/program.ts';
import type { ProgramContext, Report, Rule } from '../rule.ts';
import { otherAgent, otherHalf, quoted, sitesOf, stepOf, twoNames, type Sites } from '../words.ts';
import { fix } from './fix.ts';

/** A plain `x[i] = x[i] + 1` is a read and a write: another agent's update between the two is lost. */
export const rule: Rule = {
  meta: {
    id: 'no-plain-shared-update',
    title: 'Update shared memory with one atomic operation',
    category: 'shared-memory-race',
    severity: 'error',
    lesson: '01-first-race',
    since: '0.1.0',
  },
  scope: 'program',
  fix,
  check(cx) {
    const sites = sitesOf(cx);
    for (const race of cx.get(races))
      if (race.kind === 'update') cx.report(reportOf(cx, race.event, race.other, sites(race.event)));
  },
};

function reportOf({ program }: ProgramContext, event: Event, other: Event, data: Sites): Report {
  const who = otherAgent(program, event, other);
  const read = event.from === null ? undefined : program.events[event.from];
  const [own, theirs] = twoNames(program, event, other);
  const isExact = event.bytes?.exact === true && other.bytes?.exact === true;
  const change = other.op === 'write' ? 'changes' : 'reads';
  return {
    at: event.at,
    message: `${quoted(event.place)} is read and then written while ${who} ${change} it, so updates get lost; use one Atomics operation or a lock`,
    related: otherHalf(program, event, other),
    confidence: isExact ? 'proved' : 'likely',
    schedule: [
      stepOf(program, read ?? event, `reads ${event.place}`, own),
      stepOf(program, other, other.op === 'write' ? `writes ${other.place}` : `reads ${other.place}`, theirs),
      stepOf(program, event, `writes ${event.place}, computed from the old value`, own),
    ],
    data,
  };
}
