// The memory of a WebAssembly module is shared when it says so.
//- main.ts
const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
const own = new WebAssembly.Memory({ initial: 1 });
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage({ memory });

export function look(): number {
  const heap = new Int32Array(memory.buffer);
  const local = new Int32Array(own.buffer);
  local[4] = 1; // ok: not shared
  return heap[4]! + local[4];
//       ^^^^^^^ no-unordered-shared-access: `heap[4]` is read while worker.ts writes it
}
//- worker.ts
self.onmessage = ({ data }: MessageEvent<{ memory: WebAssembly.Memory }>) => {
  const heap = new Int32Array(data.memory.buffer);
  heap[4] = 1;
//^^^^^^^^^^^ no-unordered-shared-access: `heap[4]` is written while the main thread reads it
};
