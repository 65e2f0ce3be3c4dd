// When a worker has ended, all that it wrote is there; while it runs, it is not.
//- main.ts
import { Worker } from 'node:worker_threads';

const result = new Float64Array(new SharedArrayBuffer(16));
const worker = new Worker(new URL('./solve.ts', import.meta.url), { workerData: { result } });
worker.on('exit', () => {
  console.log(result[0]); // ok: the worker has ended
});
worker.on('online', () => {
  console.log(result[1]);
//            ^^^^^^^^^ no-unordered-shared-access: `result[1]` is read while solve.ts writes it
});
//- solve.ts
import { workerData } from 'node:worker_threads';

const { result } = workerData as { result: Float64Array };
if (result.length === 2) {
  result[0] = Math.E; // ok: read when it has ended
  result[1] = Math.PI;
//^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: `result[1]` is written while the main thread reads it
}
