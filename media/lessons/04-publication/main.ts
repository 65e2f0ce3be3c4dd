import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Meeting, tally } from '../stage.ts';
import { signsLength } from './row.ts';

const left = new SharedArrayBuffer(signsLength);
const right = new SharedArrayBuffer(signsLength);
const start = new Meeting(2).memory;
const url = new URL('./worker.ts', import.meta.url);
const workers = [
  new Worker(url, { workerData: { mine: left, theirs: right, start } }),
  new Worker(url, { workerData: { mine: right, theirs: left, start } }),
];
// What each side saw, one byte per trial: 1 where the other's sign was out.
const [[byLeft], [byRight]] = (await Promise.all(
  workers.map((worker) => once(worker, 'message')),
)) as [[Uint8Array], [Uint8Array]];

const seen = [0, 0, 0];
for (const [trial, byOne] of byLeft.entries()) seen[byOne + byRight[trial]]++;
tally('neither sees the other', seen[0]);
tally('one sees the other', seen[1]);
tally('both see each other', seen[2]);
