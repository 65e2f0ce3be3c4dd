import { Mutex } from 'lockstep/sync';
import { tally } from '../../stage.ts';

// #region book
const book = Mutex.create();
let signatures = 0;

/** For callers that hold `book`. */
function signHeld(): void {
  signatures++;
}

function sign(): void {
  book.lock();
  signHeld();
  book.unlock();
}

function close(): void {
  book.lock();
  signHeld(); // ok: the lock is held already, and is not asked for again
  book.unlock();
}
// #endregion

sign();
close();
tally('signed and closed');
