import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Meeting, tally } from '../../stage.ts';
import { signsLength } from './room.ts';

const workerData = {
  signs: new SharedArrayBuffer(signsLength * Int32Array.BYTES_PER_ELEMENT),
  start: new Meeting(2).memory,
};
const workers = [0, 1].map(
  (side) => new Worker(new URL('./worker.ts', import.meta.url), { workerData: { ...workerData, side } }),
);
// What each side saw, one byte per trial: 1 where the other's sign was out.
const [[left], [right]] = (await Promise.all(
  workers.map((worker) => once(worker, 'message')),
)) as [[Uint8Array], [Uint8Array]];

const seen = [0, 0, 0, 0];
for (const [trial, byLeft] of left.entries()) seen[2 * byLeft + right[trial]]++;
tally('neither sees the other', seen[0]);
tally('one sees the other', seen[1] + seen[2]);
tally('both see each other', seen[3]);
