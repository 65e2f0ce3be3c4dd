import { expect, test } from 'vitest';
import type { Reason } from '../../server/src/engine.ts';
import { point } from './cursor.ts';

function names(reasons: readonly Reason[]): string[] {
  return reasons.map(({ name }) => name);
}

test('ordered accesses name the edge', () => {
  const p = point(`
//- main.ts
import { Worker } from 'node:worker_threads';
const sab = new SharedArrayBuffer(64);
const view = new Int32Array(sab);
/*0*/view[0] = 1;
const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: sab });
/*1*/view[1] = 1;
worker.postMessage('go');
view[5] = 1;
Atomics.store(view, 4, 1);
worker.on('exit', () => {
  /*2*/console.log(view[2]);
});
/*3*/view[3] = 1;
//- worker.ts
import { parentPort, workerData } from 'node:worker_threads';
const cells = new Int32Array(workerData);
/*4*/console.log(cells[0]);
parentPort.on('message', () => {
  console.log(cells[1]);
  if (Atomics.load(cells, 4) === 1) {
    /*5*/console.log(cells[5]);
  }
});
cells[2] = 1;
console.log(cells[3]);
`);
  const start = p.why(0);
  expect(names(start)).toEqual(['ordered-by-agent-start']);
  expect(start[0]!.message).toContain('`view[0]`: worker.ts reads it plainly at worker.ts:3');
  expect(p.places(start[0]!.links)).toEqual(['worker.ts:3']);
  expect(names(p.why(1))).toEqual(['ordered-by-message']);
  expect(names(p.why(2))).toEqual(['ordered-by-agent-exit']);
  const open = p.why(3);
  expect(names(open)).toEqual(['reported']);
  expect(open[0]!.message).toContain('nothing orders it with what worker.ts does at worker.ts:11');
  expect(names(p.why(4))).toEqual(['ordered-by-agent-start']);
  const published = p.why(5);
  expect(names(published)).toEqual(['ordered-by-publication']);
  expect(p.places(published[0]!.links)).toEqual(['main.ts:8']);
});

test('locks, partitions, atomics, reads, memory of one agent', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(256);
const log = new SharedArrayBuffer(256);
for (let part = 0; part < 4; part++) {
  const own = new SharedArrayBuffer(8);
  new Worker(new URL('./worker.ts', import.meta.url)).postMessage({ sab, log, part, own });
}
const mine = new Int32Array(new SharedArrayBuffer(8));
/*1*/mine[0] = 1;
//- worker.ts
onmessage = ({ data: { sab, log, part, own } }) => {
  const view = new Int32Array(sab);
  /*2*/view[part + 8] = 1;
  /*3*/Atomics.add(view, 0, 1);
  /*4*/console.log(view[1]);
  while (Atomics.compareExchange(view, 2, 0, 1) !== 0);
  /*5*/view[3] += 1;
  Atomics.store(view, 2, 0);
  const ticket = Atomics.add(view, 4, 1);
  /*6*/new Int32Array(log)[ticket] = 1;
  const mine = new Int32Array(own);
  /*7*/mine[0] = 1;
};
`);
  expect(names(p.why(1))).toEqual(['not-shared']);
  expect(names(p.why(2))).toEqual(['disjoint-partition']);
  expect(names(p.why(3))).toEqual(['both-atomic']);
  expect(names(p.why(4))).toEqual(['read-only']);
  const locked = p.why(5);
  expect(names(locked)).toEqual(['common-lock']);
  expect(locked[0]!.message).toContain('`view[2]`');
  expect(names(p.why(6))).toEqual(['disjoint-partition']);
  expect(names(p.why(7))).toEqual(['own-memory']);
});

test('cells that only one agent uses', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const view = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/view[0] = 1;
//- worker.ts
onmessage = (event) => {
  new Int32Array(event.data)[1] = 1;
};
`);
  const reasons = p.why(0);
  expect(names(reasons)).toEqual(['single-agent']);
  expect(reasons[0]!.message).toContain('`view[0]` is used by the main thread alone in sight');
});

test('instances that live one after another', () => {
  const p = point(`
//- main.ts
import { Worker } from 'node:worker_threads';
const sab = new SharedArrayBuffer(64);
export async function run() {
  for (let i = 0; i < 4; i++) {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: sab });
    await new Promise((resolve) => worker.on('exit', resolve));
  }
}
await run();
//- worker.ts
import { workerData } from 'node:worker_threads';
const cells = new Int32Array(workerData);
/*0*/cells[0] += 1;
`);
  expect(names(p.why(0))).toEqual(['one-at-a-time']);
});

test('what is reported says so, at its plain side and at its atomic one', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const view = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/view[0]++;
/*1*/Atomics.add(view, 1, 1);
//- worker.ts
onmessage = (event) => {
  const view = new Int32Array(event.data);
  view[0]++;
  view[1] = 0;
};
`);
  const plain = p.why(0);
  expect(names(plain)).toEqual(['reported']);
  expect(p.places(plain[0]!.links)).toEqual(['worker.ts:3']);
  const atomic = p.why(1);
  expect(names(atomic)).toEqual(['reported']);
  expect(atomic[0]!.message).toContain('reported at its plain side, worker.ts at worker.ts:4');
});

test('an unknown worker is reported where it is started', () => {
  const p = point(`
//- main.ts
/*0*/new Worker('https://example.test/w.js');
`);
  expect(names(p.why(0))).toEqual(['reported']);
});

const LOCKS = (body: string) => `
//- main.ts
import { Mutex } from 'async-mutex';
const a = new Mutex();
const b = new Mutex();
const gate = new Mutex();
${body}
`;

test('opposite orders under a gate', () => {
  const p = point(
    LOCKS(`
export async function one() {
  await gate.runExclusive(async () => {
    await a.runExclusive(async () => {
      /*0*/await b.runExclusive(() => fetch('/'));
    });
  });
}
export async function two() {
  await gate.runExclusive(async () => {
    await b.runExclusive(async () => {
      await a.runExclusive(() => fetch('/'));
    });
  });
}`),
  );
  const reasons = p.why(0);
  expect(names(reasons)).toEqual(['gate-lock']);
  expect(reasons[0]!.message).toContain('`gate` is held around both');
  expect(p.places(reasons[0]!.links)).toEqual(['main.ts:16']);
});

test('opposite orders in one task', () => {
  const p = point(
    LOCKS(`
await a.runExclusive(async () => {
  /*0*/await b.runExclusive(() => fetch('/'));
});
await b.runExclusive(async () => {
  await a.runExclusive(() => fetch('/'));
});`),
  );
  expect(names(p.why(0))).toEqual(['same-task']);
});

test('one order, a single lock, and a circle that is reported', () => {
  const p = point(
    LOCKS(`
export async function one() {
  await a.runExclusive(async () => {
    /*0*/await gate.runExclusive(() => fetch('/'));
    /*1*/await b.runExclusive(() => fetch('/'));
  });
}
export async function two() {
  await b.runExclusive(async () => {
    await a.runExclusive(() => fetch('/'));
  });
}
const c = new Mutex();
export async function three() {
  /*2*/await c.runExclusive(() => fetch('/'));
}`),
  );
  const ordered = p.why(0);
  expect(names(ordered)).toEqual(['consistent-order']);
  expect(ordered[0]!.message).toBe('`a` is taken before `gate`, and nowhere in sight the other way round');
  expect(names(p.why(1))).toEqual(['reported']);
  expect(names(p.why(2))).toEqual(['single-lock']);
});

test('a try never waits', () => {
  const p = point(`
//- main.ts
import { Mutex } from 'lockstep/sync';
const m = new Mutex(new SharedArrayBuffer(8), 0);
/*0*/if (m.tryLock()) m.unlock();
`);
  expect(names(p.why(0))).toEqual(['try-lock']);
});

test('a chain of edges is named by its last, and told in full', () => {
  const p = point(`
//- main.ts
import { Worker } from 'node:worker_threads';
const sab = new SharedArrayBuffer(64);
const first = new Worker(new URL('./first.ts', import.meta.url), { workerData: sab });
const second = new Worker(new URL('./second.ts', import.meta.url), { workerData: sab });
first.on('exit', () => {
  second.postMessage('go');
});
//- first.ts
import { workerData } from 'node:worker_threads';
const cells = new Int32Array(workerData);
cells[0] = 1;
//- second.ts
import { parentPort, workerData } from 'node:worker_threads';
const cells = new Int32Array(workerData);
parentPort.on('message', () => {
  /*0*/console.log(cells[0]);
});
`);
  const reasons = p.why(0);
  expect(names(reasons)).toEqual(['ordered-by-message']);
  expect(reasons[0]!.message).toContain('ordered by the end of the worker, then the message');
});

test('a promise that a message resolves is told as the message', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const view = new Int32Array(sab);
const worker = new Worker(new URL('./worker.ts', import.meta.url));
export async function ask() {
  await new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage(sab);
  });
  /*0*/console.log(view[0]);
}
//- worker.ts
onmessage = (event) => {
  new Int32Array(event.data)[0] = 1;
  postMessage('done');
};
`);
  const reasons = p.why(0);
  expect(names(reasons)).toEqual(['ordered-by-message']);
  expect(reasons[0]!.message).toMatch(/it happens before this, ordered by the message$/);
});
