/**
 * For: orders of locks that can deadlock though this run did not.
 * In and out: acquisitions with what was held in; cycles out. Pure.
 *
 * A cycle counts only if every edge is of another thread, no lock is held around two of them (a gate), no two of them
 * are ordered by something that is no lock, and each lock on it is waited for, not tried. Each of these rules leaves out
 * a cycle that cannot deadlock.
 * Source: Havelund, "Using Runtime Analysis to Guide Model Checking of Java Programs" (SPIN 2000), for gate locks and
 * single-thread cycles; the order of events is that of the detector.
 */
export interface LockUse {
  readonly lock: number;
  readonly site: number;
  readonly blocking: boolean;
}

export interface Acquisition {
  readonly thread: number;
  readonly slot: number;
  readonly n: number;
  /** The order without locks, one number for each slot. */
  readonly clock: readonly number[];
  readonly held: readonly LockUse[];
  readonly wanted: LockUse;
}

export interface OrderEdge {
  readonly from: LockUse;
  readonly to: LockUse;
  readonly by: Acquisition;
}

/** Longest cycle that is looked for. */
const LONGEST = 5;
const MOST = 100;

export function lockCycles(
  acquisitions: readonly Acquisition[],
  noLocks: ReadonlySet<number>,
): OrderEdge[][] {
  const edges: OrderEdge[] = [];
  for (const by of acquisitions) {
    if (!by.wanted.blocking || noLocks.has(by.wanted.lock)) continue;
    for (const from of by.held)
      if (!noLocks.has(from.lock) && from.lock !== by.wanted.lock) edges.push({ from, to: by.wanted, by });
  }
  const outgoing = new Map<number, OrderEdge[]>();
  for (const edge of edges) outgoing.set(edge.from.lock, [...(outgoing.get(edge.from.lock) ?? []), edge]);

  const found = new Map<string, OrderEdge[]>();
  const extend = (path: readonly OrderEdge[]): void => {
    if (found.size >= MOST) return;
    const first = path[0]!;
    for (const next of outgoing.get(path.at(-1)!.to.lock) ?? []) {
      // Each cycle is found once, from its lowest lock.
      if (next.from.lock < first.from.lock || !path.every((edge) => canMeet(edge, next))) continue;
      const longer = [...path, next];
      if (next.to.lock === first.from.lock) {
        const key = longer
          .map(({ from, to }) => `${from.site}-${to.site}`)
          .sort()
          .join();
        if (!found.has(key)) found.set(key, longer);
      } else if (longer.length < LONGEST && !path.some((edge) => edge.from.lock === next.to.lock))
        extend(longer);
    }
  };
  for (const edge of edges) extend([edge]);
  return [...found.values()];
}

function canMeet(one: OrderEdge, other: OrderEdge): boolean {
  if (one.by.thread === other.by.thread) return false;
  const gates = new Set(one.by.held.map(({ lock }) => lock));
  if (other.by.held.some(({ lock }) => gates.has(lock))) return false;
  return !before(one.by, other.by) && !before(other.by, one.by);
}

const before = (one: Acquisition, other: Acquisition): boolean => one.n <= (other.clock[one.slot] ?? 0);
