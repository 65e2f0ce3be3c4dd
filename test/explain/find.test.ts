import { expect, test } from 'vitest';
import { ROOT } from '../harness.ts';
import { point } from './cursor.ts';

const FIXTURE = `
//- main.ts
const sab = new SharedArrayBuffer(64);
const data = new Int32Array(sab);
const worker = new Worker(new URL('./worker.ts', import.meta.url));
worker.onmessage = (event) => {
  /*0*/console.log(event.data);
};
/*1*/worker.postMessage(sab);
export async function go() {
  await /*2*/fetch('/');
}
const name = /*3*/'nothing';
data[/*4*/0] = 1;
//- worker.ts
onmessage = (event) => {
  const cells = new Int32Array(event.data);
  console.log(cells[0]);
  postMessage('done');
};
`;

test('most places have nothing to say', () => {
  const p = point(FIXTURE);
  // Inside a handler, not on what registers it.
  expect(p.explainOrNull(0)).toBeNull();
  // What is awaited is not the await.
  expect(p.explainOrNull(2)).toBeNull();
  expect(p.explainOrNull(3)).toBeNull();
  expect(p.why(0)).toEqual([]);
  expect(p.why(3)).toEqual([]);
});

test('the index of an access belongs to it', () => {
  const p = point(FIXTURE);
  expect(p.code(p.explain(4).span)).toBe('data[0] = 1');
});

test('a file without concurrency has no explanations', () => {
  const p = point(`
//- main.ts
export const twice = (n: number) => /*0*/n * 2;
`);
  expect(p.explainOrNull(0)).toBeNull();
  expect(p.why(0)).toEqual([]);
});

test('lines follow the text: a comment typed in either file moves what is told', () => {
  const p = point(FIXTURE);
  const file = `${ROOT}/main.ts`;
  const before = p.explain(1);
  expect(before.text).toContain('the handler at worker.ts:1');
  const worker = `// one\n// two\n${p.texts.get('worker.ts')!}`;
  const main = `// three\n${p.texts.get('main.ts')!}`;
  p.engine.apply({ opened: [{ file: `${ROOT}/worker.ts`, text: worker }] });
  p.engine.apply({ opened: [{ file, text: main }] });
  const after = p.engine.explain(file, main.indexOf('worker.postMessage'));
  expect(after?.text).not.toContain('worker.ts:1');
  expect(after?.text).toMatch(/the handler (?:in worker\.ts|at worker\.ts:3)/);
  expect(worker.slice(after?.links[0]?.span.start)).toMatch(/^onmessage/);
});

test('the turn is given away at a word: at await, not at the return of an async function', () => {
  const p = point(`
//- main.ts
const view = new Int32Array(new SharedArrayBuffer(8));
export async function all(items: AsyncIterable<number>, job: Promise<number>) {
  for /*0*/await (const item of items) view[0] = item;
  /*1*/return job;
}
`);
  expect(p.explain(0).title).toBe('Here the turn is given away');
  expect(p.explainOrNull(1)).toBeNull();
});
