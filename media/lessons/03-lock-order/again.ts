import { Mutex } from 'lockstep/sync';
import { tally } from '../stage.ts';

// #region book
const book = Mutex.create();
let signatures = 0;

function sign(): void {
  book.lock();
  signatures++;
  book.unlock();
}

function close(): void {
  book.lock();
  try {
    sign();
//  ^^^^^^ no-lock-reacquire: book
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
