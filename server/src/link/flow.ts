/** Joining what differs from branch to branch: held locks and branches that led here. */
import type { Abrupt, Flow, Machine } from './machine.ts';

/** What holds on every way into a place. */
export function joinFlows(flows: readonly Flow[]): Flow | null {
  const [first, ...others] = flows;
  if (first === undefined) return null;
  if (others.length === 0) return first;
  const held = first.held.filter((hold) =>
    others.every((flow) => flow.held.some((other) => other.lock === hold.lock)),
  );
  const arms = first.arms.filter((arm) => others.every((flow) => flow.arms.includes(arm)));
  return { held, arms };
}

export function alive(...flows: (Flow | null)[]): Flow[] {
  return flows.filter((flow) => flow !== null);
}

/** Leaves the current path in a way that somebody around it picks up. */
export function leave(m: Machine, how: Abrupt['how'], label: string | null): void {
  if (m.flow === null) return;
  m.abrupt.push({ how, label, flow: m.flow });
  m.flow = null;
}

/** Runs work and takes out the abrupt ways that `mine` claims; the others stay for those around. */
export function collect(m: Machine, mine: (way: Abrupt) => boolean, work: () => void): Flow[] {
  const outer = m.abrupt;
  m.abrupt = [];
  work();
  const inner = m.abrupt;
  m.abrupt = [...outer, ...inner.filter((way) => !mine(way))];
  return inner.filter(mine).map((way) => way.flow);
}

/** The branch of an `arm` number, and back. */
export function armOf(branch: number, yes: boolean): number {
  return branch * 2 + (yes ? 0 : 1);
}

/** The path goes on in one arm of a branch; only branches that shared memory decides are worth remembering. */
export function withArm(m: Machine, flow: Flow, branch: number, yes: boolean): Flow {
  if (!m.isGuard(branch)) return flow;
  const arm = armOf(branch, yes);
  return flow.arms.includes(arm) ? flow : { ...flow, arms: [...flow.arms, arm] };
}

/** Each arm once, however often a path leads through it. */
export function mergeArms(arms: readonly number[], more: readonly number[]): readonly number[] {
  const fresh = more.filter((arm) => !arms.includes(arm));
  return fresh.length === 0 ? arms : [...arms, ...fresh];
}
