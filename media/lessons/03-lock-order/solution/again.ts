import { Mutex } from 'lockstep/sync';
import { tally } from '../../stage.ts';

// #region book
const book = Mutex.create();

/** For callers that hold `book`. */
function signHeld(): boolean {
  return true;
}

function sign(): boolean {
  book.lock();
  const signed = signHeld();
  book.unlock();
  return signed;
}

function close(): boolean {
  book.lock();
  const signed = signHeld(); // ok: the lock is held already, and is not asked for again
  book.unlock();
  return signed;
}
// #endregion

tally(sign() && close() ? 'signed and closed' : 'waits for itself');
