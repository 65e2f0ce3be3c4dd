import { expect, test } from 'vitest';
import { point } from './cursor.ts';

const REQUEST = `
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
const worker = /*0*/new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
data[0] = 42;
/*1*/worker.postMessage(sab);
worker./*2*/onmessage = (event) => {
  console.log(event.data);
};
//- worker.ts
onmessage = (/*3*/event) => {
  const cells = new Int32Array(event.data);
  postMessage(cells[0]);
};
`;

test('starting a worker: what comes before its first line, and where that is', () => {
  const p = point(REQUEST);
  const { title, text, links, lesson } = p.explain(0);
  expect(title).toBe('This starts `worker.ts` as a new agent');
  expect(text).toContain(
    "Everything the main thread did before this line happens before the worker's first line",
  );
  expect(text).toContain('What comes after this line runs beside the worker');
  expect(text).not.toContain('instances');
  expect(p.places(links)).toEqual(['worker.ts:1']);
  expect(lesson).toBe('01-first-race');
});

test('a message names its handler and what is visible there', () => {
  const p = point(REQUEST);
  const { title, text, links, lesson } = p.explain(1);
  expect(title).toBe('This message runs a handler of worker.ts');
  expect(text).toContain('the handler at worker.ts:1');
  expect(text).toContain(
    'Everything the main thread did before this line happens before everything that handler does',
  );
  expect(text).toContain('`data[0]`, written at line 4, is done with before it is read at worker.ts:3');
  expect(text).toContain('What comes after this line is not ordered with the handler');
  expect(p.places(links)).toEqual(['worker.ts:1', 'main.ts:4', 'worker.ts:3']);
  expect(lesson).toBe('04-publication');
});

test('a handler names the sends that trigger it; its parameters tell the same story', () => {
  const p = point(REQUEST);
  const back = p.explain(2);
  expect(p.code(back.span)).toBe('worker.onmessage');
  expect(back.title).toBe('This handler runs for messages from worker.ts');
  expect(back.text).toContain('`postMessage` at worker.ts:3');
  expect(p.places(back.links)).toEqual(['worker.ts:3']);

  const there = p.explain(3);
  expect(there.title).toBe('This handler runs for messages from the main thread');
  expect(there.text).toContain('`worker.postMessage` at main.ts:5');
  expect(p.places(there.links)).toContain('main.ts:5');
});

test('a worker that is not in sight is said to be so', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const worker = /*0*/new Worker('https://example.test/w.js');
/*1*/worker.postMessage(sab);
`);
  expect(p.explain(0).title).toBe('This starts a worker whose code is not in sight');
  expect(p.explain(0).text).toContain('so what the worker reads and writes is not known');
  const send = p.explain(1);
  expect(send.title).toBe('This message has no handler in sight');
  expect(send.text).toContain('a worker that is not analysed');
  expect(p.places(send.links)).toEqual(['main.ts:2']);
});

test('a message without a handler, and a handler without a message', () => {
  const p = point(`
//- main.ts
const worker = new Worker(new URL('./worker.ts', import.meta.url));
/*0*/worker.postMessage('go');
/*1*/worker.onmessage = () => {};
//- worker.ts
console.log('deaf and dumb');
`);
  const send = p.explain(0);
  expect(send.text).toContain('No handler in sight receives it');
  expect(send.links).toEqual([]);
  // A handler that nothing is sent to never runs: nothing of it is part of the Program.
  expect(p.explainOrNull(1)).toBeNull();
});

test('workers started in a loop are several', () => {
  const p = point(`
//- main.ts
for (let i = 0; i < 4; i++) /*0*/new Worker(new URL('./worker.ts', import.meta.url));
//- worker.ts
console.log('hello');
`);
  expect(p.explain(0).text).toContain('several instances may live at once');
});

test('the end of a worker, as an event and as a promise', () => {
  const p = point(`
//- main.ts
import { Worker } from 'node:worker_threads';
const worker = new Worker(new URL('./worker.ts', import.meta.url));
/*0*/worker.on('exit', () => {
  console.log('over');
});
export async function stop() {
  await /*1*/worker.terminate();
}
//- worker.ts
console.log('hello');
`);
  const exit = p.explain(0);
  expect(exit.title).toBe('This runs once worker.ts has ended');
  expect(exit.text).toContain('Everything worker.ts did happens before this function');
  expect(p.places(exit.links)).toEqual(['main.ts:2']);
  const end = p.explain(1);
  expect(end.title).toBe('This ends worker.ts');
  expect(end.text).toContain('Everything worker.ts did happens before what follows the `await` of this');
});

test('a timer orders nothing with other agents', () => {
  const p = point(`
//- main.ts
const data = new Int32Array(new SharedArrayBuffer(8));
/*0*/setTimeout(() => {
  data[0] = 1;
}, 10);
`);
  expect(p.explain(0).title).toBe('This runs in a later turn');
  expect(p.explain(0).text).toContain('a timer orders nothing with them');
});

test('await: through the message that resolves the promise, and what is held meanwhile', () => {
  const p = point(`
//- main.ts
import { Mutex } from 'async-mutex';
const mutex = new Mutex();
const worker = new Worker(new URL('./worker.ts', import.meta.url));
export async function ask() {
  const release = /*0*/await mutex.acquire();
  const answer = /*1*/await new Promise((resolve) => {
    worker.addEventListener('message', resolve);
    worker.postMessage('go');
  });
  release();
  /*2*/await fetch('/done');
  return answer;
}
//- worker.ts
onmessage = () => {
  postMessage('done');
};
`);
  const taking = p.explain(0);
  expect(taking.title).toBe('Here the turn is given away');
  expect(taking.text).toContain('It goes on once `mutex` is free');
  expect(taking.text).not.toContain('held across');

  const asking = p.explain(1);
  expect(asking.text).toContain('other turns of the main thread may run');
  expect(asking.text).toContain(
    'resolved by the message handler at line 7, which runs for what worker.ts sends at worker.ts:2',
  );
  expect(asking.text).toContain(
    '`mutex` (taken at line 5) stays held across it: who wants it waits until then',
  );
  expect(p.places(asking.links)).toEqual(['main.ts:7', 'worker.ts:2', 'main.ts:5']);
  expect(asking.lesson).toBe('03-lock-order');

  const last = p.explain(2);
  expect(last.text).toContain('No message and no end of a worker in sight is what it waits for');
  expect(last.text).not.toContain('held across');
  expect(last.lesson).toBeNull();
});

test('await of a helper that waits for a message itself', () => {
  const p = point(`
//- main.ts
const worker = new Worker(new URL('./worker.ts', import.meta.url));
async function ask() {
  return new Promise((resolve) => {
    worker.onmessage = resolve;
    worker.postMessage('go');
  });
}
async function askTwice() {
  await ask();
  await fetch('/between');
}
document.addEventListener('click', /*0*/async () => {
  /*1*/await askTwice();
});
//- worker.ts
onmessage = () => {
  postMessage('done');
};
`);
  // The listener runs when somebody clicks: the promise that it awaits later has no part in that.
  expect(p.explainOrNull(0)).toBeNull();
  expect(p.explain(1).text).toContain(
    'the message handler at line 4, which runs for what worker.ts sends at worker.ts:2',
  );
});

test('the end of a worker through a promise', () => {
  const p = point(`
//- main.ts
import { Worker } from 'node:worker_threads';
const worker = new Worker(new URL('./worker.ts', import.meta.url));
export async function over() {
  /*0*/await new Promise((resolve) => worker.on('exit', resolve));
}
//- worker.ts
console.log('hello');
`);
  const { text, links } = p.explain(0);
  expect(text).toContain('It goes on once worker.ts has ended');
  expect(p.places(links)).toEqual(['main.ts:2']);
});

test('of what a message carries, a write that is read on the other side is told first', () => {
  const p = point(`
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
data[0] = 1;
data[1] = 2;
const worker = new Worker(new URL('./worker.ts', import.meta.url));
/*0*/worker.postMessage(sab);
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  cells[0] = 3;
  console.log(cells[1]);
};
`);
  expect(p.explain(0).text).toContain(
    '`data[1]`, written at line 4, is done with before it is read at worker.ts:4',
  );
});
