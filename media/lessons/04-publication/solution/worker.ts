import { parentPort, workerData } from 'node:worker_threads';
import { Meeting } from '../../stage.ts';
import { APART, MEETINGS, ROOMS } from './row.ts';

interface Task {
  readonly mine: SharedArrayBuffer;
  readonly theirs: SharedArrayBuffer;
  readonly start: SharedArrayBuffer;
}

const task = workerData as Task;
const mine = new Int32Array(task.mine);
const theirs = new Int32Array(task.theirs);
const meeting = new Meeting(2, task.start);
const seen = new Uint8Array(MEETINGS * ROOMS);

// #region look
for (let day = 1; day <= MEETINGS; day++) {
  meeting.meet();
  for (let room = 0; room < ROOMS; room++) {
    Atomics.store(mine, room * APART, day);
    const sign = Atomics.load(theirs, room * APART); // ok: both sides are atomic
    seen[(day - 1) * ROOMS + room] = sign === day ? 1 : 0;
  }
}
// #endregion
parentPort?.postMessage(seen);
