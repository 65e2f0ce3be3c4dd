// An index that Atomics.add hands out belongs to one agent.
//- main.ts
import { Worker } from 'node:worker_threads';

const next = new Int32Array(new SharedArrayBuffer(4));
const jobs = new Float64Array(new SharedArrayBuffer(8 * 1000));
jobs.fill(2); // ok: no worker runs yet
for (let n = 0; n < 8; n++) new Worker(new URL('./root.ts', import.meta.url), { workerData: { next, jobs } });
//- root.ts
import { workerData } from 'node:worker_threads';

const { next, jobs } = workerData as { next: Int32Array; jobs: Float64Array };
for (;;) {
  const job = Atomics.add(next, 0, 1);
  if (job >= jobs.length) break;
  jobs[job] = Math.sqrt(jobs[job]!); // ok: nobody else has this number
}
