// Fractions, clamped bytes and DataView have no Atomics: the update is lost all the same.
//- main.ts
const shared = new SharedArrayBuffer(64);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(shared);
const sums = new Float64Array(shared, 0, 2);
const light = new Uint8ClampedArray(shared, 16, 4);
const header = new DataView(shared, 32);

export function step(by: number): void {
  sums[1] += by;
//^^^^^^^^^^^^^ no-plain-shared-update: `sums[1]`
  light[0] += 16;
//^^^^^^^^^^^^^^ no-plain-shared-update: `light[0]`
  header.setUint16(4, header.getUint16(4) + 1);
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `header[4]`
}
//- worker.ts
self.onmessage = ({ data: shared }: MessageEvent<SharedArrayBuffer>) => {
  const sums = new Float64Array(shared, 0, 2);
  const light = new Uint8ClampedArray(shared, 16, 4);
  const header = new DataView(shared, 32);
  sums[0] += 1; // ok: the main thread never looks at this one
  sums[1] += 1;
//^^^^^^^^^^^^ no-plain-shared-update: `sums[1]`
  light[0] += 1;
//^^^^^^^^^^^^^ no-plain-shared-update: `light[0]`
  header.setUint16(4, header.getUint16(4) + 1);
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `header[4]`
};
