import { beforeAll, expect, test } from 'vitest';
import type { DiskWorkspace, ReceiverKind, WorkspaceOptions } from '../../server/src/read/workspace.ts';
import { project } from './fixture.ts';

/** The kinds of what stands between `‹` and `›`, in order; the marks are no part of the text. */
function marked(text: string): { readonly text: string; readonly spans: { start: number; end: number }[] } {
  const spans: { start: number; end: number }[] = [];
  let plain = '';
  for (const part of text.split(/([‹›])/)) {
    if (part === '‹') spans.push({ start: plain.length, end: -1 });
    else if (part === '›') spans.at(-1)!.end = plain.length;
    else plain += part;
  }
  return { text: plain, spans };
}

/** Without the libraries of the browser, which take most of the time. */
const LEAN = { 'tsconfig.json': '{ "compilerOptions": { "lib": ["es2022"] } }' };

function kinds(
  text: string,
  files: Readonly<Record<string, string>> = {},
  options: Partial<WorkspaceOptions> = {},
): readonly ReceiverKind[] {
  const { text: plain, spans } = marked(text);
  const { workspace } = project({ 'main.ts': plain, ...LEAN, ...files }, options);
  return workspace.kindsOf('/p/main.ts', spans);
}

const CASES: readonly (readonly [string, ReceiverKind])[] = [
  ['declare const x: number[]; ‹x›', 'array'],
  ['declare const x: readonly string[]; ‹x›', 'array'],
  ['declare const x: [number, string]; ‹x›', 'array'],
  ['declare const x: { list: number[] }; ‹x.list›', 'array'],
  ['declare const x: { list?: number[] }; ‹x.list›!', 'array'],
  ['declare function f(): string[]; ‹f()›', 'array'],
  ['declare const x: number[] & { brand: 1 }; ‹x›', 'array'],
  ['class Stack extends Array<number> {} ; ‹new Stack()›', 'array'],
  ['interface List<T> extends ReadonlyArray<T> {} declare const x: List<1>; ‹x›', 'array'],
  ['function f<T extends unknown[]>(x: T) { ‹x› }', 'array'],
  ['document.‹x›; ‹document.querySelectorAll("a")›', 'array'],
  ['‹new Int32Array(1)›', 'typed-array'],
  ['declare const x: BigInt64Array<SharedArrayBuffer>; ‹x›', 'typed-array'],
  ['declare const x: Uint8Array | Int8Array; ‹x›', 'typed-array'],
  ['‹new Map<string, number>()›', 'map-or-set'],
  ['declare const x: ReadonlySet<1>; ‹x›', 'map-or-set'],
  ['declare const x: Map<1, 2> | undefined; ‹x›', 'map-or-set'],
  ['declare const x: Map<1, 2> | Set<3>; ‹x›', 'map-or-set'],
  ['class A extends Map<1, 2> {} class B extends Map<1, 2> {} declare const x: A | B; ‹x›', 'map-or-set'],
  ['class Table<K, V> extends Map<K, V> {} ; ‹new Table<1, 2>()›', 'map-or-set'],
  ['declare const x: Map<1, 2>; ‹x.values()›', 'iterator'],
  ['function* g() { yield 1; } ‹g()›', 'iterator'],
  ['declare const x: Iterable<1>; ‹x›', 'iterator'],
  ['‹[1].values().map((x) => x)›', 'iterator'],
  ['declare const x: string; ‹x›', 'string'],
  ['declare const x: "a" | "b"; ‹x›', 'string'],
  ['declare const x: `a${number}`; ‹x›', 'string'],
  ['‹Promise.resolve(1)›', 'promise'],
  ['async function f() {} ‹f()›', 'promise'],
  ['declare const x: PromiseLike<1>; ‹x›', 'promise'],
  ['declare const x: { then(done: () => void): void }; ‹x›', 'promise'],
  ['declare const x: { then: number }; ‹x›', 'other'],
  ['declare const x: { map(f: () => void): void }; ‹x›', 'other'],
  ['class Map { forEach() {} } export {}; ‹new Map()›', 'other'],
  ['namespace own { export class Promise {} } ‹new own.Promise()›', 'other'],
  ['declare const x: number; ‹x›', 'other'],
  ['class Self { self!: Self } ‹new Self().self›', 'other'],
  ['declare const x: any; ‹x›', 'unknown'],
  ['declare const x: unknown; ‹x›', 'unknown'],
  ['declare const x: never; ‹x›', 'unknown'],
  ['declare const x: number[] | Map<1, 2>; ‹x›', 'unknown'],
  ['declare const x: undefined; ‹x›', 'unknown'],
  ['function f<T>(x: T) { ‹x› }', 'unknown'],
  ['import { x } from "nowhere"; ‹x›', 'unknown'],
  ['‹missing›', 'unknown'],
  ['let x = ; ‹x›.‹›', 'unknown'],
];

// One workspace for the table, so that the libraries are read once.
let shared: DiskWorkspace;
beforeAll(() => {
  ({ workspace: shared } = project({ 'tsconfig.json': '{ "compilerOptions": { "strict": true } }' }));
  shared.apply({
    opened: CASES.map(([text], index) => ({ file: `/p/${index}.ts`, text: marked(text).text })),
  });
});

test.each(CASES.map(([text, expected], index) => [text, expected, index] as const))(
  '%s is %s',
  (text, expected, index) => {
    expect(shared.kindsOf(`/p/${index}.ts`, marked(text).spans).at(-1)).toBe(expected);
  },
);

test('types come from imports, plain JavaScript and JSDoc included', () => {
  const files = {
    'a.ts': 'export const list = [1]; export { table } from "./b.js";',
    'b.js': '/** @type {Map<string, number>} */ export const table = make();\nexport const words = ["a"];',
  };
  expect(
    kinds(
      'import { list, table } from "./a"; import { words } from "./b.js"; ‹list›; ‹table›; ‹words›',
      files,
    ),
  ).toEqual(['array', 'map-or-set', 'array']);
});

test('types come from packages and from the ambient declarations of the project', () => {
  const files = {
    'globals.d.ts': 'declare const ambient: Set<number>;',
    'node_modules/pkg/package.json': '{ "name": "pkg", "types": "t.d.ts" }',
    'node_modules/pkg/t.d.ts': 'export declare const queue: Promise<void>;',
  };
  expect(kinds('import { queue } from "pkg"; ‹queue›; ‹ambient›', files)).toEqual(['promise', 'map-or-set']);
});

test('ambient declarations count from the moment that they are there', () => {
  const { text, spans } = marked('‹ambient›');
  const { disk, workspace } = project({ ...LEAN, 'main.ts': text });
  expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['unknown']);
  disk.write('/p/globals.d.ts', 'declare const ambient: string;');
  workspace.apply({ onDisk: ['/p/globals.d.ts'] });
  expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['string']);
});

test('a span that is no expression is unknown', () => {
  const { workspace } = project({ ...LEAN, 'main.ts': 'const list = [1];' });
  const spans = [
    { start: 0, end: 5 },
    { start: 6, end: 9 },
    { start: -5, end: 900 },
    { start: 9, end: 2 },
  ];
  expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
});

test('answers follow the editor, in the file and in what it imports, and the disk', () => {
  const { text, spans } = marked('import { x } from "./a"; ‹x›');
  const { disk, workspace } = project({ ...LEAN, 'main.ts': text, 'a.ts': 'export const x = [1];' });
  const kind = (): unknown => workspace.kindsOf('/p/main.ts', spans)[0];
  expect(kind()).toBe('array');
  workspace.apply({ opened: [{ file: '/p/a.ts', text: 'export const x = new Map();' }] });
  expect(kind()).toBe('map-or-set');
  workspace.apply({ closed: ['/p/a.ts'] });
  expect(kind()).toBe('array');
  disk.write('/p/a.ts', 'export const x = "text";');
  workspace.apply({ onDisk: ['/p/a.ts'] });
  expect(kind()).toBe('string');
  disk.remove('/p/a.ts');
  workspace.apply({ onDisk: ['/p/a.ts'] });
  expect(kind()).toBe('unknown');
});

test('answers follow files that appear and configuration that changes', () => {
  const { text, spans } = marked(
    'import { x } from "./a"; declare const y: { list?: number[] | string }; ‹x›; ‹y.list›',
  );
  const { disk, workspace } = project({ 'main.ts': text, 'tsconfig.json': '{}' });
  const answer = (): unknown => workspace.kindsOf('/p/main.ts', spans);
  expect(answer()).toEqual(['unknown', 'unknown']);
  disk.write('/p/a.ts', 'export const x = new Set([1]);');
  workspace.apply({ onDisk: ['/p/a.ts'] });
  expect(answer()).toEqual(['map-or-set', 'unknown']);
  // Without `dom` a NodeList is nobody's.
  disk.write('/p/a.ts', 'export declare const x: NodeList;');
  workspace.apply({ onDisk: ['/p/a.ts'] });
  expect(answer()).toEqual(['array', 'unknown']);
  disk.write('/p/tsconfig.json', '{ "compilerOptions": { "lib": ["es2022"] } }');
  workspace.apply({ onDisk: ['/p/tsconfig.json'] });
  expect(answer()).toEqual(['unknown', 'unknown']);
});

test('a file that is nowhere and a text that is on no disk', () => {
  const { workspace } = project(LEAN);
  expect(workspace.kindsOf('/p/gone.ts', [{ start: 0, end: 1 }])).toEqual(['unknown']);
  expect(workspace.kindsOf('/p/gone.ts', [])).toEqual([]);
  const { text, spans } = marked('const list = [1]; ‹list›');
  workspace.apply({ opened: [{ file: '/p/new.ts', text }] });
  expect(workspace.kindsOf('/p/new.ts', spans)).toEqual(['array']);
});

test('a reader that no longer waits gets nothing, and the next one everything', () => {
  const { text, spans } = marked('const list = [1]; ‹list›; ‹list›');
  const { workspace } = project({ ...LEAN, 'main.ts': text });
  expect(workspace.kindsOf('/p/main.ts', spans, () => true)).toEqual(['unknown', 'unknown']);
  // Wherever it is cancelled, the checker stays of use.
  for (const patience of [1, 2, 3, 5, 20]) {
    let asked = 0;
    const answer = workspace.kindsOf('/p/main.ts', spans, () => ++asked > patience);
    expect(answer).toHaveLength(2);
    expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['array', 'array']);
  }
});

test('a program that is too large is not made, and that is said once', () => {
  const { text, spans } = marked('const list = [1]; ‹list›');
  const { workspace, logged } = project({ 'main.ts': text, 'b.ts': text }, { maxProgramFiles: 5 });
  expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['unknown']);
  expect(workspace.kindsOf('/p/b.ts', spans)).toEqual(['unknown']);
  expect(logged).toEqual([expect.stringMatching(/more than 5 files/)]);
});

test("without TypeScript's libraries types are unknown, and nothing breaks", () => {
  expect(kinds('const list = new Map(); ‹list›; ‹"text"›', {}, { libDir: '/nowhere' })).toEqual([
    'unknown',
    'string',
  ]);
});

test('asked file by file, every file gets its answer, whether the program held it before or not', () => {
  const { text, spans } = marked('const list = [1]; ‹list›');
  const sources = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}.ts`, text]));
  const { workspace } = project({ ...LEAN, ...sources, 'other/tsconfig.json': '{}', 'other/o.ts': text });
  for (const file of [...workspace.files(), '/p/other/o.ts'])
    expect([file, workspace.kindsOf(file, spans)]).toEqual([file, ['array']]);
});

test('what was given back is made anew', () => {
  const { text, spans } = marked('const list = [1]; ‹list›');
  const { workspace } = project({ ...LEAN, 'main.ts': text });
  expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['array']);
  workspace.release();
  workspace.release();
  expect(workspace.kindsOf('/p/main.ts', spans)).toEqual(['array']);
});

test('the options of the project hold: without `strict`, undefined is no part of a type', () => {
  const text = 'declare const x: { list?: number[] }; ‹x.list›';
  expect(
    kinds(text, { 'tsconfig.json': '{ "compilerOptions": { "strict": false, "lib": ["es2015"] } }' }),
  ).toEqual(['array']);
});
