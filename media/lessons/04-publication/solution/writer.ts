import { workerData } from 'node:worker_threads';

const memory = workerData as SharedArrayBuffer;
const ready = new Int32Array(memory, 0, 1);
const letter = new Int32Array(memory, 4, 100);

// #region write
letter.fill(7); // ok: written before the flag
Atomics.store(ready, 0, 1);
Atomics.notify(ready, 0);
// #endregion
