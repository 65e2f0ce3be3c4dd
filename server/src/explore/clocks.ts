/**
 * A strict partial order of events that contains each agent's own order, as one vector clock per event: what comes before
 * an event is a prefix of every agent's list. Closed under transitivity at all times; adding an edge costs one pass.
 */

/** Where each event stands. Shared by all orders over the same events. */
export interface Layout {
  /** Number of events. */
  readonly n: number;
  /** Number of agents, the main agent (0) included. */
  readonly agents: number;
  readonly agentOf: Uint8Array;
  /** Position within its agent. */
  readonly indexOf: Uint16Array;
  /** Events of each agent in order. */
  readonly lists: readonly (readonly number[])[];
}

/** `clock[e * agents + a]`: how many events of agent `a` come before `e`; for its own agent, its position. */
export type Clocks = Uint16Array;

/** The agents' own orders and nothing else. */
export function agentOrder(layout: Layout): Clocks {
  const clocks = new Uint16Array(layout.n * layout.agents);
  for (let event = 0; event < layout.n; event++) {
    clocks[event * layout.agents + layout.agentOf[event]!] = layout.indexOf[event]!;
  }
  return clocks;
}

export function before(layout: Layout, clocks: Clocks, first: number, second: number): boolean {
  return clocks[second * layout.agents + layout.agentOf[first]!]! > layout.indexOf[first]!;
}

/** Orders `first` before `second` in place. False, and no change, if `second` already comes before `first`. */
export function order(layout: Layout, clocks: Clocks, first: number, second: number): boolean {
  const { agents, agentOf, indexOf, lists } = layout;
  if (first === second || before(layout, clocks, second, first)) return false;
  if (before(layout, clocks, first, second)) return true;
  const from = first * agents;
  const firstAgent = agentOf[first]!;
  const firstCount = indexOf[first]! + 1;
  const secondAgent = agentOf[second]!;
  const secondIndex = indexOf[second]!;
  for (const list of lists) {
    // What follows `second` is a suffix of every list.
    for (let position = list.length - 1; position >= 0; position--) {
      const event = list[position]!;
      const to = event * agents;
      if (event !== second && clocks[to + secondAgent]! <= secondIndex) break;
      for (let agent = 0; agent < agents; agent++) {
        const count = clocks[from + agent]!;
        if (clocks[to + agent]! < count) clocks[to + agent] = count;
      }
      if (clocks[to + firstAgent]! < firstCount) clocks[to + firstAgent] = firstCount;
    }
  }
  return true;
}

/** Copies an order into the array kept for this depth of a search: no garbage. */
export function copyTo(scratch: Clocks[], depth: number, from: Clocks): Clocks {
  const target = (scratch[depth] ??= new Uint16Array(from.length));
  target.set(from);
  return target;
}

/** All events in one sequence that agrees with the order; among events that are free, the lowest agent goes first. */
export function sequence(layout: Layout, clocks: Clocks): number[] {
  const next = layout.lists.map(() => 0);
  const result: number[] = [];
  while (result.length < layout.n) {
    const agent = layout.lists.findIndex((list, candidate) => {
      const event = list[next[candidate]!];
      return (
        event !== undefined &&
        next.every((count, other) => clocks[event * layout.agents + other]! <= count || other === candidate)
      );
    });
    // Invariant: the order has no cycle, so some agent's next event is free.
    result.push(layout.lists[agent]![next[agent]!]!);
    next[agent]!++;
  }
  return result;
}
