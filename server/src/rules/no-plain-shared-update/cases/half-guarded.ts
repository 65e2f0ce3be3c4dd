// Only one side takes the lock.
//- lock.ts
export function lock(words: Int32Array): void {
  while (Atomics.compareExchange(words, 0, 0, 1) !== 0) Atomics.wait(words, 0, 1);
}
export function unlock(words: Int32Array): void {
  Atomics.store(words, 0, 0);
  Atomics.notify(words, 0, 1);
}
//- main.ts
import { lock, unlock } from './lock.ts';

const words = new Int32Array(new SharedArrayBuffer(64));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(words);

export function record(): void {
  lock(words);
  try {
    words[1]++; // ok: guarded on both sides
    words[2]++;
//  ^^^^^^^^^^ no-plain-shared-update: `words[2]`
  } finally {
    unlock(words);
  }
}
//- worker.ts
import { lock, unlock } from './lock.ts';

let words: Int32Array;
self.onmessage = ({ data }: MessageEvent<Int32Array>) => {
  words = data;
  lock(words);
  words[1]++; // ok: guarded on both sides
  unlock(words);
  words[2]++;
//^^^^^^^^^^ no-plain-shared-update: `words[2]`
};
