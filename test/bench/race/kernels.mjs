/** Kernels of two workers for `race.mjs`: `node kernels.mjs <name> <scale>` prints milliseconds
 * by the clock, of processor time, rss in MB and a checksum. */
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const PARTIES = 2;

const KERNELS = {
  /** C = A × B on doubles; each worker makes half of the rows. */
  matrix: {
    bytes: (n) => 3 * n * n * 8,
    scale: 400,
    fill(buffer, n) {
      const all = new Float64Array(buffer);
      for (let i = 0; i < 2 * n * n; i++) all[i] = (i * 7919) % 13;
    },
    run(buffer, n, me) {
      const a = new Float64Array(buffer, 0, n * n);
      const b = new Float64Array(buffer, n * n * 8, n * n);
      const c = new Float64Array(buffer, 2 * n * n * 8, n * n);
      for (let i = me; i < n; i += PARTIES)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
          c[i * n + j] = sum;
        }
    },
    sum: (buffer, n) => new Float64Array(buffer, 2 * n * n * 8, n * n).reduce((a, b) => a + b, 0),
  },
  /** Running sums in place: halves first, then the offset of the second half. */
  prefix: {
    bytes: (n) => n * 4,
    scale: 8_000_000,
    fill(buffer, n) {
      const x = new Int32Array(buffer);
      for (let i = 0; i < n; i++) x[i] = i % 7;
    },
    run(buffer, n, me, barrier) {
      const x = new Int32Array(buffer);
      const from = (n / PARTIES) * me;
      const to = (n / PARTIES) * (me + 1);
      for (let i = from + 1; i < to; i++) x[i] += x[i - 1];
      barrier();
      if (me === 1) {
        const offset = x[from - 1];
        for (let i = from; i < to; i++) x[i] += offset;
      }
      barrier();
      for (let round = 0; round < 3; round++)
        for (let i = from + 1; i < to; i++) if (x[i] < x[i - 1]) throw new Error('unsorted');
    },
    sum: (buffer, n) => new Int32Array(buffer)[n - 1],
  },
  histogram: {
    bytes: (n) => n + 256 * 4,
    scale: 4_000_000,
    fill(buffer, n) {
      const x = new Uint8Array(buffer, 256 * 4);
      for (let i = 0; i < n; i++) x[i] = (i * 31) % 251;
    },
    run(buffer, n, me) {
      const bins = new Int32Array(buffer, 0, 256);
      const x = new Uint8Array(buffer, 256 * 4);
      for (let i = (n / PARTIES) * me; i < (n / PARTIES) * (me + 1); i++) Atomics.add(bins, x[i], 1);
    },
    sum: (buffer) => new Int32Array(buffer, 0, 256).reduce((a, b, i) => a + b * i, 0),
  },
  life: {
    bytes: (n) => 2 * n * n,
    scale: 400,
    fill(buffer, n) {
      const x = new Uint8Array(buffer);
      for (let i = 0; i < n * n; i++) x[i] = (i * 7919) % 3 === 0 ? 1 : 0;
    },
    run(buffer, n, me, barrier) {
      let from = new Uint8Array(buffer, 0, n * n);
      let to = new Uint8Array(buffer, n * n, n * n);
      const first = Math.max(1, (n / PARTIES) * me);
      const last = Math.min(n - 1, (n / PARTIES) * (me + 1));
      for (let generation = 0; generation < 100; generation++) {
        for (let y = first; y < last; y++)
          for (let x = 1; x < n - 1; x++) {
            const at = y * n + x;
            const near =
              from[at - n - 1] +
              from[at - n] +
              from[at - n + 1] +
              from[at - 1] +
              from[at + 1] +
              from[at + n - 1] +
              from[at + n] +
              from[at + n + 1];
            to[at] = near === 3 || (near === 2 && from[at] === 1) ? 1 : 0;
          }
        barrier();
        [from, to] = [to, from];
      }
    },
    sum: (buffer) => new Uint8Array(buffer).reduce((a, b) => a + b, 0),
  },
  /** One producer, one consumer, elements through a ring of 4096. */
  ring: {
    bytes: () => 16 + 4096 * 8,
    scale: 1_000_000,
    fill() {},
    run(buffer, n, me) {
      const ends = new Int32Array(buffer, 0, 2);
      const slots = new Float64Array(buffer, 16, 4096);
      if (me === 0) {
        let tail = 0;
        while (tail < n) {
          const head = Atomics.load(ends, 0);
          const free = Math.min(4096 - (tail - head), n - tail, 256);
          if (free === 0) continue;
          for (let i = 0; i < free; i++) slots[(tail + i) & 4095] = tail + i;
          tail += free;
          Atomics.store(ends, 1, tail);
        }
      } else {
        let head = 0;
        let sum = 0;
        while (head < n) {
          const ready = Math.min(Atomics.load(ends, 1) - head, 256);
          if (ready === 0) continue;
          for (let i = 0; i < ready; i++) sum += slots[(head + i) & 4095];
          head += ready;
          Atomics.store(ends, 0, head);
        }
        if (sum !== ((n - 1) * n) / 2) throw new Error('lost');
      }
    },
    sum: () => 0,
  },
};

if (isMainThread) {
  const name = process.argv[2];
  const kernel = KERNELS[name];
  const n = Number(process.argv[3] ?? kernel.scale);
  const buffer = new SharedArrayBuffer(kernel.bytes(n));
  const control = new SharedArrayBuffer(16);
  kernel.fill(buffer, n);
  const workers = [0, 1].map(
    (me) => new Worker(new URL(import.meta.url), { workerData: { name, n, me, buffer, control } }),
  );
  const times = [];
  for (const worker of workers) worker.on('message', (time) => times.push(time));
  await Promise.all(workers.map((worker) => new Promise((done) => worker.on('exit', done))));
  console.log(
    JSON.stringify({
      ms: Math.max(...times.map(([ms]) => ms)),
      cpu: Math.max(...times.map(([, cpu]) => cpu)),
      rss: process.resourceUsage().maxRSS / 1024,
      sum: kernel.sum(buffer, n),
    }),
  );
} else {
  const { parentPort } = await import('node:worker_threads');
  const { name, n, me, buffer, control } = workerData;
  const state = new Int32Array(control);
  const barrier = () => {
    const round = Atomics.load(state, 1);
    if (Atomics.add(state, 0, 1) === PARTIES - 1) {
      Atomics.store(state, 0, 0);
      Atomics.add(state, 1, 1);
      Atomics.notify(state, 1);
    } else while (Atomics.load(state, 1) === round) Atomics.wait(state, 1, round);
  };
  barrier();
  const started = performance.now();
  const before = process.cpuUsage();
  KERNELS[name].run(buffer, n, me, barrier);
  barrier();
  const { user, system } = process.cpuUsage(before);
  parentPort.postMessage([performance.now() - started, (user + system) / 1000]);
}
