//- main.ts
const memory = new SharedArrayBuffer(64);
const data = new Int32Array(memory);
const worker = new Worker(new URL('./worker.ts', import.meta.url));
function put(): void {
  data[0] = 1;
//^^^^^^^^^^^ no-unordered-shared-access: while worker.ts reads it
}
put();
worker.postMessage(memory);
put();
//- worker.ts
onmessage = (event) => {
  console.log(new Int32Array(event.data)[0]);
  //          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: while the main thread writes it
};
