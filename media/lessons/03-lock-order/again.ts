import { Mutex } from 'lockstep/sync';
import { tally } from '../stage.ts';

/** Milliseconds. Without a time limit this program would wait for ever, every time. */
const PATIENCE = 25;

// #region book
const book = Mutex.create();

function sign(): boolean {
  const taken = book.lock(PATIENCE);
  if (taken) book.unlock();
  return taken;
}

function close(): boolean {
  book.lock();
  const signed = sign();
//               ^^^^^^ no-lock-reacquire: book
  book.unlock();
  return signed;
}
// #endregion

tally(close() ? 'signed and closed' : 'waits for itself');
