// `terminate()` in Node settles when the worker is gone.
//- main.ts
import { Worker } from 'node:worker_threads';

const cells = new Int32Array(new SharedArrayBuffer(8));
const worker = new Worker(new URL('./clock.ts', import.meta.url), { workerData: cells });

export async function close(): Promise<number> {
  await worker.terminate();
  return cells[0]!; // ok: the worker is gone
}

export function peek(): number {
  return cells[0]!;
//       ^^^^^^^^ no-unordered-shared-access: `cells[0]` is read while clock.ts writes it
}
//- clock.ts
import { workerData } from 'node:worker_threads';

const cells = workerData as Int32Array;
setInterval(() => {
  cells[0] = Date.now();
//^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: `cells[0]` is written while the main thread reads it
}, 10);
