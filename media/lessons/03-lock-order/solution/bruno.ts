import { parentPort } from 'node:worker_threads';
import { TRIALS, meeting, pen, stamp, think } from './desk.ts';

// #region letter
function writeLetter(): boolean {
  pen.lock();
  stamp.lock(); // ok: Bruno needs the stamp first, and takes it second all the same
  think();
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
