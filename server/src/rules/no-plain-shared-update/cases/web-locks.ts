// The Web Locks API reaches across workers; what stands outside of it is not guarded.
//- main.ts
const cells = new Int32Array(new SharedArrayBuffer(8));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(cells);

export async function add(): Promise<void> {
  await navigator.locks.request('cells', async () => {
    cells[0] = cells[0]! + 1; // ok: under the same lock on both sides
    cells[1] = cells[1]! + 1;
//  ^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `cells[1]`
  });
}
//- worker.ts
self.onmessage = async ({ data: cells }: MessageEvent<Int32Array>) => {
  await navigator.locks.request('cells', () => {
    cells[0] = cells[0]! + 1; // ok: under the same lock on both sides
  });
  cells[1] = cells[1]! + 1;
//^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `cells[1]`
};
