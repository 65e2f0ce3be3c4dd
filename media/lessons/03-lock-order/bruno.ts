import { parentPort } from 'node:worker_threads';
import { TRIALS, meeting, pen, stamp, think } from './desk.ts';

/** Milliseconds. Without a time limit this program would now and then wait for ever. */
const PATIENCE = 25;

// #region letter
function writeLetter(): boolean {
  stamp.lock();
  think();
  const both = pen.lock(PATIENCE);
//             ^^^^^^^^ no-lock-order-cycle: `pen` is taken while `stamp` is held, but `writeLetter` takes them the other way round
  if (both) pen.unlock();
  stamp.unlock();
  return both;
}
// #endregion

const written: boolean[] = [];
for (let trial = 0; trial < TRIALS; trial++) {
  meeting.meet();
  written.push(writeLetter());
}
parentPort?.postMessage(written);
