// Bands of rows by subarray, each worker told where its band begins.
//- main.ts
const shared = new SharedArrayBuffer(1024);
const rows = 16;
for (let band = 0; band < 4; band++) {
  const worker = new Worker(new URL('./smooth.ts', import.meta.url), { type: 'module' });
  worker.postMessage({ shared, first: band * rows, last: (band + 1) * rows });
}
//- smooth.ts
interface Band {
  readonly shared: SharedArrayBuffer;
  readonly first: number;
  readonly last: number;
}

self.onmessage = ({ data: { shared, first, last } }: MessageEvent<Band>) => {
  const own = new Uint8Array(shared).subarray(first, last);
  for (let at = 0; at < own.length; at++) own[at] = own[at]! >> 1; // ok: its own band
};
