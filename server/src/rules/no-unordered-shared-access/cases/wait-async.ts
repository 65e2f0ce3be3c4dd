// Waiting without blocking the page.
//- main.ts
const shared = new SharedArrayBuffer(64);
const flag = new Int32Array(shared, 0, 1);
const text = new Uint8Array(shared, 4);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(shared);

export async function first(): Promise<number> {
  const outcome = Atomics.waitAsync(flag, 0, 0);
  if (outcome.async) await outcome.value;
  return text[0]!; // ok: the worker has stored and notified, or had stored before
}

export function atOnce(): number {
  return text[1]!;
//       ^^^^^^^ no-unordered-shared-access: `text[1]` is read while worker.ts writes it
}
//- worker.ts
self.onmessage = ({ data: shared }: MessageEvent<SharedArrayBuffer>) => {
  const flag = new Int32Array(shared, 0, 1);
  const text = new Uint8Array(shared, 4);
  text[0] = 65; // ok: before the store
  text[1] = 66;
//^^^^^^^^^^^^ no-unordered-shared-access: `text[1]` is written while the main thread reads it
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
};
