/**
 * For: what a hover says: which rule of the memory model applies to the code at hand, and with which other place.
 * In and out: facts, a Unit and an offset → an Explanation. Must never know: the editor.
 */
import type { Span } from '../base/text.ts';
import type { FactContext } from '../facts/fact.ts';
import type { Event } from '../ir/program.ts';
import type { Mark, Unit } from '../ir/unit.ts';
import { plainAccess } from './accesses.ts';
import { atomicAccess, notifying, waiting } from './atomics.ts';
import { suspending } from './awaits.ts';
import type { Explanation } from './explanation.ts';
import { findAt, placesIn, type Found } from './find.ts';
import { places } from './indexes.ts';
import { acquiring, releasing } from './locks.ts';
import { joining, receiving, sending, spawning } from './messages.ts';
import { linksOf } from './links.ts';
import type { Story, Telling } from './telling.ts';

/** null: nothing about concurrency is known at this place. */
export function explainAt(
  cx: FactContext,
  unit: Unit,
  offset: number,
  spanAt: (mark: Mark) => Span | null,
): Explanation | null {
  const found = findAt(unit, cx.get(places).funcs(unit.file), offset);
  if (found === null) return null;
  const t: Telling = { cx, program: cx.program, unit, spanAt };
  const update = updateOf(t, found);
  const story = storyOf(t, update === null ? found.events : [...update.events, ...found.events]);
  if (story === null) return null;
  const { start, end } = update ?? found;
  const span = { file: unit.file, start, end };
  return {
    span,
    title: story.title,
    text: story.sentences.filter((sentence) => sentence !== null).join(' '),
    links: linksOf(t, span, story.links),
    lesson: story.lesson,
  };
}

/** The plain `x[i] = x[i] + 1` around a read: the two are told together. */
function updateOf(t: Telling, found: Found): Found | null {
  const reads = new Set(
    found.events.filter(({ op, atomic }) => op === 'read' && !atomic).map(({ id }) => id),
  );
  if (reads.size === 0) return null;
  const update = placesIn(t.unit, found.func, t.cx.get(places).funcs(t.unit.file).get(found.func)).find(
    ({ start, end, events }) =>
      start <= found.start &&
      found.end <= end &&
      events.some(({ from, atomic }) => from !== null && !atomic && reads.has(from)),
  );
  return update ?? null;
}

/** Where several things happen at one place, the one that says most: a lock before the word that it is made of. */
function storyOf(t: Telling, events: readonly Event[]): Story | null {
  const of = (op: Event['op']) => events.filter((event) => event.op === op);
  const accesses = events.filter(({ op }) => op === 'read' || op === 'write');
  if (of('acquire').length > 0) return acquiring(t, events);
  if (of('release').length > 0) return releasing(t, events);
  if (of('spawn').length > 0) return spawning(t, of('spawn'));
  if (of('send').length > 0) return sending(t, of('send'));
  if (of('wait').length > 0) return waiting(t, of('wait'));
  if (of('notify').length > 0) return notifying(t, of('notify'));
  if (accesses.length > 0) return accesses[0]!.atomic ? atomicAccess(t, accesses) : plainAccess(t, accesses);
  if (of('join').length > 0) return joining(t, of('join'));
  if (of('suspend').length > 0) return suspending(t, of('suspend'));
  return of('receive').length > 0 ? receiving(t, of('receive')) : null;
}
