import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Meeting, tally } from '../stage.ts';

const TRIALS = 50;

// One counter per trial, and a meeting point so that both workers begin every trial together.
const memory = new SharedArrayBuffer(TRIALS * Int32Array.BYTES_PER_ELEMENT);
const workerData = { memory, start: new Meeting(2).memory };

const workers = [1, 2].map(
  () => new Worker(new URL('./worker.ts', import.meta.url), { workerData }),
);
await Promise.all(workers.map((worker) => once(worker, 'exit')));

const counts = new Int32Array(memory);
for (const count of counts) tally(count); // ok: both workers have ended
