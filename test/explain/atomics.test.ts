import { expect, test } from 'vitest';
import { point } from './cursor.ts';

const PUBLICATION = `
//- main.ts
const sab = new SharedArrayBuffer(64);
const flags = new Int32Array(sab);
const READY = 1;
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(sab);
flags[5] = 7;
/*0*/Atomics.store(flags, READY, 1);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  if (/*1*/Atomics.load(cells, 1) === 1) {
    console.log(/*2*/cells[5]);
  }
};
`;

test('a store names the load that it synchronizes-with, and what that makes visible', () => {
  const p = point(PUBLICATION);
  const { title, text, links, lesson, span } = p.explain(0);
  expect(p.code(span)).toBe('Atomics.store(flags, READY, 1)');
  expect(title).toBe('`flags[READY]`: synchronizes-with the `Atomics.load` that reads it');
  expect(text).toContain('synchronizes-with the `Atomics.load` at worker.ts:3');
  expect(text).toContain(
    'everything the main thread did before this line happens before what worker.ts does after it',
  );
  expect(text).toContain('`flags[5]`, written at line 6, before its plain use at worker.ts:4');
  expect(p.places(links)).toEqual(['worker.ts:3', 'main.ts:6', 'worker.ts:4']);
  expect(lesson).toBe('04-publication');
});

test('a load names the store that it reads, seen from the other file', () => {
  const p = point(PUBLICATION);
  const { text, links } = p.explain(1);
  expect(text).toContain('When this `Atomics.load` reads what the `Atomics.store` at main.ts:7 wrote');
  expect(text).toContain('`cells[5]` at line 4 is safe to use plainly behind the check');
  expect(p.places(links)).toEqual(['main.ts:7', 'main.ts:6']);
});

test('a plain access behind the check says by which chain it is ordered', () => {
  const p = point(PUBLICATION);
  const { title, text, links } = p.explain(2);
  expect(title).toBe('`cells[5]`: shared, and no data race in sight');
  expect(text).toContain('The main thread writes it plainly at main.ts:6: it happens before this');
  expect(text).toContain('the `Atomics.store` at main.ts:7 that the `Atomics.load` at line 3 reads');
  expect(p.places(links)).toEqual(['main.ts:6']);
});

test('a store that nobody loads says which edge is missing', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const flags = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/Atomics.store(flags, 0, 1);
/*1*/Atomics.store(flags, 1, 1);
//- worker.ts
onmessage = (event) => {
  const flags = new Int32Array(event.data);
  if (/*2*/flags[1] === 1) console.log('ready');
};
`);
  const unread = p.explain(0);
  expect(unread.title).toContain('never loaded by another agent in sight');
  expect(unread.text).toContain('No other agent in sight reads `flags[0]`');
  expect(unread.text).toContain('The missing edge is an `Atomics.load` of `flags[0]`');
  expect(unread.links).toEqual([]);

  const plain = p.explain(1);
  expect(plain.text).toContain(
    'worker.ts reads it plainly at worker.ts:3, and a plain access synchronizes-with nothing',
  );
  expect(plain.text).toContain('use `Atomics.load` there too');
  expect(p.places(plain.links)).toEqual(['worker.ts:3']);

  const read = p.explain(2);
  expect(read.title).toBe('`flags[1]`: a data race with the main thread');
  expect(read.text).toContain('The main thread writes it with `Atomics.store` at main.ts:5');
  expect(read.text).toContain('use `Atomics.load` here too');
  expect(p.places(read.links)).toEqual(['main.ts:5']);
});

test('a load without a branch, and one without a store', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const flags = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/Atomics.store(flags, 0, 1);
//- worker.ts
onmessage = (event) => {
  const flags = new Int32Array(event.data);
  /*1*/Atomics.load(flags, 0);
  /*2*/Atomics.load(flags, 1);
};
`);
  expect(p.explain(0).text).toContain('No load in sight decides a branch by what it read');
  expect(p.explain(1).text).toContain('No branch depends on the result');
  expect(p.explain(2).title).toContain('never stored by another agent in sight');
  expect(p.explain(2).text).toContain('The missing edge is an `Atomics.store` to `flags[1]`');
});

test('a read-modify-write is one step; a failed compare-exchange releases nothing', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const count = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/Atomics.add(count, 0, 1);
/*1*/Atomics.add(count, 1, 1);
//- worker.ts
onmessage = (event) => {
  const count = new Int32Array(event.data);
  /*2*/Atomics.compareExchange(count, 0, 5, 0);
  /*3*/count[1]++;
};
`);
  const add = p.explain(0);
  expect(add.title).toBe('`count[0]`: `Atomics.add` reads and writes in one step');
  expect(add.text).toContain(
    'Whichever of it and the `Atomics.compareExchange` at worker.ts:3 reads what the other wrote',
  );
  expect(add.text).not.toContain('failed exchange');
  expect(p.places(add.links)).toEqual(['worker.ts:3']);

  const mixed = p.explain(1);
  expect(mixed.text).toContain('worker.ts updates it plainly at worker.ts:4');
  expect(p.places(mixed.links)).toEqual(['worker.ts:4']);

  expect(p.explain(2).text).toContain('a failed exchange writes and releases nothing');

  const update = p.explain(3);
  expect(p.code(update.span)).toBe('count[1]++');
  expect(update.title).toBe('`count[1]`: a data race with the main thread');
  expect(update.text).toContain('Cheapest is one atomic step on each side, such as `Atomics.add`');
  expect(update.lesson).toBe('01-first-race');
});

test('wait and notify name each other and the store between them', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const cells = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
Atomics.store(cells, 0, 1);
/*0*/Atomics.notify(cells, 0);
/*1*/Atomics.notify(cells, 1);
/*2*/Atomics.wait(cells, 2, 0);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  /*3*/Atomics.wait(cells, 0, 0);
};
`);
  const notify = p.explain(0);
  expect(notify.text).toContain('It wakes the `Atomics.wait` at worker.ts:3');
  expect(notify.text).toContain('The `Atomics.store` at line 4 comes first');
  expect(p.places(notify.links)).toEqual(['worker.ts:3', 'main.ts:4']);

  const idle = p.explain(1);
  expect(idle.text).toContain('No `Atomics.wait` on `cells[1]` by another agent is in sight');
  expect(idle.text).toContain('a notify writes nothing');

  const asleep = p.explain(2);
  expect(asleep.text).toContain('No `Atomics.notify` of `cells[2]` in sight wakes it');
  expect(asleep.text).toContain('The main thread of a page may not block');

  const wait = p.explain(3);
  expect(wait.text).toContain(
    'what the main thread did before the `Atomics.notify` at main.ts:5 is visible once this wakes',
  );
  expect(wait.text).toContain('The `Atomics.store` at main.ts:4 changes the cell');
  expect(wait.text).not.toContain('may not block');
  expect(p.places(wait.links)).toEqual(['main.ts:5', 'main.ts:4']);
});

test('atomics of a class whose agents are not in sight: said as inferred', () => {
  const p = point(`
//- main.ts
export class Gate {
  readonly cells: Int32Array;
  constructor(buffer: SharedArrayBuffer) {
    this.cells = new Int32Array(buffer);
  }
  open(): void {
    /*0*/Atomics.store(this.cells, 0, 1);
  }
  isOpen(): boolean {
    return Atomics.load(this.cells, 0) === 1;
  }
  close(): void {
    /*1*/this.cells[0] = 0;
  }
}
`);
  const store = p.explain(0);
  expect(store.text).toContain('the `Atomics.load` at line 10');
  expect(store.text).toContain('another agent that runs this code');
  expect(store.text).toContain('The same cell is written plainly at line 13');
  const plain = p.explain(1);
  expect(plain.title).toBe('`this.cells[0]`: plain here, otherwise elsewhere');
  expect(plain.text).toContain('is not in sight, so this is inferred');
});

test('an index that is not known is said to be unsure', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const cells = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/Atomics.store(cells, 3, 1);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  for (let at = 0; at < 8; at++) if (Atomics.load(cells, at) === 1) console.log(at);
};
`);
  expect(p.explain(0).text).toContain('if both are of the same cell (the index is not known exactly)');
});

test('a notify before its store, and a store that is both loaded and waited for', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const cells = new Int32Array(sab);
new Worker(new URL('./worker.ts', import.meta.url)).postMessage(sab);
/*0*/Atomics.notify(cells, 0);
/*1*/Atomics.store(cells, 0, 1);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  Atomics.wait(cells, 0, 0);
  if (Atomics.load(cells, 0) === 1) console.log('go');
};
`);
  expect(p.explain(0).text).toContain('No atomic write of `cells[0]` comes before it here');
  expect(p.explain(1).text).toContain('synchronizes-with the `Atomics.load` at worker.ts:4');
});
