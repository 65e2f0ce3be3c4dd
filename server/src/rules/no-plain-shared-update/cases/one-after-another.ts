// One worker at a time: the next begins when the one before has ended.
//- main.ts
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const shared = new Int32Array(new SharedArrayBuffer(16));
for (const step of ['read', 'sort', 'write']) {
  const worker = new Worker(new URL('./step.ts', import.meta.url), { workerData: { shared, step } });
  await once(worker, 'exit');
}
shared[1]++; // ok: after the last one
//- step.ts
import { workerData } from 'node:worker_threads';

const { shared } = workerData as { shared: Int32Array };
shared[0]++; // ok: the others have ended, or have not begun
