/**
 * The stage that the lessons play on: agents that begin together, and outcomes that are counted.
 *
 * Two workers that simply start rarely meet: one has finished before the other has begun. So the agents of a lesson meet
 * before every trial, and only then run.
 */
import { parentPort, isMainThread } from 'node:worker_threads';

/** How often an agent looks before it goes to sleep; two agents on two cores meet within a few hundred looks. */
const LOOKS = 20_000;

/**
 * A meeting point in shared memory, for a fixed number of agents, used again and again.
 * `cells[0]` counts arrivals, `cells[1]` counts meetings.
 */
export class Meeting {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #agents: number;

  /** Every agent makes its own Meeting over the same memory. */
  constructor(agents: number, memory = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
    this.#agents = agents;
  }

  /** Returns once all agents are here: what each did before, all others see after. */
  meet(): void {
    const cells = this.#cells;
    const meeting = Atomics.load(cells, 1);
    if (Atomics.add(cells, 0, 1) === this.#agents - 1) {
      Atomics.store(cells, 0, 0);
      Atomics.store(cells, 1, meeting + 1);
      Atomics.notify(cells, 1);
      return;
    }
    for (let look = 0; look < LOOKS; look++) {
      if (Atomics.load(cells, 1) !== meeting) return;
    }
    // The other agent has lost its core. Waiting leaves ours to it.
    while (Atomics.load(cells, 1) === meeting) Atomics.wait(cells, 1, meeting);
  }
}

const counts = new Map<string, number>();

/** Counts `times` trials that ended in `outcome`. The lesson's panel draws the counts; a terminal prints them at the end. */
export function tally(outcome: string | number, times = 1): void {
  if (times === 0) return;
  const name = String(outcome);
  if (!isMainThread) {
    parentPort?.postMessage({ outcome: name, times });
    return;
  }
  if (counts.size === 0) process.once('exit', printCounts);
  counts.set(name, (counts.get(name) ?? 0) + times);
}

function printCounts(): void {
  for (const [outcome, times] of [...counts].sort((a, b) => b[1] - a[1])) {
    console.log(`${String(times).padStart(8)} × ${outcome}`);
  }
}
