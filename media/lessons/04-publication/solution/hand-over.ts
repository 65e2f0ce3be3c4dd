import { Worker } from 'node:worker_threads';
import { tally } from '../../stage.ts';

// #region read
const memory = new SharedArrayBuffer(404);
const ready = new Int32Array(memory, 0, 1);
const letter = new Int32Array(memory, 4, 100);
new Worker(new URL('./writer.ts', import.meta.url), { workerData: memory });

while (Atomics.load(ready, 0) === 0) Atomics.wait(ready, 0, 0);
const missing = letter.filter((word) => word !== 7).length; // ok: read after the flag
// #endregion

tally(missing === 0 ? 'the whole letter' : `${missing} words missing`);
