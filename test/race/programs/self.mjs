/** A lock that is not reentrant is taken twice by one thread: never ends. */
const lock = (x, at) => {
  while (Atomics.compareExchange(x, at, 0, 1) !== 0) Atomics.wait(x, at, 1);
};
const { Worker, isMainThread, workerData } = await import('node:worker_threads');
if (isMainThread) {
  const x = new Int32Array(new SharedArrayBuffer(64));
  new Worker(new URL(import.meta.url), { workerData: x });
} else {
  lock(workerData, 0);
  lock(workerData, 0); // stuck
}
