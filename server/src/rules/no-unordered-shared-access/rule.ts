import { races } from '../../facts/races.ts';
import type { Event } from '../../ir/program.ts';
import type { ProgramContext, Report, Rule } from '../rule.ts';
import { otherAgent, otherHalf, quoted, sitesOf, stepOf, twoNames, type Sites } from '../words.ts';
import { fix } from './fix.ts';

/** Two agents touch the same bytes, one of them writes, and no edge of happens-before orders the two. */
export const rule: Rule = {
  meta: {
    id: 'no-unordered-shared-access',
    title: 'Order accesses to shared memory',
    category: 'shared-memory-race',
    severity: 'error',
    lesson: '04-publication',
    since: '0.1.0',
  },
  scope: 'program',
  fix,
  check(cx) {
    const sites = sitesOf(cx);
    for (const race of cx.get(races))
      if (race.kind === 'access') cx.report(reportOf(cx, race.event, race.other, sites(race.event)));
  },
};

function reportOf({ program }: ProgramContext, event: Event, other: Event, data: Sites): Report {
  const who = otherAgent(program, event, other);
  const [own, theirs] = twoNames(program, event, other);
  const isExact = event.bytes?.exact === true && other.bytes?.exact === true;
  const here = event.op === 'read' ? 'read' : 'written';
  const there = other.op === 'read' ? 'reads' : 'writes';
  return {
    at: event.at,
    message: `${quoted(event.place)} is ${here} while ${who} ${there} it: nothing orders the two; publish with Atomics, a message or a lock`,
    related: otherHalf(program, event, other),
    confidence: isExact ? 'proved' : 'likely',
    schedule:
      event.op === 'read'
        ? [
            stepOf(program, other, `writes ${other.place}`, theirs),
            stepOf(program, event, `may read the old value of ${event.place}, or the new one`, own),
          ]
        : [
            stepOf(program, event, `writes ${event.place}`, own),
            stepOf(program, other, `${there} ${other.place} before, after or in between`, theirs),
          ],
    data,
  };
}
