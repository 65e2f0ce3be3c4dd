import { workerData } from 'node:worker_threads';
import { Meeting } from '../stage.ts';

const ROUNDS = 1_000_000;

const { memory, start } = workerData as { memory: SharedArrayBuffer; start: SharedArrayBuffer };
const counts = new Int32Array(memory);
const meeting = new Meeting(2, start);

// #region work
for (let trial = 0; trial < counts.length; trial++) {
  meeting.meet();
  for (let round = 0; round < ROUNDS; round++) {
    counts[trial]++;
//  ^^^^^^^^^^^^^^^ no-plain-shared-update: `counts[trial]` is read and then written while another instance of worker.ts changes it, so updates get lost
  }
}
// #endregion
