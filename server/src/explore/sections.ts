/**
 * The critical sections of wait and notify (clauses "WaiterList Records", "EnterCriticalSection", "LeaveCriticalSection",
 * "SuspendThisAgent"): sections of one waiter list exclude one another, and each synchronizes with the next.
 * Lists are first-in first-out.
 */
import type { Clocks } from './clocks.ts';
import { order } from './clocks.ts';
import type { Skeleton } from './skeleton.ts';

export interface SectionOrder {
  /** Happens-before by agent order, host order and the sections. */
  readonly clocks: Clocks;
  /** What each notify returned, by the event that enters its section. */
  readonly counts: ReadonlyMap<number, number>;
  /** Synchronizes-with of the sections: leave event, enter event. */
  readonly edges: readonly (readonly [leave: number, enter: number])[];
}

/**
 * Calls `visit` for every order of the sections that agrees with what each wait of the skeleton gives.
 * `goOn` is asked at every step and ends the search with false.
 */
export function sectionOrders(s: Skeleton, goOn: () => boolean, visit: (found: SectionOrder) => void): void {
  const lists = [...new Set(s.sections.map((section) => section.list))];
  const counts = new Map<number, number>();
  const edges: [number, number][] = [];

  const orderList = (which: number, clocks: Clocks): void => {
    const list = lists[which];
    if (list === undefined) {
      visit({ clocks, counts: new Map(counts), edges: [...edges] });
      return;
    }
    const queues: number[][] = Array.from({ length: s.agents }, () => []);
    s.sections.forEach((section, index) => {
      if (section.list === list) queues[s.agentOf[section.first]!]!.push(index);
    });
    const next = queues.map(() => 0);

    const step = (
      previous: number,
      asleep: readonly number[],
      woken: ReadonlySet<number>,
      at: Clocks,
    ): void => {
      if (next.every((count, agent) => count === queues[agent]!.length)) {
        orderList(which + 1, at);
        return;
      }
      for (let agent = 0; agent < queues.length; agent++) {
        const index = queues[agent]![next[agent]!];
        if (index === undefined) continue;
        if (!goOn()) return;
        const after = enter(s, index, asleep, woken);
        if (after === null) continue;
        const clocksAfter = at.slice();
        const previousSection = s.sections[previous];
        const section = s.sections[index]!;
        if (previousSection !== undefined) {
          if (!order(s, clocksAfter, previousSection.last, section.first)) continue;
          edges.push([previousSection.last, section.first]);
        }
        next[agent]!++;
        if (section.kind === 'notify') counts.set(section.first, after.count);
        step(index, after.asleep, after.woken, clocksAfter);
        next[agent]!--;
        if (previousSection !== undefined) edges.pop();
      }
    };
    step(-1, [], new Set(), clocks);
  };
  orderList(0, s.base);
}

interface ListState {
  readonly asleep: readonly number[];
  readonly woken: ReadonlySet<number>;
  readonly count: number;
}

/** The waiter list after the section, or null if the section cannot come now. */
function enter(
  s: Skeleton,
  index: number,
  asleep: readonly number[],
  woken: ReadonlySet<number>,
): ListState | null {
  const section = s.sections[index]!;
  switch (section.kind) {
    case 'check':
      return { asleep, woken, count: 0 };
    case 'sleep':
      return { asleep: [...asleep, index], woken, count: 0 };
    case 'notify': {
      const taken = asleep.slice(0, section.count);
      // Who sleeps for ever is never taken, and who times out must still be asleep when it re-enters.
      const fits = taken.every((sleeper) => resumes(s, sleeper) === 'woken');
      if (!fits) return null;
      return {
        asleep: asleep.slice(taken.length),
        woken: new Set([...woken, ...taken]),
        count: taken.length,
      };
    }
    case 'woken':
      return woken.has(section.sleptIn) ? { asleep, woken, count: 0 } : null;
    case 'timed-out':
      return { asleep: asleep.filter((sleeper) => sleeper !== section.sleptIn), woken, count: 0 };
  }
}

function resumes(s: Skeleton, sleeper: number): string | undefined {
  return s.sections.find((section) => section.sleptIn === sleeper)?.kind;
}
