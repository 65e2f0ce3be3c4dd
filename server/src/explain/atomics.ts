/** The story of an `Atomics` call: what it synchronizes-with, on which cell, and which edge is missing. */
import { order } from '../facts/order.ts';
import { mixed } from '../facts/races.ts';
import type { Event } from '../ir/program.ts';
import { sameMark } from '../ir/unit.ts';
import { missing } from './accesses.ts';
import { conflictsAt, lockUses, memory, onePerMark } from './indexes.ts';
import { isOther, isSameCell, overlaps, relationsOf } from './relations.ts';
import {
  capital,
  doesTo,
  list,
  lockName,
  otherWho,
  quoted,
  where,
  whoAll,
  type LinkTo,
  type Story,
  type Telling,
} from './telling.ts';

export function atomicAccess(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const ops = new Set(events.map(({ op }) => op));
  if (ops.has('read') && ops.has('write')) return readModifyWrite(t, events);
  return event!.op === 'read' ? load(t, events) : store(t, events);
}

function store(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const name = quoted(event!.place);
  const readers = othersOf(t, events, ['read', 'wait']);
  const [reader] = best(readers, event!);
  if (reader === undefined) return unread(t, events);
  const decides = readers.some(({ guards }) => guards.length > 0);
  const published = publishedBy(t, event!);
  return {
    title: `${name}: ${title(event!, reader, 'synchronizes-with')}`,
    sentences: [
      `This ${quoted(event!.via)} synchronizes-with the ${quoted(reader.via)} ${where(t, reader.at)} whenever that reads the value stored here${unsure(event!, reader)}.`,
      `Then everything ${whoAll(t.program, events)} did before this line happens before what ${otherWho(t.program, event!, reader)} does after it (ECMA-262, “happens-before”).`,
      published === null
        ? decides
          ? null
          : 'No load in sight decides a branch by what it read, so no code there can know yet that it comes after.'
        : published.sentence,
      plainSide(t, events),
    ],
    links: [...links(t, event!, readers), ...(published?.links ?? [])],
    lesson: '04-publication',
  };
}

/** Nobody reads what is stored: the edge that is missing is the other half. */
function unread(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const name = quoted(event!.place);
  const plain = plainSide(t, events);
  const [notified] = othersOf(t, events, ['notify']);
  const nobody = `No other agent in sight reads ${name}, so nothing synchronizes-with this ${quoted(event!.via)} and it orders nothing for anybody else.`;
  return {
    title: `${name}: stored atomically, never loaded by another agent in sight`,
    sentences: [
      plain ?? nobody,
      plain === null
        ? `The missing edge is an ${quoted('Atomics.load')} of ${name} in the agent that is to see what was done before this line (ECMA-262, “synchronizes-with”).`
        : null,
      unknownAgents(t, event!),
    ],
    links: [...plainLinks(t, events), ...(notified === undefined ? [] : links(t, event!, [notified]))],
    lesson: '04-publication',
  };
}

function load(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const name = quoted(event!.place);
  const writers = othersOf(t, events, ['write']);
  const [writer] = best(writers, event!);
  if (writer === undefined) {
    const plain = plainSide(t, events);
    return {
      title: `${name}: loaded atomically, never stored by another agent in sight`,
      sentences: [
        plain ??
          `No other agent in sight writes ${name}, so this ${quoted(event!.via)} reads only what its own agent wrote, or the zero that the memory begins with.`,
        plain === null
          ? `The missing edge is an ${quoted('Atomics.store')} to ${name} that this load can synchronize with (ECMA-262, “synchronizes-with”).`
          : null,
        unknownAgents(t, event!),
      ],
      links: plainLinks(t, events),
      lesson: '04-publication',
    };
  }
  const seen = seenBehind(t, event!);
  return {
    title: `${name}: ${title(event!, writer, 'synchronizes-with')}`,
    sentences: [
      `When this ${quoted(event!.via)} reads what the ${quoted(writer.via)} ${where(t, writer.at)} wrote, that write synchronizes-with it${unsure(event!, writer)}.`,
      `Then everything ${otherWho(t.program, event!, writer)} did before that line happens before what ${whoAll(t.program, events)} does after this one (ECMA-262, “happens-before”).`,
      seen === null
        ? events.every(({ guards }) => guards.length === 0)
          ? 'No branch depends on the result, so the code behind it cannot know whether the write has come yet.'
          : null
        : seen.sentence,
      plainSide(t, events),
    ],
    links: [...links(t, event!, writers), ...(seen?.links ?? [])],
    lesson: '04-publication',
  };
}

function readModifyWrite(t: Telling, events: readonly Event[]): Story {
  const event = events.find(({ op }) => op === 'write')!;
  const name = quoted(event.place);
  const others = othersOf(t, events, ['read', 'write', 'wait']);
  const [other] = best(others, event);
  const isExchange = event.via === 'Atomics.compareExchange';
  return {
    title: `${name}: ${quoted(event.via)} reads and writes in one step`,
    sentences: [
      `No other atomic access of ${name} falls between the read and the write of this ${quoted(event.via)}.`,
      other === undefined
        ? `No other agent in sight accesses ${name} atomically, so it synchronizes-with nothing yet (ECMA-262, “synchronizes-with”).`
        : `Whichever of it and the ${quoted(other.via)} ${where(t, other.at)} reads what the other wrote comes after it: the write synchronizes-with the read, and what was done before it is visible (ECMA-262, “synchronizes-with”)${unsure(event, other)}.`,
      lockWord(t, events),
      isExchange
        ? 'When the comparison fails it only reads: a failed exchange writes and releases nothing.'
        : null,
      plainSide(t, events),
    ],
    links: [...links(t, event, others), ...plainLinks(t, events)],
    lesson: '01-first-race',
  };
}

/** The locks that the cell is, as the reader calls them where they are taken. */
function lockWord({ program, cx }: Telling, events: readonly Event[]): string | null {
  const uses = cx.get(lockUses);
  const locks = program.locks.filter(
    ({ id, cell }) =>
      (uses.get(id)?.acquires.length ?? 0) > 0 &&
      events.some(({ region, bytes }) => cell?.region === region && cell.low === bytes?.low),
  );
  if (locks.length === 0) return null;
  const names = list(locks.map(({ id }) => lockName(program, id)));
  return locks.length === 1
    ? `The cell is the word of the lock ${names}.`
    : `The cells are the words of the locks ${names}.`;
}

export function waiting(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const name = quoted(event!.place);
  const notifies = othersOf(t, events, ['notify']);
  const stores = othersOf(t, events, ['write']);
  const [notify] = best(notifies, event!);
  const stored =
    stores.findLast((each) => each.turn === notify?.turn && each.id < notify.id) ?? best(stores, event!)[0];
  const isAsync = event!.via === 'Atomics.waitAsync';
  return {
    title: `${name}: ${quoted(event!.via)} sleeps until it is notified`,
    sentences: [
      `It compares ${name} with the expected value and goes to sleep in one critical section, so no ${quoted('Atomics.notify')} can fall in between.`,
      notify === undefined
        ? `No ${quoted('Atomics.notify')} of ${name} in sight wakes it: the missing edge is a notify after the store.`
        : `Each critical section of the cell happens before the next (ECMA-262, “EnterCriticalSection”): what ${otherWho(t.program, event!, notify)} did before the ${quoted('Atomics.notify')} ${where(t, notify.at)} is visible once this wakes.`,
      stored === undefined
        ? `No atomic write of ${name} by another agent is in sight: a notify alone does not change the cell.`
        : `The ${quoted(stored.via)} ${where(t, stored.at)} changes the cell, so a wait that comes late does not sleep at all.`,
      isAsync ? null : mayBlock(t, events),
      isAsync
        ? 'It does not block: the result holds a promise, and only what awaits that comes after.'
        : null,
    ],
    links: [...links(t, event!, notifies), ...links(t, event!, stores)],
    lesson: '04-publication',
  };
}

export function notifying(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const name = quoted(event!.place);
  const waiters = othersOf(t, events, ['wait']);
  const [waiter] = best(waiters, event!);
  const before = (t.cx.get(memory).get(event!.region!) ?? []).findLast(
    (each) =>
      each.atomic &&
      each.op === 'write' &&
      each.turn === event!.turn &&
      each.id < event!.id &&
      isCellOf(event!, each),
  );
  return {
    title: `${name}: ${quoted('Atomics.notify')} wakes those who wait`,
    sentences: [
      waiter === undefined
        ? `No ${quoted('Atomics.wait')} on ${name} by another agent is in sight, so this wakes nobody in sight.`
        : `It wakes the ${quoted(waiter.via)} ${where(t, waiter.at)}: everything ${whoAll(t.program, events)} did before this line happens before what ${otherWho(t.program, event!, waiter)} does once awake (ECMA-262, “EnterCriticalSection”).`,
      before === undefined
        ? `No atomic write of ${name} comes before it here, and a notify writes nothing: who waits later sees the old value and sleeps on.`
        : `The ${quoted(before.via)} ${where(t, before.at)} comes first, as it has to: a waiter that wakes reads the cell again.`,
    ],
    links: [
      ...links(t, event!, waiters),
      ...(before === undefined
        ? []
        : [{ to: before.at, label: 'the cell is changed here, before the notify' }]),
    ],
    lesson: '04-publication',
  };
}

function mayBlock({ program }: Telling, events: readonly Event[]): string | null {
  return events.some(({ agent }) => program.agents[agent]!.mayBlock === null)
    ? 'The main thread of a page may not block: there it throws; in Node it may.'
    : null;
}

/**
 * Atomic events of other agents on the same memory, one per place. Memory whose making is not in sight is there to be
 * shared: any agent may run the other places that use it.
 */
function othersOf(t: Telling, events: readonly Event[], ops: readonly Event['op'][]): Event[] {
  const found: Event[] = [];
  for (const event of onePerAgent(events)) {
    for (const other of t.cx.get(memory).get(event.region!) ?? []) {
      if (!other.atomic || !ops.includes(other.op) || !overlaps(event, other)) continue;
      const isElsewhere = t.program.regions[event.region!]!.inferred && !sameMark(event.at, other.at);
      if (isElsewhere || isOther(t, event, other)) found.push(other);
    }
  }
  return onePerMark(found);
}

function onePerAgent(events: readonly Event[]): Event[] {
  return events.filter(
    (event, index) =>
      events.findIndex(
        (each) =>
          each.agent === event.agent &&
          each.region === event.region &&
          each.bytes?.low === event.bytes?.low &&
          each.bytes?.high === event.bytes?.high,
      ) === index,
  );
}

/** The one to speak of first: certainly the same cell, another place, an access rather than a wait, one that decides a branch. */
function best(others: readonly Event[], event: Event): Event[] {
  const weight = (other: Event) =>
    (isSameCell(event, other) ? 8 : 0) +
    (sameMark(event.at, other.at) ? 0 : 4) +
    (other.op === 'wait' ? 0 : 2) +
    (other.guards.length > 0 || other.op === 'write' ? 1 : 0);
  return [...others].sort((a, b) => weight(b) - weight(a));
}

function isCellOf(event: Event, other: Event): boolean {
  return event.bytes?.low === other.bytes?.low && event.bytes?.high === other.bytes?.high;
}

/** What is not certain about two atomic accesses being of one cell. */
function unsure(event: Event, other: Event): string {
  if (isSameCell(event, other)) return '';
  return event.bytes?.exact === true && other.bytes?.exact === true
    ? '; the two are of different width, and then nothing synchronizes'
    : ', if both are of the same cell (the index is not known exactly)';
}

function title(event: Event, other: Event, relation: string): string {
  return event.op === 'read'
    ? `the ${quoted(other.via)} it reads ${relation} it`
    : `${relation} the ${quoted(other.via)} that reads it`;
}

/** What the write of a publication makes visible to plain code on the other side, and the same seen from there. */
function publishedBy(t: Telling, release: Event): { sentence: string; links: LinkTo[] } | null {
  const pair = t.cx
    .get(order)
    .publications.find((each) => sameMark(each.release.at, release.at) && each.acquire.guards.length > 0);
  if (pair === undefined) return null;
  for (const event of before(t, release)) {
    for (const { excuse } of t.cx.get(conflictsAt)(event.at)) {
      if (excuse?.name !== 'ordered') continue;
      if (!excuse.steps.some((step) => step.release !== null && sameMark(step.release.at, release.at)))
        continue;
      const { first, second } = excuse;
      return {
        sentence: `That is what orders ${quoted(first.place)}, written ${where(t, first.at)}, before its plain use ${where(t, second.at)}.`,
        links: [
          { to: first.at, label: `${quoted(first.place)} is made ready here` },
          { to: second.at, label: `${quoted(second.place)} is used here, behind the check` },
        ],
      };
    }
  }
  return null;
}

function before(t: Telling, release: Event): Event[] {
  return onePerMark(
    t.program.events.filter(
      ({ turn, id, atomic, region }) =>
        turn === release.turn && id < release.id && !atomic && region !== null,
    ),
  );
}

function seenBehind(t: Telling, acquire: Event): { sentence: string; links: LinkTo[] } | null {
  if (acquire.guards.length === 0) return null;
  const behind = onePerMark(
    t.program.events.filter(
      ({ turn, id, atomic, region }) =>
        turn === acquire.turn && id > acquire.id && !atomic && region !== null,
    ),
  );
  for (const event of behind) {
    for (const { excuse } of t.cx.get(conflictsAt)(event.at)) {
      if (excuse?.name !== 'ordered') continue;
      if (!excuse.steps.some((step) => step.acquire !== null && sameMark(step.acquire.at, acquire.at)))
        continue;
      const { first, second } = excuse;
      return {
        sentence: `So ${quoted(second.place)} ${where(t, second.at)} is safe to use plainly behind the check: it was written ${where(t, first.at)}.`,
        links: [{ to: first.at, label: `${quoted(first.place)} is written here, before the store` }],
      };
    }
  }
  return null;
}

/** A plain access of the cell by another agent takes the order away. */
function plainSide(t: Telling, events: readonly Event[]): string | null {
  const open = relationsOf(t, events).filter(({ status }) => status.name === 'open');
  const [first] = open;
  if (first === undefined) return mixedSide(t, events);
  const subject = capital(otherWho(t.program, first.event, first.other));
  return `${subject} ${doesTo(first.other)} ${where(t, first.other.at)}, and a plain access synchronizes-with nothing (ECMA-262, “synchronizes-with”). ${missing(t, first)}`;
}

/** The same where the agents are not in sight. */
function mixedSide(t: Telling, events: readonly Event[]): string | null {
  const half = t.cx.get(mixed).find(({ other }) => events.some(({ at }) => sameMark(at, other.at)));
  if (half === undefined) return null;
  const { event } = half;
  return `The same cell is ${event.op === 'read' ? 'read' : 'written'} plainly ${where(t, event.at)}, and a plain access synchronizes-with nothing.`;
}

function plainLinks(t: Telling, events: readonly Event[]): LinkTo[] {
  return relationsOf(t, events)
    .filter(({ status }) => status.name === 'open')
    .map(({ event, other }) => ({
      to: other.at,
      label: `${otherWho(t.program, event, other)} ${doesTo(other)}, in no order with this`,
    }));
}

function links(t: Telling, event: Event, others: readonly Event[]): LinkTo[] {
  return best(others, event).map((other) => ({
    to: other.at,
    label: `the ${quoted(other.via)} of ${otherWho(t.program, event, other)}`,
  }));
}

/** Where agents are not known, what is missing may only be out of sight. */
function unknownAgents({ program }: Telling, { region }: Event): string | null {
  if (program.unknown.length > 0)
    return `${program.unknown.length === 1 ? 'One worker is' : `${program.unknown.length} workers are`} not analysed (${list(program.unknown.map(({ why }) => why).slice(0, 1))}), so it may be there.`;
  return program.regions[region!]!.inferred
    ? `Where ${quoted(program.regions[region!]!.name)} is made is not in sight, so it may be elsewhere.`
    : null;
}
