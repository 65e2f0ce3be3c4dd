// Functions over memory that somebody hands in: a lock in the first word, the balance in the second.
const [LOCK, BALANCE] = [0, 1];

function lock(words: Int32Array): void {
  while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0) Atomics.wait(words, LOCK, 1);
}

function unlock(words: Int32Array): void {
  Atomics.store(words, LOCK, 0);
  Atomics.notify(words, LOCK, 1);
}

export class Account {
  constructor(readonly words: Int32Array) {}

  deposit(amount: number): void {
    lock(this.words);
    this.words[BALANCE] = this.words[BALANCE]! + amount; // ok: guarded
    unlock(this.words);
  }

  close(): void {
    this.words[BALANCE] = 0;
//  ^^^^^^^^^^^^^^^^^^^^^^^ no-unguarded-shared-access: is written without the lock
  }
}
