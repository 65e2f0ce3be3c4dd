// A generic wrapper: the accesses are in its methods, the kinds of array are the callers'.
//- vector.ts
type Make<View> = new (buffer: SharedArrayBuffer) => View;

export class SharedVector<View extends Int32Array | Float64Array> {
  readonly view: View;

  constructor(make: Make<View>, buffer: SharedArrayBuffer) {
    this.view = new make(buffer);
  }

  get(at: number): number {
    return this.view[at]!;
//         ^^^^^^^^^^^^^ no-unordered-shared-access: `this.view[at]` is read while the main thread writes it
  }

  set(at: number, value: number): void {
    this.view[at] = value;
//  ^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: `this.view[at]` is written while worker.ts reads it
  }
}
//- main.ts
import { SharedVector } from './vector.ts';

const shared = new SharedArrayBuffer(64);
const vector = new SharedVector(Int32Array, shared);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
vector.set(0, 1); // ok: before the memory goes out
worker.postMessage({ shared });
setTimeout(() => vector.set(1, 2), 100);
//- worker.ts
import { SharedVector } from './vector.ts';

self.onmessage = (event: MessageEvent<{ shared: SharedArrayBuffer }>) => {
  const vector = new SharedVector(Int32Array, event.data.shared);
  console.log(vector.get(0) + vector.get(1));
};
