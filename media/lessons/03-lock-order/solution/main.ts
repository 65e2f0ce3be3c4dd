import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Mutex } from 'lockstep/sync';
import { Meeting, tally } from '../../stage.ts';

const pen = Mutex.create();
const stamp = Mutex.create();
const workerData = { pen: pen.handle, stamp: stamp.handle, start: new Meeting(2).memory };

const clerks = [
  new Worker(new URL('./anna.ts', import.meta.url), { workerData }),
  new Worker(new URL('./bruno.ts', import.meta.url), { workerData }),
];
// Each clerk reports which of its letters it has written.
const [[anna], [bruno]] = (await Promise.all(clerks.map((clerk) => once(clerk, 'message')))) as [
  [boolean[]],
  [boolean[]],
];

for (const [trial, written] of anna.entries()) {
  if (written && bruno[trial]) tally('both letters are written');
  else tally('each held what the other one wanted');
}
