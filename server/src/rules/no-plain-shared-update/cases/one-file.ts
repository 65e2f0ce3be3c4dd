// One file is both the main thread and the worker.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface Start {
  readonly totals: Int32Array;
  readonly part: number;
}

if (isMainThread) {
  const totals = new Int32Array(new SharedArrayBuffer(4 * 3));
  totals[0] = 100; // ok: no worker runs yet
  const workers = Array.from({ length: 4 }, (_, part) => new Worker(__filename, { workerData: { totals, part } }));
  workers[0]!.on('message', () => {
    totals[0] = totals[0]! - 1; // miss: the answer of one worker is taken for the answer of all
  });
} else {
  const { totals, part } = workerData as Start;
  totals[0]++;
//^^^^^^^^^^^ no-plain-shared-update: changes it
  if (part === 0) parentPort!.postMessage('done');
}
