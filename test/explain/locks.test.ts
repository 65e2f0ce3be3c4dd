import { expect, test } from 'vitest';
import { point } from './cursor.ts';

test('a hand-written lock: taken and freed where the reader calls it, with what it guards', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
for (let i = 0; i < 4; i++) new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
//- lock.ts
export class Lock {
  constructor(readonly cells: Int32Array, readonly at: number) {}
  lock() {
    while (/*2*/Atomics.compareExchange(this.cells, this.at, 0, 1) !== 0) Atomics.wait(this.cells, this.at, 1);
  }
  unlock() {
    /*3*/Atomics.store(this.cells, this.at, 0);
    Atomics.notify(this.cells, this.at, 1);
  }
}
//- worker.ts
import { Lock } from './lock.ts';
onmessage = (event) => {
  const lock = new Lock(new Int32Array(event.data), 0);
  const data = new Int32Array(event.data, 16);
  /*0*/lock.lock();
  data[0] += 1;
  /*1*/lock.unlock();
};
`);
  const take = p.explain(0);
  expect(take.title).toBe('This takes `lock`');
  expect(take.text).toContain(
    'the atomic write that frees it synchronizes-with the atomic step that takes it next',
  );
  expect(take.text).toContain('Accessed with it held: `data[0]`, at line 6.');
  expect(take.text).toContain('every instance of worker.ts does so here');
  expect(p.places(take.links)).toEqual(['worker.ts:6']);
  expect(take.lesson).toBe('01-first-race');

  const free = p.explain(1);
  expect(free.title).toBe('This frees `lock`');
  expect(free.text).toContain('happens before what its next holder does, who takes it at line 5');
  expect(p.places(free.links)).toEqual(['worker.ts:5']);

  expect(p.explain(2).text).toContain('The cell is the word of the lock `lock`');
  expect(p.explain(3).title).toBe('This frees `lock`');
});

const TWO_LOCKS = (second: string) => `
//- main.ts
import { Mutex } from 'async-mutex';
const a = new Mutex();
const b = new Mutex();
export async function one() {
  const release = await /*0*/a.acquire();
  await /*1*/b.runExclusive(async () => {
    await fetch('/one');
  });
  /*2*/release();
}
export async function two() {
  ${second}
}
`;

test('two locks in opposite orders: the other place, and that both can wait', () => {
  const p = point(
    TWO_LOCKS('await b.runExclusive(async () => {\n    await a.runExclusive(() => fetch("/two"));\n  });'),
  );
  const inner = p.explain(1);
  expect(inner.title).toBe('This takes `b`');
  expect(inner.text).toContain('until its callback is done');
  expect(inner.text).toContain('`a` is taken before `b` here, and the other way round at line 13');
  expect(p.places(inner.links)).toContain('main.ts:13');
  expect(inner.lesson).toBe('03-lock-order');
  expect(p.explain(0).text).toContain('the other way round at line 13');
});

test('two locks in one order: said, and no circle', () => {
  const p = point(TWO_LOCKS('await b.runExclusive(() => fetch("/two"));'));
  const inner = p.explain(1);
  expect(inner.text).toContain('It is also taken at line 12');
  expect(inner.text).toContain(
    '`a` is already held here, so `a` comes before `b`; nothing in sight makes that a circle',
  );
  const outer = p.explain(0);
  expect(outer.text).toContain('No other place in sight takes `a`');
  expect(outer.text).toContain('While it is held, `b` is taken at line 6');
  const free = p.explain(2);
  expect(free.title).toBe('This frees `a`');
  expect(p.places(free.links)).toEqual(['main.ts:5']);
});

test('a lock taken again by its holder', () => {
  const p = point(`
//- main.ts
import { Mutex } from 'async-mutex';
const m = new Mutex();
export async function outer() {
  await m.runExclusive(async () => {
    await inner();
  });
}
async function inner() {
  await /*0*/m.runExclusive(() => fetch('/'));
}
`);
  expect(p.explain(0).text).toContain('But `m` is already held here, taken at line 4, and is not reentrant');
});

test("a Web Lock is the host's: no edge is promised", () => {
  const p = point(`
//- main.ts
export async function save() {
  await /*0*/navigator.locks.request('total', async () => fetch('/'));
}
`);
  expect(p.explain(0).title).toBe('This takes `total`');
  expect(p.explain(0).text).toContain('ECMA-262 names no edge for that');
});

test('one primitive under two locks names both', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
for (let i = 0; i < 4; i++) new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
//- worker.ts
const A = 0;
const B = 1;
function take(cells: Int32Array, at: number) {
  while (/*0*/Atomics.compareExchange(cells, at, 0, 1) !== 0);
}
function free(cells: Int32Array, at: number) {
  /*1*/Atomics.store(cells, at, 0);
}
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  take(cells, A);
  free(cells, A);
  take(cells, B);
  free(cells, B);
};
`);
  expect(p.explain(0).text).toContain('The cells are the words of the locks `cells[A]` and `cells[B]`');
  const free = p.explain(1);
  expect(free.title).toBe('This frees `cells[A]` or `cells[B]`');
  expect(p.places(free.links)).toEqual(['worker.ts:11', 'worker.ts:13']);
});

test('the words of other locks are not what a lock guards', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
for (let i = 0; i < 4; i++) new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
//- worker.ts
function take(cells: Int32Array, at: number) {
  while (Atomics.compareExchange(cells, at, 0, 1) !== 0);
}
function free(cells: Int32Array, at: number) {
  Atomics.store(cells, at, 0);
}
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  /*0*/take(cells, 0);
  take(cells, 1);
  cells[5] = 1;
  free(cells, 1);
  free(cells, 0);
};
`);
  expect(p.explain(0).text).toContain('Accessed with it held: `cells[5]`, at line 11.');
});

test('a helper that takes one lock or another names both', () => {
  const p = point(`
//- main.ts
import { Mutex } from 'async-mutex';
const a = new Mutex();
const b = new Mutex();
async function under(mutex: Mutex, url: string) {
  await /*0*/mutex.runExclusive(() => fetch(url));
}
export async function both() {
  await under(a, '/a');
  await under(b, '/b');
}
`);
  expect(p.explain(0).title).toBe('This takes `a` or `b`');
});
