import { Mutex } from 'lockstep/sync';
import { tally } from '../stage.ts';

// #region book
const book = Mutex.create();
let signatures = 0;

function sign(): void {
  book.lock();
//^^^^^^^^^ no-lock-reacquire: `book` is already held here and is not reentrant: this waits for itself for ever
  signatures++;
  book.unlock();
}

function close(): void {
  book.lock();
  try {
    sign();
  } finally {
    book.unlock();
  }
}
// #endregion

try {
  close();
  tally('signed and closed');
} catch (error) {
  console.log(String(error));
  tally('refused');
}
