// Each worker has cells of its own: by its number, in strides, in bands.
//- main.ts
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const WORKERS = 4;
const image = new Uint8Array(new SharedArrayBuffer(400));
const counts = new Uint32Array(new SharedArrayBuffer(4 * WORKERS));
const workers: Worker[] = [];
for (let index = 0; index < WORKERS; index++) {
  workers.push(new Worker(new URL('./band.ts', import.meta.url), { workerData: { image, counts, index, WORKERS } }));
}
await Promise.all(workers.map((worker) => once(worker, 'exit')));
let sum = 0;
for (let index = 0; index < WORKERS; index++) sum += counts[index]!; // ok: all workers have ended
image[0] = sum; // ok: all workers have ended
//- band.ts
import { workerData } from 'node:worker_threads';

const { image, counts, index, WORKERS } = workerData as {
  image: Uint8Array;
  counts: Uint32Array;
  index: number;
  WORKERS: number;
};
for (let at = index; at < image.length; at += WORKERS) {
  image[at] = 255 - image[at]!; // ok: every fourth byte, beginning with this worker's own
  counts[index]++; // ok: this worker's own count
}
