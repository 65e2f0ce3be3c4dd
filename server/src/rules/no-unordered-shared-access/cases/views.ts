// One buffer, many views: what overlaps is one memory, what does not is not.
//- main.ts
const shared = new SharedArrayBuffer(256);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(shared);

class Frame {
  readonly header: DataView;
  readonly bytes: Uint8Array;
  readonly tail: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.header = new DataView(buffer, 0, 16);
    this.bytes = new Uint8Array(buffer, 16, 64);
    this.tail = new Uint8Array(buffer).subarray(128);
  }
}

const frame = new Frame(shared);
export function show(): void {
  console.log(frame.header.getUint32(4));
//            ^^^^^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: is read while worker.ts writes it
  console.log(frame.header.getUint32(8)); // ok: nobody writes these
  console.log(frame.bytes[3]);
//            ^^^^^^^^^^^^^^ no-unordered-shared-access: `frame.bytes[3]` is read while worker.ts writes it
  console.log(frame.bytes[4]); // ok: nobody writes this one
  console.log(frame.tail[0]);
//            ^^^^^^^^^^^^^ no-unordered-shared-access: `frame.tail[0]` is read while worker.ts writes it
  console.log(frame.tail.slice(64)[0]); // ok: nobody writes these
}
//- worker.ts
self.onmessage = ({ data: shared }: MessageEvent<SharedArrayBuffer>) => {
  new Uint16Array(shared)[3] = 1;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: is written while the main thread reads it
  new Uint8Array(shared, 19, 1)[0] = 2;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: is written while the main thread reads it
  new Uint8Array(shared).fill(9, 120, 129);
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: is written while the main thread reads it
};
