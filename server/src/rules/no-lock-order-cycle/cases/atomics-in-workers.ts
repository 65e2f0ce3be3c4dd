//- main.ts
import { lock, unlock } from './lock.ts';
const words = new Int32Array(new SharedArrayBuffer(8));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(words);
export function save(): void {
  lock(words, 0);
  lock(words, 1);
//^^^^ no-lock-order-cycle: `words[1]` is taken while `words[0]` is held
  unlock(words, 1);
  unlock(words, 0);
}
//- worker.ts
import { lock, unlock } from './lock.ts';
onmessage = ({ data }: MessageEvent<Int32Array>) => {
  lock(data, 1);
  lock(data, 0);
//^^^^ no-lock-order-cycle: takes them the other way round
  unlock(data, 0);
  unlock(data, 1);
};
//- lock.ts
export function lock(words: Int32Array, index: number): void {
  while (Atomics.compareExchange(words, index, 0, 1) !== 0) Atomics.wait(words, index, 1);
}
export function unlock(words: Int32Array, index: number): void {
  Atomics.store(words, index, 0);
  Atomics.notify(words, index, 1);
}
