// Updates under a lock: a spin lock, a sleeping one, and the one of the library.
//- spin.ts
export function lock(words: Int32Array, at: number): void {
  while (Atomics.compareExchange(words, at, 0, 1) !== 0);
}
export function unlock(words: Int32Array, at: number): void {
  Atomics.store(words, at, 0);
}
//- futex.ts
const [FREE, HELD, AWAITED] = [0, 1, 2];

/** After Drepper, "Futexes Are Tricky", mutex 2. */
export class Futex {
  constructor(private readonly word: Int32Array) {}

  lock(): void {
    let seen = Atomics.compareExchange(this.word, 0, FREE, HELD);
    while (seen !== FREE) {
      if (seen === AWAITED || Atomics.compareExchange(this.word, 0, HELD, AWAITED) !== FREE)
        Atomics.wait(this.word, 0, AWAITED);
      seen = Atomics.compareExchange(this.word, 0, FREE, AWAITED);
    }
  }

  unlock(): void {
    if (Atomics.sub(this.word, 0, 1) !== HELD) {
      Atomics.store(this.word, 0, FREE);
      Atomics.notify(this.word, 0, 1);
    }
  }
}
//- work.ts
import { Mutex } from 'lockstep/sync';
import { Futex } from './futex.ts';
import { lock, unlock } from './spin.ts';

export function work(shared: SharedArrayBuffer): void {
  const words = new Int32Array(shared);
  lock(words, 0);
  words[1]++; // ok: under the spin lock
  unlock(words, 0);

  const futex = new Futex(new Int32Array(shared, 16, 1));
  futex.lock();
  words[5] = words[5]! * 2; // ok: under the futex
  futex.unlock();

  const mutex = new Mutex(shared, 32);
  mutex.withLock(() => {
    words[20]--; // ok: under the mutex
  });
}
//- main.ts
import { work } from './work.ts';

const shared = new SharedArrayBuffer(256);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(shared);
setTimeout(() => work(shared), 10);
//- worker.ts
import { work } from './work.ts';

self.onmessage = ({ data }: MessageEvent<SharedArrayBuffer>) => work(data);
