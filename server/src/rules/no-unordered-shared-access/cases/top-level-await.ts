//- main.ts
import { Worker } from 'node:worker_threads';
const view = new Int32Array(new SharedArrayBuffer(64));
const first = new Worker(new URL('./first.ts', import.meta.url));
const second = new Worker(new URL('./second.ts', import.meta.url), { workerData: view.buffer });
await new Promise((resolve) => first.on('exit', resolve));
second.postMessage('go');
{
  view[1] = 1;
//^^^^^^^^^^^ no-unordered-shared-access: while second.ts writes it
}
//- first.ts
console.log('first');
//- second.ts
import { parentPort, workerData } from 'node:worker_threads';
const cells = new Int32Array(workerData as SharedArrayBuffer);
parentPort!.on('message', () => {
  cells[1] = 4;
//^^^^^^^^^^^^ no-unordered-shared-access: while the main thread writes it
});
