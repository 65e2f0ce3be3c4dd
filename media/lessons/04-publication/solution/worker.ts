import { parentPort, workerData } from 'node:worker_threads';
import { Meeting } from '../../stage.ts';
import { MEETINGS, ROOMS, signOf } from './room.ts';

interface Task {
  readonly signs: SharedArrayBuffer;
  readonly start: SharedArrayBuffer;
  readonly side: number;
}

const { signs: memory, start, side } = workerData as Task;
const signs = new Int32Array(memory);
const meeting = new Meeting(2, start);
const seen = new Uint8Array(MEETINGS * ROOMS);

// #region look
for (let day = 1; day <= MEETINGS; day++) {
  meeting.meet();
  for (let room = 0; room < ROOMS; room++) {
    Atomics.store(signs, signOf(room, side), day);
    const other = Atomics.load(signs, signOf(room, 1 - side)); // ok: both sides are atomic
    seen[(day - 1) * ROOMS + room] = other === day ? 1 : 0;
  }
}
// #endregion
parentPort?.postMessage(seen);
