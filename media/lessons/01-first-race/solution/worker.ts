import { workerData } from 'node:worker_threads';
import { Meeting } from '../../stage.ts';

const ROUNDS = 1_000_000;

const { memory, start } = workerData as { memory: SharedArrayBuffer; start: SharedArrayBuffer };
const counts = new Int32Array(memory);
const meeting = new Meeting(2, start);

// #region work
for (let trial = 0; trial < counts.length; trial++) {
  meeting.meet();
  for (let round = 0; round < ROUNDS; round++) {
    Atomics.add(counts, trial, 1); // ok: read, addition and write are one event
  }
}
// #endregion
