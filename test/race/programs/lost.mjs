/** The notification comes before the wait, which looks at nothing that it changed: never ends. */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

if (isMainThread) {
  const x = new Int32Array(new SharedArrayBuffer(64));
  const worker = new Worker(new URL(import.meta.url), { workerData: x });
  Atomics.notify(x, 0);
  worker.postMessage('go');
} else
  parentPort.once('message', () => {
    Atomics.wait(workerData, 0, 0); // stuck
  });
