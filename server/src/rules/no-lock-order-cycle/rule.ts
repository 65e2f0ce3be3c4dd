import { lockOrder, type LockEdge } from '../../facts/lock-order.ts';
import type { Mark } from '../../ir/unit.ts';
import type { ProgramContext, Report, Rule } from '../rule.ts';
import { fix, type OrderData } from './fix.ts';
import { agentName, quoted } from '../words.ts';

/** Two tasks that take the same locks in opposite orders can each hold what the other waits for. */
export const rule: Rule = {
  meta: {
    id: 'no-lock-order-cycle',
    title: 'Take locks in one order everywhere',
    category: 'deadlock',
    severity: 'error',
    lesson: '03-lock-order',
    since: '0.1.0',
  },
  scope: 'program',
  fix,
  check(cx) {
    const told = new Set<string>();
    for (const cycle of cx.get(lockOrder).cycles) {
      for (const edge of cycle) {
        const { file, func, n } = edge.event.at;
        if (told.has(`${file}#${func}:${n}`)) continue;
        told.add(`${file}#${func}:${n}`);
        cx.report(reportOf(cx, edge, cycle));
      }
    }
  },
};

function reportOf({ program }: ProgramContext, edge: LockEdge, cycle: readonly LockEdge[]): Report {
  const leader = firstInOrder(program.locks, cycle);
  const start = cycle.indexOf(edge);
  const others = [...cycle.slice(start + 1), ...cycle.slice(0, start)];
  const [taken, held] = [quoted(edge.event.place), quoted(edge.first.name)];
  const elsewhere =
    others.length === 1
      ? `${whereOf(others[0]!)} takes them the other way round`
      : `${others.map((other) => whereOf(other)).join(' and ')} close the circle`;
  const related = [{ at: edge.first.at, message: `${held} is taken here and still held` }];
  for (const other of others) {
    related.push(
      { at: other.first.at, message: `elsewhere ${quoted(other.first.name)} is taken first, here` },
      { at: other.event.at, message: `and then ${quoted(other.event.place)}, here` },
    );
  }
  const all = [edge, ...others];
  const tasks = all.map((each, index) =>
    taskName(
      program.turns[each.event.turn]!.kind === 'module' ? agentName(program, each.event) : whereOf(each),
      all.length,
      index,
    ),
  );
  const schedule: { agent: string; at: Mark; does: string }[] = [];
  all.forEach((each, index) =>
    schedule.push({
      agent: tasks[index]!,
      at: each.first.at,
      does: `takes ${each.first.name}`,
    }),
  );
  all.forEach((each, index) =>
    schedule.push({
      agent: tasks[index]!,
      at: each.event.at,
      does: `waits for ${each.event.place}, for ever`,
    }),
  );
  return {
    at: edge.event.at,
    message: `${taken} is taken while ${held} is held, but ${elsewhere}: both can wait for ever; take ${quoted(nameHere(program, edge, leader))} first everywhere`,
    related,
    confidence: 'proved',
    schedule,
    data: {
      first: edge.first.at,
      turnRound: cycle.length === 2 && edge.first.lock !== leader,
    } satisfies OrderData,
  };
}

function whereOf(edge: LockEdge): string {
  const { func } = edge.event.at;
  const name = func.replace(/\/@\d+$/, '').replace(/^@\d+$/, '');
  return name === '' ? 'other code' : `\`${name.slice(name.lastIndexOf('/') + 1)}\``;
}

function taskName(base: string, count: number, index: number): string {
  return `task ${index + 1} of ${count} (${base.replaceAll('`', '')})`;
}

/** The lock that comes first by name: an order that everybody can remember. */
function firstInOrder(locks: ProgramContext['program']['locks'], cycle: readonly LockEdge[]): number {
  const named = cycle.map(({ second }) => ({ lock: second, name: locks[second]!.name }));
  return named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.lock - b.lock))[0]!.lock;
}

/** What the code at this side calls a lock of the circle. */
function nameHere({ locks }: ProgramContext['program'], edge: LockEdge, lock: number): string {
  if (lock === edge.second) return edge.event.place;
  return lock === edge.first.lock ? edge.first.name : locks[lock]!.name;
}
