/**
 * For: small programs of two threads: what main does before, meanwhile and after, and what the worker does.
 * A line that is part of a race ends in `// race: <program>`; a program without such lines must give no report.
 */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

/** A function that runs the program and gives what it has computed. In the worker, it runs the worker's part at once. */
export function program(url, name, { bytes = 64, make, before, worker, meanwhile, after, workers = 1 }) {
  if (!isMainThread && workerData?.kit === name && workerData.url === url) {
    // Its end would be an edge: where there is a race to see, the worker stays until main has done its part.
    if (name.endsWith('Racy')) parentPort.on('message', (text) => text === 'bye' && parentPort.close());
    worker(workerData.buffer, workerData);
  }
  return async () => {
    const buffer = make ? make() : new SharedArrayBuffer(bytes);
    before?.(buffer);
    const started = [];
    for (let id = 0; id < workers; id++)
      started.push(new Worker(new URL(url), { workerData: { kit: name, url, buffer, id } }));
    const ends = started.map(
      (one) =>
        new Promise((done, failed) => {
          one.once('exit', done);
          one.once('error', failed);
        }),
    );
    const seen = await meanwhile?.(buffer, ...started);
    if (name.endsWith('Racy')) for (const one of started) one.postMessage('bye');
    const codes = await Promise.all(ends);
    return [codes, seen, after?.(buffer)];
  };
}

export const ints = (buffer) => new Int32Array(buffer);
export const bytes = (buffer) => new Uint8Array(buffer);
export const message = (target) => new Promise((done) => target.once('message', done));
