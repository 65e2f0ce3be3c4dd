/** The story of an `await`: the turn is given away, and what orders the code behind it. */
import type { Event, Held } from '../ir/program.ts';
import type { Mark } from '../ir/unit.ts';
import { edgesInto, places } from './indexes.ts';
import { ended, resolutions } from './messages.ts';
import {
  heldName,
  list,
  takenName,
  where,
  whoAll,
  type LinkTo,
  type Story,
  type Telling,
} from './telling.ts';

export function suspending(t: Telling, events: readonly Event[]): Story {
  const behind = behindIt(t, events);
  const held = heldAcross(t, events);
  const own = whoAll(t.program, events);
  return {
    title: 'Here the turn is given away',
    sentences: [
      `Until this goes on, other turns of ${own} may run: what was read before it may have changed after it.`,
      behind.sentence,
      heldInWords(t, held, events),
    ],
    links: [
      ...behind.links,
      ...held.map((hold) => ({
        to: hold.at,
        label: `${heldName(t.program, hold)} is taken here and held across it`,
      })),
    ],
    lesson: held.length > 0 ? '03-lock-order' : behind.lesson,
  };
}

function behindIt(
  t: Telling,
  events: readonly Event[],
): { sentence: string; links: LinkTo[]; lesson: Story['lesson'] } {
  // What orders the code behind an await arrives right after its event.
  const edges = [...events, ...events.flatMap((event) => awaitsInside(t, event))].flatMap(({ turn, id }) =>
    (t.cx.get(edgesInto).get(turn) ?? []).filter(({ to }) => to.event === id + 1),
  );
  const exits = edges.filter(({ why }) => why === 'agent-exit');
  if (exits.length > 0) return { ...ended(t, exits), lesson: '01-first-race' };
  const promises = edges.filter(({ why }) => why === 'promise');
  if (promises.length > 0) return { ...resolutions(t, promises), lesson: '04-publication' };
  const taken = acquiredIn(t, events[0]!);
  return {
    sentence:
      taken === null
        ? 'No message and no end of a worker in sight is what it waits for: only the order within its own agent holds behind it (ECMA-262, “is-agent-order-before”).'
        : `It goes on once ${takenName(t.program, taken)} is free and given to this task: what the holder before did happens before what follows.`,
    links: [],
    lesson: taken === null ? null : '03-lock-order',
  };
}

/** The awaits of the call that is awaited here: they are over when it is. */
function awaitsInside(t: Telling, event: Event): Event[] {
  const span = t.spanAt(event.at);
  const isInside = (mark: Mark) => {
    const at = t.spanAt(mark);
    return (
      span !== null && at !== null && at.file === span.file && at.start >= span.start && at.end <= span.end
    );
  };
  const found: Event[] = [];
  // What the operand did stands right before the await's own event.
  for (let id = event.id - 1; id >= 0; id--) {
    const each = t.program.events[id]!;
    if (each.turn !== event.turn || ![each.at, ...each.stack].some(isInside)) break;
    if (each.op === 'suspend') found.push(each);
  }
  return found;
}

/** The lock whose acquisition is what is awaited here. */
function acquiredIn(t: Telling, event: Event): Event | null {
  const span = t.spanAt(event.at);
  if (span === null) return null;
  for (const [n, others] of t.cx.get(places).funcs(event.at.file).get(event.at.func) ?? []) {
    const taken = others.find(({ op, lock }) => op === 'acquire' && lock !== null);
    if (taken === undefined) continue;
    const at = t.spanAt({ ...event.at, n });
    if (at !== null && at.start > span.start && at.end <= span.end && isHeldFrom(event, taken)) return taken;
  }
  return null;
}

function isHeldFrom(event: Event, taken: Event): boolean {
  return event.held.some(({ lock }) => lock === taken.lock);
}

/** Locks that are held before the await and after it; the one that it waits for is not. */
function heldAcross(t: Telling, events: readonly Event[]): Held[] {
  const found = new Map<number, Held>();
  for (const event of events) {
    const span = t.spanAt(event.at);
    for (const hold of event.held) {
      const at = t.spanAt(hold.at);
      const isInside =
        span !== null && at !== null && at.file === span.file && at.start >= span.start && at.end <= span.end;
      if (!isInside) found.set(hold.lock, hold);
    }
  }
  return [...found.values()];
}

function heldInWords(t: Telling, held: readonly Held[], events: readonly Event[]): string | null {
  if (held.length === 0) return null;
  const names = list(held.map((hold) => `${heldName(t.program, hold)} (taken ${where(t, hold.at)})`));
  const isAlways = events.every((event) =>
    held.every(({ lock }) => event.held.some((own) => own.lock === lock)),
  );
  const stay = held.length === 1 ? 'stays held' : 'stay held';
  const blocks = held.some(({ lock }) => t.program.locks[lock]!.kind === 'atomics');
  const others = blocks ? 'every agent that wants it stops until then' : 'who wants it waits until then';
  return `${names} ${isAlways ? stay : 'may be held, as callers do,'} across it: ${others}.`;
}
