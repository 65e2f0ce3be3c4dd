// JavaScript with `require`; the workers are counted as they end.
//- pool.js
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const os = require('os');

if (isMainThread) {
  const buffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * 2);
  const counter = new Int32Array(buffer);
  const size = os.cpus().length;
  let ended = 0;
  for (let id = 0; id < size; id++) {
    const worker = new Worker(__filename, { workerData: { buffer, id } });
    worker.on('message', (text) => console.log(text));
    worker.on('exit', () => {
      ended++;
      if (ended === size) console.log(counter[0]); // ok: all have ended
    });
  }
} else {
  const counter = new Int32Array(workerData.buffer);
  for (let n = 0; n < 1000; n++) counter[0]++;
//                               ^^^^^^^^^^^^ no-plain-shared-update: `counter[0]`
  for (let n = 0; n < 1000; n++) Atomics.add(counter, 1, 1); // ok: one event
  parentPort.postMessage(`${workerData.id} is done`);
}
