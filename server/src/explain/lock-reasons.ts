/** Why taking a lock is not reported as a possible deadlock. */
import { lockOrder, type LockEdge } from '../facts/lock-order.ts';
import { order } from '../facts/order.ts';
import type { Event } from '../ir/program.ts';
import { sameMark } from '../ir/unit.ts';
import { chainInWords, edgeName } from './chain.ts';
import { few, heldName, takenName, where, type Telling, type Told } from './telling.ts';

export function lockReasons(t: Telling, acquires: readonly Event[]): Told[] {
  const [event] = acquires;
  const { edges, cycles, reacquired } = t.cx.get(lockOrder);
  const { at } = event!;
  const name = takenName(t.program, event!);
  const again = reacquired.find((each) => sameMark(each.event.at, at));
  if (again !== undefined) {
    const message = `${name} is reported here: it is already held, taken ${where(t, again.first.at)}`;
    return [{ name: 'reported', message, links: [{ to: again.first.at, label: `${name} is taken here` }] }];
  }
  if (acquires.every(({ mode }) => mode === 'try')) {
    return [
      {
        name: 'try-lock',
        message: `${name} is only tried here: a try never waits, so it cannot wait for ever`,
        links: [],
      },
    ];
  }
  const circles = cycles.filter((cycle) => cycle.some((edge) => touches(edge, at)));
  if (circles.length > 0) return [reported(t, event!, circles[0]!)];
  const mine = edges.filter((edge) => touches(edge, at));
  const told = [...ownAgain(t, acquires), ...mine.flatMap((edge) => oppositesOf(t, edge, edges))];
  if (told.length > 0) return onePerMessage(told);
  if (mine.length > 0) return onePerMessage(mine.map((edge) => consistent(t, edge)));
  return [
    {
      name: 'single-lock',
      message: `no other lock is held when ${name} is taken, and none is waited for while it is held`,
      links: [],
    },
  ];
}

function touches(edge: LockEdge, at: Event['at']): boolean {
  return sameMark(edge.event.at, at) || sameMark(edge.first.at, at);
}

function reported(t: Telling, event: Event, cycle: readonly LockEdge[]): Told {
  const others = cycle.filter((edge) => !sameMark(edge.event.at, event.at));
  return {
    name: 'reported',
    message: `${takenName(t.program, event)} is part of a circle of locks that is reported ${few(cycle.map((edge) => where(t, edge.event.at)))}`,
    links: others.map((edge) => ({
      to: edge.event.at,
      label: `${takenName(t.program, edge.event)} is taken here with ${heldName(t.program, edge.first)} held`,
    })),
  };
}

/** The lock is held already, and that is right. */
function ownAgain(t: Telling, acquires: readonly Event[]): Told[] {
  for (const event of acquires) {
    const own = event.held.find((hold) => hold.lock === event.lock);
    if (own === undefined) continue;
    const name = takenName(t.program, event);
    const links = [{ to: own.at, label: `${name} is taken here` }];
    const { reentrant, summary } = t.program.locks[event.lock!]!;
    if (reentrant)
      return [{ name: 'reentrant', message: `${name} may be taken again by its own holder`, links }];
    if (summary)
      return [
        {
          name: 'many-locks',
          message: `${name} stands for many locks: which of them is held is not known`,
          links,
        },
      ];
    if (own.shared && event.mode === 'shared')
      return [
        {
          name: 'shared-mode',
          message: `${name} is only read-locked both times: readers do not exclude each other`,
          links,
        },
      ];
    if (own.task !== event.task)
      return [
        { name: 'other-task', message: `${name} is held by another task, which goes on and frees it`, links },
      ];
  }
  return [];
}

/** Places that take the same two locks the other way round, each with what keeps them from waiting for each other. */
function oppositesOf(t: Telling, edge: LockEdge, edges: readonly LockEdge[]): Told[] {
  const [a, b] = [heldName(t.program, edge.first), takenName(t.program, edge.event)];
  return edges.flatMap((other) => {
    if (other.first.lock !== edge.second || other.second !== edge.first.lock) return [];
    const why = whyHarmless(t, edge, other);
    if (why === null) return [];
    const message = `${b} is taken after ${a} here and before it ${where(t, other.event.at)}, but ${why.words}`;
    return [
      { name: why.name, message, links: [{ to: other.event.at, label: `${a} is taken after ${b} here` }] },
    ];
  });
}

/** The same questions as in facts/lock-order, asked for the answer's name. */
function whyHarmless(t: Telling, edge: LockEdge, other: LockEdge): { name: string; words: string } | null {
  const { program } = t;
  const gate = edge.event.held.find(
    ({ lock }) =>
      lock !== edge.first.lock && lock !== edge.second && other.event.held.some((hold) => hold.lock === lock),
  );
  if (gate !== undefined)
    return {
      name: 'gate-lock',
      words: `${heldName(program, gate)} is held around both, so only one is under way`,
    };
  if ([edge.second, other.second].some((lock) => program.locks[lock]!.summary))
    return {
      name: 'many-locks',
      words: 'one of the names stands for many locks, so which are meant is not known',
    };
  const [first, second] = [edge.event, other.event];
  const isOneAgent = first.agent === second.agent && !program.agents[first.agent]!.many;
  if (first.turn === second.turn && first.task === second.task && !program.turns[first.turn]!.many)
    return { name: 'same-task', words: 'one task does both, one after the other' };
  if (isOneAgent && program.locks[edge.second]!.kind === 'atomics')
    return {
      name: 'one-at-a-time',
      words: 'both run in one agent, which does not interleave code that blocks',
    };
  if ((edge.shared && other.first.shared) || (other.shared && edge.first.shared))
    return { name: 'shared-mode', words: 'one of the locks is only read-locked by both' };
  const hb = t.cx.get(order);
  const steps = hb.before(first, second) ?? hb.before(second, first);
  return steps === null
    ? null
    : {
        name: `ordered-by-${edgeName(steps)}`,
        words: `one happens before the other, ordered by ${chainInWords(t, steps)}`,
      };
}

function consistent(t: Telling, edge: LockEdge): Told {
  const [a, b] = [heldName(t.program, edge.first), takenName(t.program, edge.event)];
  return {
    name: 'consistent-order',
    message: `${a} is taken before ${b}, and nowhere in sight the other way round`,
    links: [
      { to: edge.first.at, label: `${a} is taken here` },
      { to: edge.event.at, label: `${b} is taken here, with ${a} held` },
    ],
  };
}

function onePerMessage(told: readonly Told[]): Told[] {
  return told.filter((each, index) => told.findIndex(({ message }) => message === each.message) === index);
}
