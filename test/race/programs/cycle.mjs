/** Two threads take two locks in opposite orders and wait for each other: never ends. */
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const lock = (x, at) => {
  while (Atomics.compareExchange(x, at, 0, 1) !== 0) Atomics.wait(x, at, 1);
};
const meet = (x) => {
  Atomics.add(x, 3, 1);
  while (Atomics.load(x, 3) < 2);
};

if (isMainThread) {
  const x = new Int32Array(new SharedArrayBuffer(64));
  for (const order of [
    [0, 8],
    [8, 0],
  ])
    new Worker(new URL(import.meta.url), { workerData: { x, order } });
  console.log('started');
} else {
  const { x, order } = workerData;
  lock(x, order[0]);
  meet(x);
  lock(x, order[1]); // stuck
}
