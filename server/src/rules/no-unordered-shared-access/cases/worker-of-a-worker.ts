// A worker that starts another one: the same rules one floor down.
//- main.ts
const cells = new Int32Array(new SharedArrayBuffer(8));
const outer = new Worker(new URL('./outer.ts', import.meta.url), { type: 'module' });
outer.postMessage(cells);
//- outer.ts
self.onmessage = ({ data: cells }: MessageEvent<Int32Array>) => {
  const inner = new Worker(new URL('./inner.ts', import.meta.url), { type: 'module' });
  cells[0] = 1; // ok: before the memory goes out
  inner.postMessage({ cells });
  cells[1] = 2;
//^^^^^^^^^^^^ no-unordered-shared-access: `cells[1]` is written while inner.ts writes it
  inner.onmessage = () => {
    console.log(cells[0], cells[1]); // ok: after the answer
  };
};
//- inner.ts
self.onmessage = ({ data: { cells } }: MessageEvent<{ cells: Int32Array }>) => {
  cells[0] = cells[0]! + 1; // ok: between question and answer
  cells[1] = 4;
//^^^^^^^^^^^^ no-unordered-shared-access: `cells[1]` is written while outer.ts writes it
  self.postMessage(null);
};
