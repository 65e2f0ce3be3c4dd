/** The stories of taking and freeing a lock: what it guards, who else takes it, in which order with others. */
import { lockOrder, type LockEdge } from '../facts/lock-order.ts';
import type { Event, Lock } from '../ir/program.ts';
import { sameMark, type Mark } from '../ir/unit.ts';
import { lockUses, markKey, onePerMark, type LockUse } from './indexes.ts';
import {
  few,
  heldName,
  list,
  lockName,
  quoted,
  takenName,
  where,
  type LinkTo,
  type Story,
  type Telling,
} from './telling.ts';

export function acquiring(t: Telling, events: readonly Event[]): Story {
  const acquires = events.filter(({ op }) => op === 'acquire');
  const [event] = acquires as [Event];
  const locks = [...new Set(acquires.map(({ lock }) => lock!))];
  const name = either(acquires.map((each) => takenName(t.program, each)));
  const uses = locks.map((lock) => usesOf(t, lock));
  const kind = t.program.locks[locks[0]!]!;
  const others = onePerMark(uses.flatMap((use) => use.acquires)).filter(({ at }) => !sameMark(at, event.at));
  const order = orderWith(t, event);
  const guards = guarded(
    t,
    kind,
    uses.flatMap((use) => use.guarded),
  );
  const releases = uses.flatMap((use) => use.releases);
  return {
    title: `This takes ${name}`,
    sentences: [
      `${holding(acquires, name, releases)}.`,
      order?.sentence ?? null,
      `${edgeOf(kind, locks.length > 1 ? 'It' : name)}.`,
      guards.sentence,
      others.length === 0
        ? `No other place in sight takes ${name}${instances(t, events)}.`
        : `It is also taken ${few(others.map(({ at }) => where(t, at)))}.`,
    ],
    links: [
      ...(order?.links ?? []),
      ...others.map((other) => ({ to: other.at, label: `${takenName(t.program, other)} is taken here too` })),
      ...guards.links,
    ],
    lesson: order === null && guards.links.length > 0 ? '01-first-race' : '03-lock-order',
  };
}

export function releasing(t: Telling, events: readonly Event[]): Story {
  const releases = events.filter(({ op }) => op === 'release');
  const locks = [...new Set(releases.map(({ lock }) => lock!))];
  const name = either(releases.map((each) => freedName(t, each)));
  const next = onePerMark(locks.flatMap((lock) => usesOf(t, lock).acquires));
  const taken = onePerPlace(
    releases.flatMap(({ held, lock }) => held.filter((hold) => hold.lock === lock)).map(({ at }) => at),
  );
  const [{ held }] = releases as [Event];
  const still = locks.length > 1 ? [] : held.filter((hold) => hold.lock !== locks[0]);
  const own = locks.length > 1 ? 'It' : name;
  return {
    title: `This frees ${name}`,
    sentences: [
      next.length === 0
        ? `No place in sight takes ${name}.`
        : `What was done with ${name} held happens before what its next holder does, who takes it ${few(next.map(({ at }) => where(t, at)))} (ECMA-262, “happens-before”).`,
      `${edgeOf(t.program.locks[locks[0]!]!, own)}.`,
      still.length === 0
        ? null
        : `${list(still.map((hold) => heldName(t.program, hold)))} ${still.length === 1 ? 'is' : 'are'} still held.`,
    ],
    links: [
      ...taken.map((at) => ({ to: at, label: `${name} was taken here` })),
      ...next
        .filter(({ at }) => !taken.some((mark) => sameMark(at, mark)))
        .map((each) => ({ to: each.at, label: `${takenName(t.program, each)} is taken here` })),
    ],
    lesson: '03-lock-order',
  };
}

/** The lock as it was called where it was taken. */
function freedName({ program }: Telling, { held, lock }: Event): string {
  const hold = held.find((each) => each.lock === lock);
  return hold === undefined ? lockName(program, lock!) : heldName(program, hold);
}

function either(all: readonly string[]): string {
  const names = [...new Set(all)];
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}` : (names[0] ?? '');
}

function onePerPlace(marks: readonly Mark[]): Mark[] {
  return marks.filter((mark, index) => marks.findIndex((other) => sameMark(mark, other)) === index);
}

/** The same place in other instances of its agent takes the lock too. */
function instances({ program }: Telling, events: readonly Event[]): string {
  const many = events.map(({ agent }) => program.agents[agent]!).filter((agent) => agent.many);
  return many.length === 0
    ? ''
    : `, but every instance of ${list([...new Set(many.map(({ name }) => name))])} does so here`;
}

function usesOf(t: Telling, lock: number): LockUse {
  return t.cx.get(lockUses).get(lock) ?? { acquires: [], releases: [], guarded: [] };
}

/** How long it is held, and by whom alone. */
function holding(acquires: readonly Event[], name: string, releases: readonly Event[]): string {
  const [event] = acquires as [Event];
  const isCallback = releases.some(
    ({ at, via }) =>
      via === event.via && via !== '' && at.func === event.at.func && at.file === event.at.file,
  );
  const until = isCallback ? 'until its callback is done' : 'until it is freed';
  const tries = acquires.every(({ mode }) => mode === 'try');
  const start = tries ? `If ${name} is free it is held from here` : `From here ${name} is held`;
  const sharing =
    event.mode === 'shared' ? 'other readers may hold it too, a writer may not' : 'nobody else holds it';
  return `${start} ${until}, and meanwhile ${sharing}`;
}

/** Which edge of the memory model a release and the next acquisition make. */
function edgeOf({ kind, cell }: Lock, name: string): string {
  switch (kind) {
    case 'atomics':
      return `${name} is a word of shared memory${cell === null || name === 'It' ? '' : ` (byte ${cell.low})`}: the atomic write that frees it synchronizes-with the atomic step that takes it next`;
    case 'lockstep':
      return 'It lives in shared memory: each release synchronizes-with the next acquisition, in whichever agent that is';
    case 'web-lock':
      return 'The host hands it from one holder to the next, across tabs and workers of one origin; ECMA-262 names no edge for that';
    default:
      return 'It is a lock of one agent, which orders tasks between their awaits; a worker that makes one has another lock';
  }
}

/** Locks that more than one agent can take: only of these it is odd to guard no shared memory. */
const SHARED_KINDS = new Set(['atomics', 'lockstep']);
const NOTHING_GUARDED = 'No access to shared memory in sight stands under it.';

function guarded(
  t: Telling,
  { kind }: Lock,
  events: readonly Event[],
): { sentence: string | null; links: LinkTo[] } {
  const updated = new Set(events.map(({ from }) => from));
  const places = onePerMark(events.filter(({ id }) => !updated.has(id)));
  if (places.length === 0) return { sentence: SHARED_KINDS.has(kind) ? NOTHING_GUARDED : null, links: [] };
  const names = [...new Set(places.map(({ place }) => quoted(place)))];
  return {
    sentence: `Accessed with it held: ${few(names, 3)}, ${few(places.map(({ at }) => where(t, at)))}.`,
    links: places.map(({ at, op, place, from }) => ({
      to: at,
      label: `${quoted(place)} is ${from !== null ? 'updated' : op === 'read' ? 'read' : 'written'} under it`,
    })),
  };
}

/** Order with the locks that are held here, and with those that are taken while this one is held. */
function orderWith(t: Telling, event: Event): { sentence: string; links: LinkTo[] } | null {
  const { edges, cycles, reacquired } = t.cx.get(lockOrder);
  const again = reacquired.find((each) => sameMark(each.event.at, event.at));
  const own = takenName(t.program, event);
  if (again !== undefined) {
    return {
      sentence: `But ${own} is already held here, taken ${where(t, again.first.at)}, and is not reentrant: this waits for itself for ever.`,
      links: [{ to: again.first.at, label: `${own} is taken here and still held` }],
    };
  }
  for (const cycle of cycles) {
    const mine = cycle.find((edge) => sameMark(edge.event.at, event.at) || sameMark(edge.first.at, event.at));
    if (mine === undefined) continue;
    const others = cycle.filter((edge) => edge !== mine);
    return {
      sentence: `${heldName(t.program, mine.first)} is taken before ${takenName(t.program, mine.event)} here, and the other way round ${few(others.map((edge) => where(t, edge.event.at)))}: each can wait for the other for ever.`,
      links: others.flatMap((edge) => [
        { to: edge.first.at, label: `${heldName(t.program, edge.first)} is taken first here` },
        { to: edge.event.at, label: `and then ${takenName(t.program, edge.event)}` },
      ]),
    };
  }
  const outer = onePerPair(edges.filter((edge) => sameMark(edge.event.at, event.at)));
  const inner = onePerPair(edges.filter((edge) => sameMark(edge.first.at, event.at)));
  if (outer.length > 0) {
    const names = list([...new Set(outer.map((edge) => heldName(t.program, edge.first)))]);
    return {
      sentence: `${names} ${outer.length === 1 ? 'is' : 'are'} already held here, so ${names} ${outer.length === 1 ? 'comes' : 'come'} before ${own}; nothing in sight makes that a circle.`,
      links: outer.map((edge) => ({
        to: edge.first.at,
        label: `${heldName(t.program, edge.first)} is taken here, before ${own}`,
      })),
    };
  }
  if (inner.length === 0) return null;
  const names = list([...new Set(inner.map((edge) => takenName(t.program, edge.event)))]);
  return {
    sentence: `While it is held, ${names} is taken ${few(inner.map((edge) => where(t, edge.event.at)))}; nothing in sight makes that a circle.`,
    links: inner.map((edge) => ({
      to: edge.event.at,
      label: `${takenName(t.program, edge.event)} is taken under it`,
    })),
  };
}

function onePerPair(edges: readonly LockEdge[]): LockEdge[] {
  const seen = new Set<string>();
  return edges.filter((edge) => {
    const key = `${edge.first.lock} ${edge.second} ${markKey(edge.event.at)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
