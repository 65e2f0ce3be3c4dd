// Read, then overwritten: two steps where the others have one.
//- main.ts
const mailbox = new Int32Array(new SharedArrayBuffer(8));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage({ mailbox });

export function collect(): number {
  const job = mailbox[0]!;
//            ^^^^^^^^^^ no-mixed-atomics: `mailbox[0]` is read without Atomics
  mailbox[0] = 0;
//^^^^^^^^^^^^^^ no-mixed-atomics: `mailbox[0]` is written without Atomics
  return job;
}
//- worker.ts
self.onmessage = ({ data: { mailbox } }: MessageEvent<{ mailbox: Int32Array }>) => {
  for (let job = 1; job < 100; job++) while (Atomics.compareExchange(mailbox, 0, 0, job) !== 0);
};
