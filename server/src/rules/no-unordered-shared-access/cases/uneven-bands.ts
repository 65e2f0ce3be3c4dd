// Bands reckoned from the worker's number: those that do not touch, and one cell that all of them write.
//- main.ts
const PARTS = 4;
const shared = new SharedArrayBuffer(4000);
const out = new Int32Array(shared);
const workers = Array.from({ length: PARTS }, () => {
  return new Worker(new URL('./band.ts', import.meta.url), { type: 'module' });
});
let left = PARTS;
workers.forEach((worker, id) => {
  worker.onmessage = () => {
    left--;
    if (left === 0) console.log(out[17]); // ok: all have answered
  };
  worker.postMessage({ shared, id, parts: PARTS });
});
//- band.ts
self.onmessage = (event: MessageEvent<{ shared: SharedArrayBuffer; id: number; parts: number }>) => {
  const { shared, id, parts } = event.data;
  const out = new Int32Array(shared);
  const size = Math.ceil(out.length / parts);
  const from = id * size;
  const to = Math.min(from + size, out.length);
  for (let at = from; at < to; at++) out[at] = at * at; // ok: this band is its own
  const others = new Int32Array(shared);
  for (let at = id * 10; at <= (id + 1) * 10; at++) others[at] = 0; // miss: `<=` reaches into the next band
  self.postMessage('done');
};
