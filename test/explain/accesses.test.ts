import { expect, test } from 'vitest';
import { point } from './cursor.ts';

test('an unordered hand-over names the missing edge on both sides', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
const worker = new Worker(new URL('./worker.ts', import.meta.url));
worker.postMessage(sab);
/*0*/data[0] = 42;
/*1*/data[9] = 1;
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  console.log(/*2*/cells[0]);
};
`);
  const write = p.explain(0);
  expect(write.title).toBe('`data[0]`: a data race with worker.ts');
  expect(write.text).toContain('worker.ts reads it plainly at worker.ts:3');
  expect(write.text).toContain('Neither happens before the other');
  expect(write.text).toContain('The missing edge is one from this write to that read');
  expect(p.places(write.links)).toEqual(['worker.ts:3']);
  expect(write.lesson).toBe('04-publication');

  const read = p.explain(2);
  expect(read.text).toContain('The main thread writes it plainly at main.ts:5');
  expect(read.text).toContain('The missing edge is one from that write to this read');

  const alone = p.explain(1);
  expect(alone.title).toBe('`data[9]`: shared memory, used by the main thread alone in sight');
  expect(alone.text).toContain('worker.ts uses other cells of `sab`, not this one');
});

test('memory of one agent is said to be its own', () => {
  const p = point(`
//- main.ts
const data = new Int32Array(new SharedArrayBuffer(8));
new Worker(new URL('./worker.ts', import.meta.url));
/*0*/data[0] = 1;
//- worker.ts
console.log('nothing shared');
`);
  expect(p.explain(0).text).toContain('which no other agent in sight reads or writes');
  expect(p.explain(0).text).toContain('is-agent-order-before');
});

test('ordered by the end of a worker', () => {
  const p = point(`
//- main.ts
import { Worker } from 'node:worker_threads';
const sab = new SharedArrayBuffer(64);
const view = new Int32Array(sab);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: sab });
worker.on('exit', () => {
  console.log(/*0*/view[0]);
});
//- worker.ts
import { workerData } from 'node:worker_threads';
const own = new Int32Array(workerData);
/*1*/own[0] = 1;
`);
  expect(p.explain(0).text).toContain(
    'worker.ts writes it plainly at worker.ts:3: it happens before this, ordered by the end of the worker',
  );
  expect(p.explain(1).text).toContain(
    'The main thread reads it plainly at main.ts:6: this happens before it, ordered by the end of the worker',
  );
});

test('each worker its own cells, by its number', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
for (let part = 0; part < 4; part++) {
  new Worker(new URL('./worker.ts', import.meta.url)).postMessage({ sab, part });
}
//- worker.ts
onmessage = ({ data: { sab, part } }) => {
  const cells = new Int32Array(sab);
  /*0*/cells[part] = 1;
  /*1*/cells[9] = 1;
};
`);
  const own = p.explain(0);
  expect(own.title).toContain('no data race in sight');
  expect(own.text).toContain('a number that each worker has for itself');
  const same = p.explain(1);
  expect(same.title).toBe('`cells[9]`: a data race with another instance of worker.ts');
  expect(same.text).toContain('Another instance of worker.ts writes it plainly at line 4');
  // The other place is this one, in another instance.
  expect(same.links).toEqual([]);
});

test('a lock that one side holds is the missing edge, whichever side is asked', () => {
  const p = point(`
//- main.ts
import { Mutex } from 'lockstep/sync';
const sab = new SharedArrayBuffer(64);
const mutex = new Mutex(sab, 0);
const data = new Int32Array(sab, 16);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
mutex.lock();
/*0*/data[0] = 1;
mutex.unlock();
//- worker.ts
import { Mutex } from 'lockstep/sync';
onmessage = (event) => {
  const lock = new Mutex(event.data, 0);
  const data = new Int32Array(event.data, 16);
  console.log(/*1*/data[0]);
  lock.lock();
  console.log(/*2*/data[0]);
  lock.unlock();
};
`);
  expect(p.explain(0).text).toMatch(/The missing edge is the lock: `mutex` is held here, but not there/);
  expect(p.explain(1).text).toMatch(/The missing edge is the lock: take `(?:mutex|lock)` here too/);
  const guarded = p.explain(2);
  expect(guarded.text).toMatch(/both hold `(?:mutex|lock)`, so one comes wholly before the other/);
  expect(guarded.lesson).toBe('04-publication');
});

test('a place that is ordered by one way and unordered by another is told as unordered', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
const worker = new Worker(new URL('./worker.ts', import.meta.url));
function put() {
  /*0*/data[0] = 1;
}
put();
/*1*/worker.postMessage(sab);
setTimeout(put, 10);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  console.log(cells[0]);
};
`);
  const write = p.explain(0);
  expect(write.title).toBe('`data[0]`: a data race with worker.ts');
  expect(p.why(0).map(({ name }) => name)).toEqual(['reported']);
  expect(p.explain(1).text).not.toContain('done with');
});

test('two accesses of one line are one place to a reader', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
/*0*/data.fill(1);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  if (cells[0] > cells[1]) console.log('sorted');
};
`);
  const { text, links } = p.explain(0);
  expect(text).toContain('worker.ts reads it plainly at worker.ts:3: this happens before it');
  expect(p.places(links)).toEqual(['worker.ts:3']);
});

test('cells that may be the same are said to be that', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/data[3] = 1;
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  for (let at = 0; at < 8; at++) console.log(cells[at]);
};
`);
  expect(p.explain(0).text).toContain('`cells[at]` may be the same cell');
});
