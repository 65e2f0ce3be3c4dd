// The sum is read when every worker has sent that it is done.
//- main.ts
const PARTS = 4;
const shared = new SharedArrayBuffer(8 * PARTS);
const sums = new Float64Array(shared);

function start(part: number): Promise<void> {
  const worker = new Worker(new URL('./sum.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve) => {
    worker.onmessage = () => resolve();
    worker.postMessage({ shared, part });
  });
}

const parts = Array.from({ length: PARTS }, (_, part) => start(part));
await Promise.all(parts);
console.log(sums[0]! + sums[1]! + sums[2]! + sums[3]!); // ok: all have said that they are done
//- sum.ts
self.onmessage = ({ data: { shared, part } }: MessageEvent<{ shared: SharedArrayBuffer; part: number }>) => {
  const sums = new Float64Array(shared);
  sums[part] = part * 2; // ok: its own cell, and before the answer
  self.postMessage('done');
};
