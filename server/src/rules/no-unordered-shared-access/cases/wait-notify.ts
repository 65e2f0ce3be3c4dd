// Sleeping until the other side has stored and notified.
//- main.ts
import { Worker } from 'node:worker_threads';

const shared = new SharedArrayBuffer(1024);
const signal = new Int32Array(shared, 0, 1);
const answer = new Float64Array(shared, 8, 2);
new Worker(new URL('./solve.ts', import.meta.url), { workerData: shared });
while (Atomics.load(signal, 0) === 0) Atomics.wait(signal, 0, 0);
console.log(answer[0]); // ok: the loop ends when the store has been seen
//- solve.ts
import { workerData } from 'node:worker_threads';

const shared = workerData as SharedArrayBuffer;
const answer = new Float64Array(shared, 8, 2);
answer[0] = 42; // ok: before the store
const signal = new Int32Array(shared, 0, 1);
Atomics.store(signal, 0, 1);
Atomics.notify(signal, 0);
answer[1] = 43; // ok: nobody reads it
