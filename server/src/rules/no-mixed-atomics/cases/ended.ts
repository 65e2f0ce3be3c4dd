// Plain where nobody else can be: before the start, after the end.
//- main.ts
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const count = new Int32Array(new SharedArrayBuffer(4));
count[0] = 10; // ok: no worker runs yet
const workers = [1, 2, 3].map(() => new Worker(new URL('./count.ts', import.meta.url), { workerData: count }));
await Promise.all(workers.map((worker) => once(worker, 'exit')));
console.log(count[0]); // ok: all have ended
//- count.ts
import { workerData } from 'node:worker_threads';

Atomics.add(workerData as Int32Array, 0, 1);
