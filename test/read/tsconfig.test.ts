import { expect, test } from 'vitest';
import { names, project } from './fixture.ts';

test('options of TypeScript 7, unknown and wrong ones never surface', () => {
  const { workspace, logged } = project({
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2026',
        lib: ['es2026', 'dom'],
        module: 'node26',
        moduleResolution: 'tomorrow',
        contentMappers: ['vue'],
        strict: 'yes',
        paths: { '@/*': ['./src/*'] },
        baseUrl: 7,
        plugins: [{ name: 'nope' }],
        unheardOf: { a: 1 },
      },
      include: ['src'],
      extends: '@tsconfig/not-installed/tsconfig.json',
    }),
    'src/a.ts': 'const list = [1];',
    'src/b.ts': '',
  });
  expect(names(workspace)).toEqual(['src/a.ts', 'src/b.ts']);
  expect(workspace.resolve('@/b', '/p/src/a.ts')).toBe('/p/src/b.ts');
  expect(workspace.kindsOf('/p/src/a.ts', [{ start: 6, end: 10 }])).toEqual(['array']);
  expect(workspace.problems()).toEqual([]);
  expect(logged).toEqual([]);
});

test('a broken tsconfig.json is named with the place, and everything below it is looked at', () => {
  const text = '{\n  "include": ["src"]\n  "exclude": []\n}';
  const { workspace } = project({ 'tsconfig.json': text, 'src/a.ts': '', 'other/b.ts': '' });
  expect(names(workspace)).toEqual(['other/b.ts', 'src/a.ts']);
  const start = text.indexOf('"exclude"');
  expect(workspace.problems()).toEqual([
    {
      about: 'tsconfig',
      file: '/p/tsconfig.json',
      span: { file: '/p/tsconfig.json', start, end: start + '"exclude"'.length },
      message:
        "this is not valid JSON: ',' expected. Mend it here; until then every JavaScript and TypeScript file below the folder is looked at",
    },
  ]);
});

test.each([
  '',
  '{ "include": 3, "files": "x", "references": [1] }',
  '// only a comment',
  '{ "compilerOptions": { // why\n "strict": true, }, }',
])('a tsconfig.json of %j does no harm', (text) => {
  const { workspace } = project({ 'tsconfig.json': text, 'a.ts': '' });
  expect(names(workspace)).toEqual(['a.ts']);
  expect(workspace.problems()).toEqual([]);
});

test.each(['[]', 'null', '"text"'])('a tsconfig.json of %s cannot be followed', (text) => {
  const { workspace } = project({ 'tsconfig.json': text, 'a.ts': '' });
  expect(names(workspace)).toEqual(['a.ts']);
  expect(workspace.problems().map(({ message }) => message)).toEqual([
    expect.stringMatching(/^this cannot be followed: .* must be an object/),
  ]);
});

test('mending it takes the problem away', () => {
  const { disk, workspace } = project({ 'tsconfig.json': '{', 'a.ts': '', 'b.ts': '' });
  expect(workspace.problems()).toHaveLength(1);
  disk.write('/p/tsconfig.json', '{ "files": ["a.ts"], "include": ["a.ts"] }');
  workspace.apply({ onDisk: ['/p/tsconfig.json'] });
  expect(workspace.problems()).toEqual([]);
  expect(names(workspace)).toEqual(['a.ts']);
});

test('broken JSON in an extended configuration is named in that file', () => {
  const { workspace } = project({
    'tsconfig.json': '{ "extends": "./base.json" }',
    'base.json': '{ "compilerOptions": { "strict": } }',
    'a.ts': '',
  });
  expect(names(workspace)).toEqual(['a.ts']);
  expect(workspace.problems().map(({ about, file, span }) => [about, file, span?.start])).toEqual([
    ['tsconfig', '/p/base.json', '{ "compilerOptions": { "strict": '.length],
  ]);
});

test('a configuration that extends itself ends', () => {
  const { workspace } = project({ 'tsconfig.json': '{ "extends": "./tsconfig.json" }', 'a.ts': '' });
  expect(names(workspace)).toEqual(['a.ts']);
});

test('text that is not UTF-8 in tsconfig.json counts as none and is named', () => {
  const { workspace } = project({ 'tsconfig.json': Uint8Array.from([0x7b, 0xe9, 0x7d]), 'a.ts': '' });
  expect(names(workspace)).toEqual(['a.ts']);
  expect(workspace.problems().map(({ file }) => file)).toEqual(['/p/tsconfig.json']);
});
