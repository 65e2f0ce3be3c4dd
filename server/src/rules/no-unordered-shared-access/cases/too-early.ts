// `Promise.race` waits for one of them only; a started worker that nobody waits for is not done.
//- main.ts
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const best = new Int32Array(new SharedArrayBuffer(8));
const first = new Worker(new URL('./search.ts', import.meta.url), { workerData: { best } });
await once(first, 'online');
console.log(best[0]);
//          ^^^^^^^ no-unordered-shared-access: `best[0]` is read while search.ts writes it
await once(first, 'exit');
console.log(best[1]); // ok: it has ended
//- search.ts
import { workerData } from 'node:worker_threads';

const { best } = workerData as { best: Int32Array };
for (const found of [17, 18]) {
  best[0] = found;
//^^^^^^^^^^^^^^^ no-unordered-shared-access: `best[0]` is written while the main thread reads it
}
best[1] = 18; // ok: read when it has ended
