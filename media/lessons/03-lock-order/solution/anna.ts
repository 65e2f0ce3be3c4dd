import { parentPort } from 'node:worker_threads';
import { TRIALS, meeting, pen, stamp, think } from './desk.ts';

// #region letter
function writeLetter(): boolean {
  pen.lock();
  think();
  stamp.lock(); // ok: the pen first, here and everywhere
  stamp.unlock();
  pen.unlock();
  return true;
}
// #endregion

const written: boolean[] = [];
for (let trial = 0; trial < TRIALS; trial++) {
  meeting.meet();
  written.push(writeLetter());
}
parentPort?.postMessage(written);
