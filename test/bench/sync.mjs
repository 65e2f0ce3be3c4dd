// What the primitives of lockstep/sync cost, beside what a user would take instead: `npm run bench:sync`.
// One table, medians of several runs; with `--json` the same figures as JSON (the chart of the lesson reads them).
// `node test/bench/sync.mjs rings messages` runs these groups only.
// Both sides of a comparison run in turn, in one process, so that a busy machine slows down both.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads';

const RUNS = Number(process.env.LOCKSTEP_BENCH_RUNS ?? 7);

if (isMainThread) await main();
else await agent();

async function main() {
  const { build } = await import('esbuild');
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  const library = join(folder, 'sync.mjs');
  try {
    await build({
      entryPoints: [fileURLToPath(new URL('../../server/src/runtime/index.ts', import.meta.url))],
      outfile: library,
      bundle: true,
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
    });
    const sync = await import(library);
    const rows = [];
    const groups = { uncontended, contended, asyncForms, messages, rings, queues };
    const wanted = process.argv.slice(2).filter((argument) => argument in groups);
    const queueRows = [];
    for (const [name, group] of Object.entries(groups))
      if (wanted.length === 0 || wanted.includes(name)) await group(sync, library, rows, queueRows);
    if (process.argv.includes('--json'))
      console.log(JSON.stringify({ version: 1, rows, queues: queueRows }, undefined, 2));
    else print(rows, queueRows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// ---------------------------------------------------------------------------------------------- in one agent

/** Nanoseconds per iteration of each body, median over the runs, which take turns. */
async function compare(bodies, iterations) {
  const names = Object.keys(bodies);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = -2; run < RUNS; run++)
    for (const name of names) {
      const start = performance.now();
      await bodies[name](iterations);
      if (run >= 0) times[name].push(((performance.now() - start) / iterations) * 1e6);
    }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]));
}

async function uncontended({ Mutex, RWMutex, Semaphore }, _library, rows) {
  const cells = new Int32Array(new SharedArrayBuffer(64));
  const mutex = Mutex.create();
  const rw = RWMutex.create();
  const semaphore = Semaphore.create({ permits: 1 });
  const ns = await compare(
    {
      bare(n) {
        for (let i = 0; i < n; i++) {
          Atomics.compareExchange(cells, 0, 0, 1);
          Atomics.compareExchange(cells, 0, 1, 0);
        }
      },
      mutex(n) {
        for (let i = 0; i < n; i++) {
          mutex.lock();
          mutex.unlock();
        }
      },
      rwWrite(n) {
        for (let i = 0; i < n; i++) {
          rw.lock();
          rw.unlock();
        }
      },
      rwRead(n) {
        for (let i = 0; i < n; i++) {
          rw.rLock();
          rw.rUnlock();
        }
      },
      semaphore(n) {
        for (let i = 0; i < n; i++) {
          semaphore.acquire();
          semaphore.release();
        }
      },
    },
    1_000_000,
  );
  const against = 'bare compare-exchange pair';
  rows.push(
    cost('Mutex lock + unlock, free', ns.mutex, against, ns.bare, 'at most 2.0 ×', (ratio) => ratio <= 2),
  );
  rows.push(cost('RWMutex lock + unlock, free', ns.rwWrite, against, ns.bare));
  rows.push(cost('RWMutex rLock + rUnlock, free', ns.rwRead, against, ns.bare));
  rows.push(cost('Semaphore acquire + release, free', ns.semaphore, against, ns.bare));
}

async function asyncForms({ Mutex }, _library, rows) {
  const { Mutex: AsyncMutex } = await import('async-mutex');
  const mutex = Mutex.create();
  const other = new AsyncMutex();
  const ours = async (n) => {
    for (let i = 0; i < n; i++) {
      await mutex.lockAsync();
      mutex.unlock();
    }
  };
  const theirs = async (n) => {
    for (let i = 0; i < n; i++) (await other.acquire())();
  };
  const nothing = () => undefined;
  const oursScoped = async (n) => {
    for (let i = 0; i < n; i++) await mutex.runExclusive(nothing);
  };
  const theirsScoped = async (n) => {
    for (let i = 0; i < n; i++) await other.runExclusive(nothing);
  };
  const tasks = (count, body) => (n) => Promise.all(Array.from({ length: count }, () => body(n / count)));
  const ns = await compare(
    {
      ours,
      theirs,
      oursScoped,
      theirsScoped,
      oursTasks: tasks(10, ours),
      theirsTasks: tasks(10, theirs),
    },
    100_000,
  );
  const goal = ['at most 1.0 ×', (ratio) => ratio <= 1];
  rows.push(cost('Mutex lockAsync + unlock, free', ns.ours, 'async-mutex', ns.theirs, ...goal));
  rows.push(cost('Mutex runExclusive, free', ns.oursScoped, 'async-mutex', ns.theirsScoped, ...goal));
  rows.push(cost('Mutex lockAsync, ten tasks', ns.oursTasks, 'async-mutex', ns.theirsTasks, ...goal));
}

// ------------------------------------------------------------------------------------------- in several agents

/** Nanoseconds per operation of `count` agents together that all begin at once; the median over the runs. */
async function together(library, count, job, data, operations) {
  const times = [];
  for (let run = 0; run < RUNS; run++) times.push(await once(library, count, job, data(), operations));
  return median(times);
}

async function once(library, count, job, data, operations) {
  const start = new Int32Array(new SharedArrayBuffer(8));
  const agents = Array.from(
    { length: count },
    (_, index) =>
      new Worker(fileURLToPath(import.meta.url), { workerData: { ...data, library, job, index, start } }),
  );
  const all = (word) =>
    Promise.all(
      agents.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.on('message', (message) => message === word && resolve());
            worker.on('error', reject);
          }),
      ),
    );
  const done = all('done');
  await all('ready');
  const begin = performance.now();
  Atomics.store(start, 0, 1);
  Atomics.notify(start, 0);
  await done;
  const time = performance.now() - begin;
  await Promise.all(agents.map((worker) => worker.terminate()));
  return (time / operations) * 1e6;
}

async function contended({ Mutex }, library, rows) {
  const operations = 2_000_000;
  const [ours, bare] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    ours.push(
      await once(
        library,
        2,
        'lock',
        { mutex: Mutex.create().handle, operations: operations / 2 },
        operations,
      ),
    );
    bare.push(
      await once(
        library,
        2,
        'spin',
        { cells: new Int32Array(new SharedArrayBuffer(8)), operations: operations / 2 },
        operations,
      ),
    );
  }
  rows.push(
    cost('Mutex lock + unlock, two workers', median(ours), 'spinning on compare-exchange', median(bare)),
  );
}

async function messages({ Channel }, library, rows) {
  // Enough that compiling the loops in a new worker does not count.
  const operations = 1_000_000;
  const results = { channel: [], async: [], post: [], port: [] };
  for (let run = 0; run < RUNS; run++) {
    const channel = Channel.create({ capacity: 1024 });
    results.channel.push(
      await receive(
        library,
        { job: 'channelSend', channel: channel.handle, operations },
        () => {
          for (let received = 0; received < operations; received++) channel.receive();
        },
        operations,
      ),
    );
    const second = Channel.create({ capacity: 1024 });
    results.async.push(
      await receive(
        library,
        { job: 'channelSend', channel: second.handle, operations },
        async () => {
          for (let received = 0; received < operations; received++) await second.receiveAsync();
        },
        operations,
      ),
    );
    results.post.push(
      await receive(
        library,
        { job: 'post', operations },
        (worker) => counted(worker, operations),
        operations,
      ),
    );
    const { port1, port2 } = new MessageChannel();
    results.port.push(
      await receive(
        library,
        { job: 'postTo', port: port2, operations },
        () => counted(port1, operations),
        operations,
        [port2],
      ),
    );
    port1.close();
  }
  const [ours, oursAsync, post, port] = [results.channel, results.async, results.post, results.port].map(
    median,
  );
  const goal = ['at most 0.2 ×', (ratio) => ratio <= 0.2];
  rows.push(cost('Channel of numbers, worker to main', ours, 'postMessage', post, ...goal));
  rows.push(cost('Channel of numbers, worker to main', ours, 'MessageChannel', port));
  rows.push(cost('Channel of numbers, receiveAsync', oursAsync, 'postMessage', post));
}

/** Nanoseconds per message, from the moment at which the sender may begin. */
async function receive(library, data, body, operations, transferList = []) {
  const start = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { ...data, library, start },
    transferList,
  });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const begin = performance.now();
  Atomics.store(start, 0, 1);
  Atomics.notify(start, 0);
  await body(worker);
  const time = performance.now() - begin;
  await worker.terminate();
  return (time / operations) * 1e6;
}

function counted(port, operations) {
  return new Promise((resolve) => {
    let received = 0;
    port.on('message', (message) => {
      if (message !== 'done' && ++received === operations) resolve();
    });
  });
}

async function rings({ RingBuffer }, library, rows) {
  const { RingBuffer: Other } = await import('ringbuf.js');
  const capacity = 4096;
  const goal = ['at most 1.0 ×', (ratio) => ratio <= 1];
  for (const block of [1, 16, 128, 1024]) {
    const ours = RingBuffer.create({ capacity, kind: 'f32' });
    const theirs = new Other(Other.getStorageForCapacity(capacity, Float32Array), Float32Array);
    const [from, to] = [new Float32Array(block).fill(1), new Float32Array(block)];
    const ns = await compare(
      {
        ours(n) {
          for (let i = 0; i < n; i++) {
            ours.push(from);
            ours.pop(to);
          }
        },
        theirs(n) {
          for (let i = 0; i < n; i++) {
            theirs.push(from);
            theirs.pop(to);
          }
        },
      },
      block > 100 ? 200_000 : 500_000,
    );
    rows.push(cost(`RingBuffer push + pop, blocks of ${block}`, ns.ours, 'ringbuf.js', ns.theirs, ...goal));
  }
  const [ours, theirs] = [[], []];
  const operations = 40_000_000;
  for (let run = 0; run < RUNS; run++) {
    const ring = RingBuffer.create({ capacity, kind: 'f32' }).handle;
    ours.push(await once(library, 2, 'ring', { ring, operations }, operations));
    const storage = Other.getStorageForCapacity(capacity, Float32Array);
    theirs.push(await once(library, 2, 'otherRing', { storage, operations }, operations));
  }
  rows.push(cost('RingBuffer, two workers, an element', median(ours), 'ringbuf.js', median(theirs), ...goal));
}

async function queues({ LockFreeQueue, Mutex }, library, _rows, queueRows) {
  const operations = 1_000_000;
  for (const workers of [1, 2, 4]) {
    const each = operations / workers;
    const free = await together(
      library,
      workers,
      'freeQueue',
      () => ({ queue: LockFreeQueue.create({ capacity: 1024 }).handle, operations: each }),
      operations,
    );
    const locked = await together(
      library,
      workers,
      'lockedQueue',
      () => ({
        mutex: Mutex.create().handle,
        state: new Int32Array(new SharedArrayBuffer(8)),
        slots: new Float64Array(new SharedArrayBuffer(8 * 1024)),
        operations: each,
      }),
      operations,
    );
    queueRows.push({ workers, lockFree: Math.round(1e9 / free), locked: Math.round(1e9 / locked) });
  }
}

async function agent() {
  const { job, library, start, operations, index } = workerData;
  const sync = await import(library);
  const jobs = {
    lock() {
      const mutex = sync.Mutex.from(workerData.mutex);
      return (n) => {
        for (let i = 0; i < n; i++) {
          mutex.lock();
          mutex.unlock();
        }
      };
    },
    spin() {
      const { cells } = workerData;
      return (n) => {
        for (let i = 0; i < n; i++) {
          while (Atomics.compareExchange(cells, 0, 0, 1) !== 0);
          Atomics.compareExchange(cells, 0, 1, 0);
        }
      };
    },
    channelSend() {
      const channel = sync.Channel.from(workerData.channel);
      return (n) => {
        for (let i = 0; i < n; i++) channel.send(i);
      };
    },
    post: () => (n) => {
      for (let i = 0; i < n; i++) parentPort.postMessage(i);
    },
    postTo: () => (n) => {
      for (let i = 0; i < n; i++) workerData.port.postMessage(i);
    },
    ring() {
      return stream(sync.RingBuffer.from(workerData.ring));
    },
    async otherRing() {
      const { RingBuffer } = await import('ringbuf.js');
      return stream(new RingBuffer(workerData.storage, Float32Array));
    },
    freeQueue() {
      const queue = sync.LockFreeQueue.from(workerData.queue);
      return (n) => {
        for (let i = 0; i < n; i++) {
          queue.enqueue(i);
          queue.dequeue();
        }
      };
    },
    lockedQueue() {
      const mutex = sync.Mutex.from(workerData.mutex);
      const { state, slots } = workerData;
      const enqueue = (value) => {
        mutex.lock();
        const room = state[1] < slots.length;
        if (room) slots[(state[0] + state[1]++) % slots.length] = value;
        mutex.unlock();
        return room;
      };
      const dequeue = () => {
        mutex.lock();
        let value;
        if (state[1] > 0) {
          value = slots[state[0]];
          state[0] = (state[0] + 1) % slots.length;
          state[1]--;
        }
        mutex.unlock();
        return value;
      };
      return (n) => {
        for (let i = 0; i < n; i++) {
          enqueue(i);
          dequeue();
        }
      };
    },
  };
  /** The first worker pushes, the second pops, in blocks of 128. */
  const stream = (ring) => (n) => {
    const block = new Float32Array(128);
    for (let moved = 0; moved < n;)
      moved += index === 0 ? ring.push(block, Math.min(128, n - moved)) : ring.pop(block);
  };
  const body = await jobs[job]();
  parentPort.postMessage('ready');
  Atomics.wait(start, 0, 0);
  body(operations);
  parentPort.postMessage('done');
}

// ------------------------------------------------------------------------------------------------------ output

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function cost(what, ours, other, theirs, goal, reached) {
  const ratio = ours / theirs;
  return {
    what,
    ns: round(ours),
    against: other,
    theirNs: round(theirs),
    ratio: round(ratio, 2),
    goal,
    reached: reached?.(ratio),
  };
}

function round(value, digits = 1) {
  return Number(value.toFixed(digits));
}

function print(rows, queueRows) {
  const lines = rows.map(({ what, ns, against, theirNs, ratio, goal, reached }) => [
    what,
    ns.toFixed(1),
    against,
    theirNs.toFixed(1),
    `${ratio.toFixed(2)} ×`,
    goal === undefined ? '' : `${goal}: ${reached ? 'reached' : 'not reached'}`,
  ]);
  table([['', 'ns', 'against', 'ns', 'ratio', 'goal'], ...lines]);
  if (queueRows.length === 0) return;
  console.log(`\nEnqueue + dequeue, all workers together (${cpus().length} cores), pairs per second`);
  const most = Math.max(...queueRows.flatMap(({ lockFree, locked }) => [lockFree, locked]));
  for (const { workers, lockFree, locked } of queueRows)
    for (const [name, value] of [
      ['LockFreeQueue', lockFree],
      ['Mutex + ring ', locked],
    ])
      console.log(
        `  ${workers} worker${workers === 1 ? ' ' : 's'}  ${name}  ${'#'.repeat(Math.max(1, Math.round((value / most) * 50))).padEnd(50)} ${(value / 1e6).toFixed(2)} M`,
      );
}

function table(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) =>
          /^[\d.]/.test(cell) && column !== 5 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    );
}
