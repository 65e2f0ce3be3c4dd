// A pool that starts workers in a loop: they race with one another.
//- pool.ts
export class Pool {
  readonly #workers: Worker[] = [];

  constructor(
    readonly stats: Int32Array,
    size = navigator.hardwareConcurrency,
  ) {
    for (let n = 0; n < size; n++) {
      const worker = new Worker(new URL('./task.ts', import.meta.url), { type: 'module' });
      worker.postMessage({ kind: 'start', context: { stats } });
      this.#workers.push(worker);
    }
  }

  run(task: number): void {
    this.#workers[task % this.#workers.length]!.postMessage({ kind: 'task', task });
  }
}
//- main.ts
import { Pool } from './pool.ts';

const pool = new Pool(new Int32Array(new SharedArrayBuffer(64)));
for (let task = 0; task < 100; task++) pool.run(task);
//- task.ts
type Message = { kind: 'start'; context: { stats: Int32Array } } | { kind: 'task'; task: number };

let stats: Int32Array | null = null;
self.onmessage = ({ data }: MessageEvent<Message>) => {
  switch (data.kind) {
    case 'start':
      stats = data.context.stats;
      break;
    case 'task':
      if (stats === null) return;
      stats[1]++;
//    ^^^^^^^^^^ no-plain-shared-update: another instance of task.ts changes it
      Atomics.add(stats, 2, data.task); // ok: one event
  }
};
