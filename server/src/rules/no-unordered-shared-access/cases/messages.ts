// Messages order what stands before the sending and in the handler; nothing else.
//- main.ts
const shared = new SharedArrayBuffer(64);
const cells = new Int32Array(shared);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = () => {
  console.log(cells[0]); // ok: written before the answer
  console.log(cells[1]);
//            ^^^^^^^^ no-unordered-shared-access: `cells[1]` is read while worker.ts writes it
};
cells[2] = 7; // ok: before the memory goes out
worker.postMessage({ body: { parts: [{ cells }] } });
setTimeout(() => {
  cells[3] = 8;
//^^^^^^^^^^^^ no-unordered-shared-access: `cells[3]` is written while worker.ts reads it
});
//- worker.ts
interface Task {
  readonly body: { readonly parts: readonly { readonly cells: Int32Array }[] };
}

self.addEventListener('message', ({ data }: MessageEvent<Task>) => {
  const [{ cells }] = data.body.parts as [{ cells: Int32Array }];
  cells[0] = cells[2]!; // ok: before the answer, after the question
  self.postMessage('half');
  cells[1] = cells[3]!;
//^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: `cells[1]` is written while the main thread reads it
//           ^^^^^^^^ no-unordered-shared-access: `cells[3]` is read while the main thread writes it
});
