// Atomics store, then a load that decides: what came before the store may be read.
//- main.ts
const shared = new SharedArrayBuffer(1024);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage({ shared });
const state = new Int32Array(shared, 0, 4);
const row = new Float64Array(shared, 64, 8);

export function poll(): number | null {
  if (Atomics.load(state, 0) !== 1) return null;
  return row[0]!; // ok: read only behind the load
}

export function eager(): number | null {
  const value = row[1]!;
//              ^^^^^^ no-unordered-shared-access: `row[1]` is read while worker.ts writes it
  return Atomics.load(state, 0) === 1 ? value : null;
}
//- worker.ts
self.onmessage = ({ data: { shared } }: MessageEvent<{ shared: SharedArrayBuffer }>) => {
  const state = new Int32Array(shared, 0, 4);
  const row = new Float64Array(shared, 64, 8);
  row[0] = 1.5; // ok: before the store
  row[1] = 2.5;
//^^^^^^^^^^^^ no-unordered-shared-access: `row[1]` is written while the main thread reads it
  Atomics.store(state, 0, 1);
};
