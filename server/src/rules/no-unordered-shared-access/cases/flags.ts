// Plain flags: nothing obliges the other side to see them, nor what stands before them.
//- main.ts
const shared = new SharedArrayBuffer(1024);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage({ shared });
const state = new Int32Array(shared, 0, 4);
const text = new Uint8Array(shared, 16);

export function stop(): void {
  state[0] = 1;
//^^^^^^^^^^^^ no-unordered-shared-access: `state[0]` is written while worker.ts reads it
}

export function poll(): string | null {
  if (state[1] === 0) return null;
//    ^^^^^^^^ no-unordered-shared-access: `state[1]` is read while worker.ts writes it
  return String.fromCharCode(text[0]!);
//                           ^^^^^^^ no-unordered-shared-access: `text[0]` is read
}
//- worker.ts
self.onmessage = ({ data: { shared } }: MessageEvent<{ shared: SharedArrayBuffer }>) => {
  const state = new Int32Array(shared, 0, 4);
  const text = new Uint8Array(shared, 16);
  while (state[0] !== 1) {
//       ^^^^^^^^ no-unordered-shared-access: `state[0]` is read while the main thread writes it
    text[0] = 65;
//  ^^^^^^^^^^^^ no-unordered-shared-access: `text[0]` is written
    state[1] = 1;
//  ^^^^^^^^^^^^ no-unordered-shared-access: `state[1]` is written while the main thread reads it
  }
};
