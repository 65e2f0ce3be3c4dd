/** Why nothing is reported at a place: each reason has a name, and says it with the reader's own. */
import type { Span } from '../base/text.ts';
import type { FactContext } from '../facts/fact.ts';
import type { Event } from '../ir/program.ts';
import { sameMark, type Mark, type Unit } from '../ir/unit.ts';
import { edgeName } from './chain.ts';
import type { Reason } from './explanation.ts';
import { findOnLine, type Found } from './find.ts';
import { memory, places } from './indexes.ts';
import { linksOf } from './links.ts';
import { lockReasons } from './lock-reasons.ts';
import {
  excuseInWords,
  overlaps,
  placesInWords,
  relationsOf,
  reportInWords,
  type Relation,
  type Status,
} from './relations.ts';
import {
  doesTo,
  list,
  heldName,
  otherWho,
  quoted,
  where,
  whoAll,
  type LinkTo,
  type Telling,
  type Told,
} from './telling.ts';

/** `line` is zero-based; empty where nothing concurrent begins on it. */
export function reasonsAt(
  cx: FactContext,
  unit: Unit,
  line: number,
  spanAt: (mark: Mark) => Span | null,
): readonly Reason[] {
  const t: Telling = { cx, program: cx.program, unit, spanAt };
  const found = findOnLine(unit, cx.get(places).funcs(unit.file), line);
  const reasons: Reason[] = [];
  for (const place of found) {
    const span = { file: unit.file, start: place.start, end: place.end };
    for (const { name, message, links } of reasonsOf(t, place, found)) {
      if (reasons.some((known) => known.name === name && known.message === message)) continue;
      reasons.push({ name, span, message, links: linksOf(t, span, links) });
    }
  }
  return reasons;
}

function reasonsOf(t: Telling, { events }: Found, onLine: readonly Found[]): Told[] {
  const accesses = events.filter(({ op }) => op === 'read' || op === 'write');
  const acquires = events.filter(({ op }) => op === 'acquire');
  const spawns = events.filter(({ op }) => op === 'spawn');
  return [
    ...(acquires.length === 0 ? [] : lockReasons(t, acquires)),
    ...(accesses.length === 0 || isToldWithWrite(accesses, onLine) ? [] : accessReasons(t, accesses)),
    ...spawns.slice(0, 1).flatMap((event) => unknownWorker(t, event)),
  ];
}

/** The read of `x[i] += 1` is told with the write on the same line. */
function isToldWithWrite(accesses: readonly Event[], onLine: readonly Found[]): boolean {
  const reads = new Set(accesses.map(({ id }) => id));
  return (
    accesses.every(({ op, atomic }) => op === 'read' && !atomic) &&
    onLine.some(({ events }) => events.some(({ from }) => from !== null && reads.has(from)))
  );
}

function unknownWorker(t: Telling, event: Event): Told[] {
  const unknown = t.program.unknown.find(({ at }) => sameMark(at, event.at));
  if (unknown === undefined) return [];
  const message = `this worker is reported as not analysed: ${unknown.why}`;
  return [{ name: 'reported', message, links: [] }];
}

function accessReasons(t: Telling, accesses: readonly Event[]): Told[] {
  const [event] = accesses;
  const report = reportInWords(t, event!.at);
  const relations = relationsOf(t, accesses);
  const told: Told[] = [];
  if (report !== null) {
    told.push({
      name: 'reported',
      message: report.message,
      links: [{ to: report.other.at, label: doesTo(report.other) }],
    });
  } else told.push(...openElsewhere(t, relations));
  const groups = new Map<string, Relation[]>();
  for (const relation of relations) {
    if (relation.status.name === 'open') continue;
    const key = `${nameOf(relation.status)} ${excuseInWords(t, relation) ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [relation]);
    else group.push(relation);
  }
  for (const group of groups.values()) told.push(excused(t, group));
  return told.length > 0 ? told : [unshared(t, accesses)];
}

/** A race that is told at another place: at its plain side, or at the write of an update. */
function openElsewhere(t: Telling, relations: readonly Relation[]): Told[] {
  const open = relations.filter(({ status }) => status.name === 'open');
  const [first] = open;
  if (first === undefined) return [];
  const where_ = first.event.atomic
    ? `at its plain side, ${placesInWords(t, open)}`
    : 'with the write that depends on it';
  return [
    {
      name: 'reported',
      message: `${quoted(first.event.place)} is part of a data race that is reported ${where_}`,
      links: open.map((relation) => linkTo(t, relation)),
    },
  ];
}

function excused(t: Telling, group: readonly Relation[]): Told {
  const [first] = group;
  const { event, other, status } = first!;
  const subject =
    group.length === 1
      ? `${otherWho(t.program, event, other)} ${doesTo(other)} ${where(t, other.at)}`
      : `${placesInWords(t, group)} access it`;
  return {
    name: nameOf(status),
    message: `${quoted(event.place)}: ${subject}; ${excuseInWords(t, first!) ?? ''}`,
    links: group.map((relation) => linkTo(t, relation)),
  };
}

function nameOf(status: Status): string {
  return status.name === 'ordered' ? `ordered-by-${edgeName(status.steps)}` : status.name;
}

function linkTo(t: Telling, { event, other }: Relation): LinkTo {
  return { to: other.at, label: `${otherWho(t.program, event, other)} ${doesTo(other)}` };
}

/** No other agent in sight touches these bytes. */
function unshared(t: Telling, accesses: readonly Event[]): Told {
  const [event] = accesses;
  const name = quoted(event!.place);
  const region = t.program.regions[event!.region!]!;
  const all = t.cx.get(memory).get(region.id) ?? [];
  const same = all.filter((other) => overlaps(event!, other) && !sameMark(other.at, event!.at));
  const own = whoAll(t.program, accesses);
  const links = same.map((other) => ({ to: other.at, label: doesTo(other) }));
  const lock = event!.held.find((hold) =>
    same.every((other) => other.held.some((each) => each.lock === hold.lock)),
  );
  if (region.inferred && same.length > 0 && lock !== undefined) {
    const message = `${name}: every other access in sight holds ${heldName(t.program, lock)} too`;
    return { name: 'common-lock', message, links };
  }
  if (region.inferred && accesses.every(({ atomic }) => atomic) && same.every(({ atomic }) => atomic)) {
    return { name: 'both-atomic', message: `${name}: every access in sight is atomic`, links };
  }
  const elsewhere = all.filter(({ agent }) => agent !== event!.agent);
  if (elsewhere.length > 0) {
    const names = [...new Set(elsewhere.map(({ agent }) => t.program.agents[agent]!.name))];
    const message = `${name} is used by ${own} alone in sight; ${list(names)} use${names.length === 1 ? 's' : ''} other cells of ${quoted(region.name)}`;
    return { name: 'single-agent', message, links: [] };
  }
  if (region.inferred) {
    const message = `${name}: only this code is known to use ${quoted(region.name)}; who else holds it is not in sight`;
    return { name: 'single-agent', message, links: [] };
  }
  const message = `${name} lies in ${quoted(region.name)}, which no other agent in sight reads or writes`;
  return { name: 'not-shared', message, links: [] };
}
