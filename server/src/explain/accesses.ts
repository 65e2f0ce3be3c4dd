/** The story of a plain access of shared memory: who else touches the cell, and what orders the two. */
import type { Event } from '../ir/program.ts';
import { memory } from './indexes.ts';
import {
  excuseInWords,
  isSameCell,
  isSameLine,
  placesInWords,
  relationsOf,
  reportInWords,
  type Relation,
} from './relations.ts';
import {
  capital,
  doesTo,
  heldName,
  otherWho,
  quoted,
  where,
  who,
  whoAll,
  type LinkTo,
  type Story,
  type Telling,
} from './telling.ts';

export function plainAccess(t: Telling, events: readonly Event[]): Story {
  const [event] = events;
  const name = quoted(event!.place);
  const relations = relationsOf(t, events);
  const open = relations.filter(({ status }) => status.name === 'open');
  const [worst, ...others] = [...open].sort(
    (a, b) => 4 * (weight(b.event) - weight(a.event)) + weight(b.other) - weight(a.other),
  );
  const links = relations.map((relation) => linkTo(t, relation));
  if (worst !== undefined) {
    const rest = others.filter((other) => !isSameLine(t, other, worst));
    const more = rest.length === 0 ? null : `So it is with ${placesInWords(t, rest)}.`;
    return {
      title: `${name}: a data race with ${otherWho(t.program, worst.event, worst.other)}`,
      sentences: [
        `${capital(otherWho(t.program, worst.event, worst.other))} ${doesTo(worst.other)} ${where(t, worst.other.at)}${held(t, worst.other)}${isSameCell(worst.event, worst.other) ? '' : `, and ${quoted(worst.other.place)} may be the same cell`}.`,
        'Neither happens before the other, so the two are a data race (ECMA-262, “Data Races”): which value is seen depends on timing.',
        missing(t, worst),
        more,
      ],
      links,
      lesson: isPlainUpdate(worst) || !isHandOver(worst) ? '01-first-race' : '04-publication',
    };
  }
  return relations.length > 0 ? ordered(t, event!, relations, links) : alone(t, event!, events);
}

/** The side that shows it best: plain before atomic, a write before a read. */
function weight({ atomic, op }: Event): number {
  return (atomic ? 0 : 2) + (op === 'write' ? 1 : 0);
}

function isPlainUpdate({ event, other }: Relation): boolean {
  return event.from !== null || other.from !== null;
}

/** One side writes, the other reads: what a publication is made for. */
function isHandOver({ event, other }: Relation): boolean {
  return event.op !== other.op;
}

/** The edge that is missing, and the cheapest way to get it. */
export function missing(t: Telling, { event, other }: Relation): string {
  const name = quoted(event.place);
  const lock = other.held.find((hold) => !event.held.some((own) => own.lock === hold.lock));
  if (lock !== undefined)
    return `The missing edge is the lock: take ${heldName(t.program, lock)} here too, then one critical section happens before the other.`;
  const own = event.held[0];
  if (own !== undefined)
    return `The missing edge is the lock: ${heldName(t.program, own)} is held here, but not there.`;
  if (isPlainUpdate({ event, other, status: { name: 'open' } }))
    return `Cheapest is one atomic step on each side, such as ${quoted('Atomics.add')}: then no update falls between the read and the write of another.`;
  if (other.atomic || event.atomic) {
    const plain = event.atomic ? other : event;
    const call = plain.op === 'read' ? 'Atomics.load' : 'Atomics.store';
    return `The missing edge is synchronizes-with, which only two atomic accesses have: use ${quoted(call)} ${event.atomic ? 'there' : 'here'} too.`;
  }
  if (event.op === 'write' && other.op === 'write')
    return `Nothing synchronizes-with anything between the two: hold one lock around both, or write ${name} with ${quoted('Atomics.store')} on both sides.`;
  const [writer, reader] = event.op === 'write' ? ['this write', 'that read'] : ['that write', 'this read'];
  return `The missing edge is one from ${writer} to ${reader}: send a message after the write, or raise a flag with ${quoted('Atomics.store')} that ${quoted('Atomics.load')} checks before the read.`;
}

function held({ program }: Telling, { held: holds }: Event): string {
  return holds.length === 0 ? '' : ` with ${holds.map((hold) => heldName(program, hold)).join(' and ')} held`;
}

function ordered(t: Telling, event: Event, relations: readonly Relation[], links: readonly LinkTo[]): Story {
  const groups = new Map<string, Relation[]>();
  for (const relation of relations) {
    const words = excuseInWords(t, relation) ?? '';
    const group = groups.get(words);
    if (group === undefined) groups.set(words, [relation]);
    else group.push(relation);
  }
  const told = [...groups].slice(0, 2).map(([words, [first, ...more]]) => {
    const { other } = first!;
    const rest = more.filter((each) => !isSameLine(t, each, first!));
    const also = rest.length === 0 ? '' : ` (and so ${placesInWords(t, rest)})`;
    return `${capital(otherWho(t.program, first!.event, other))} ${doesTo(other)} ${where(t, other.at)}${also}: ${words}.`;
  });
  const rest = groups.size - told.length;
  const isOrdered = relations.some(
    ({ status }) => status.name === 'ordered' || status.name === 'common-lock',
  );
  return {
    title: `${quoted(event.place)}: shared, and no data race in sight`,
    sentences: [
      ...told,
      rest > 0
        ? `${rest} more ${rest === 1 ? 'reason holds' : 'reasons hold'} for other places, linked below.`
        : null,
      isOrdered
        ? 'Accesses of which one happens before the other are no data race (ECMA-262, “happens-before”).'
        : 'A data race takes two agents, the same bytes, and at least one write (ECMA-262, “Data Races”).',
    ],
    links,
    lesson: isOrdered ? '04-publication' : null,
  };
}

function alone(t: Telling, event: Event, events: readonly Event[]): Story {
  const name = quoted(event.place);
  const region = t.program.regions[event.region!]!;
  const report = events.map(({ at }) => reportInWords(t, at)).find((each) => each !== null);
  if (report !== undefined) {
    return {
      title: `${name}: plain here, otherwise elsewhere`,
      sentences: [
        `${report.message}.`,
        'Which agents run this code is not in sight, so this is inferred from how the cell is used in the rest of it.',
      ],
      links: [{ to: report.other.at, label: doesTo(report.other) }],
      lesson: '04-publication',
    };
  }
  const elsewhere = (t.cx.get(memory).get(region.id) ?? []).filter(({ agent }) => agent !== event.agent);
  const users = whoAll(t.program, elsewhere);
  const isOneUser = new Set(elsewhere.map(({ agent }) => who(t.program, agent))).size === 1;
  return {
    title: `${name}: shared memory, used by ${whoAll(t.program, events)} alone in sight`,
    sentences: [
      elsewhere.length === 0
        ? `${name} lies in ${quoted(region.name)}, which no other agent in sight reads or writes.`
        : `${capital(users)} use${isOneUser ? 's' : ''} other cells of ${quoted(region.name)}, not this one.`,
      region.inferred
        ? `Where ${quoted(region.name)} is made is not in sight, so nor is who else holds it.`
        : 'Within one agent all accesses are ordered (ECMA-262, “is-agent-order-before”), so a plain access is right.',
    ],
    links: region.madeAt === null ? [] : [{ to: region.madeAt, label: 'the shared memory is made here' }],
    lesson: null,
  };
}

function linkTo(t: Telling, { event, other, status }: Relation): LinkTo {
  const subject = otherWho(t.program, event, other);
  const order = status.name === 'open' ? ', in no order with this' : '';
  return { to: other.at, label: `${subject} ${doesTo(other)}${held(t, other)}${order}` };
}
