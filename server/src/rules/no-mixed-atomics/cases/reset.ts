// A plain reset erases what others have added since.
//- main.ts
import { Worker } from 'node:worker_threads';

const hits = new Uint32Array(new SharedArrayBuffer(8));
for (let n = 0; n < 2; n++) new Worker(new URL('./serve.ts', import.meta.url), { workerData: hits });
setInterval(() => {
  const seen = Atomics.exchange(hits, 0, 0); // ok: read and reset in one
  console.log(seen, Atomics.load(hits, 1)); // ok: atomic
  hits[1] = 0;
//^^^^^^^^^^^ no-mixed-atomics: `hits[1]` is written without Atomics
}, 1000);
//- serve.ts
import { workerData } from 'node:worker_threads';

const hits = workerData as Uint32Array;
Atomics.add(hits, 0, 1);
Atomics.add(hits, 1, 1);
