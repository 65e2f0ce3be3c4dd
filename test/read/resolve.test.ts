import ts from 'typescript';
import { expect, test } from 'vitest';
import { splitName, targets } from '../../server/src/read/packages.ts';
import { project } from './fixture.ts';

const MAIN = '/p/src/main.ts';

test.each([
  ['./a', 'src/a.ts'],
  ['./a.js', 'src/a.ts'],
  ['./a.ts', 'src/a.ts'],
  ['./view', 'src/view.tsx'],
  ['./view.js', 'src/view.tsx'],
  ['./view.jsx', 'src/view.tsx'],
  ['./m.mjs', 'src/m.mts'],
  ['./c.cjs', 'src/c.cts'],
  ['./plain', 'src/plain.js'],
  ['./plain.js', 'src/plain.js'],
  ['./user.service', 'src/user.service.ts'],
  ['./folder', 'src/folder/index.ts'],
  ['./folder/', 'src/folder/index.ts'],
  ['./folder/index.js', 'src/folder/index.ts'],
  ['.', 'src/index.ts'],
  ['..', 'index.ts'],
  ['../src/a', 'src/a.ts'],
  ['./typed', 'src/typed.js'],
  ['./a?worker&inline', 'src/a.ts'],
  ['worker-loader!./a', 'src/a.ts'],
  ['./data.json', null],
  ['./only-types', null],
  ['./nowhere', null],
  ['./a/b', null],
  ['', null],
  ['node:fs', null],
  ['fs', null],
  ['https://example.com/a.ts', null],
  ['data:text/javascript,1', null],
])('import %j finds %j', (specifier, expected) => {
  const { workspace } = project({
    'index.ts': '',
    'src/index.ts': '',
    'src/a.ts': '',
    'src/view.tsx': '',
    'src/m.mts': '',
    'src/c.cts': '',
    'src/plain.js': '',
    'src/user.service.ts': '',
    'src/folder/index.ts': '',
    'src/data.json': '{}',
    'src/only-types.d.ts': '',
    'src/typed.js': '',
    'src/typed.d.ts': '',
  });
  expect(workspace.resolve(specifier, MAIN)).toBe(expected === null ? null : `/p/${expected}`);
});

test('agrees with TypeScript wherever TypeScript finds a source', () => {
  const files: Record<string, string> = {
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        paths: {
          '@/*': ['./src/*'],
          '@/deep/*': ['./deep/*', './src/*'],
          exact: ['./src/a'],
          '*-suffix': ['./src/*'],
          'mid-*-dle': ['./src/*.ts'],
        },
      },
    }),
    'src/a.ts': '',
    'src/a.js': '',
    'src/b.js': '',
    'src/b/index.ts': '',
    'deep/d.ts': '',
    'src/only-src.ts': '',
    'src/folder/package.json': '{ "main": "entry.js" }',
    'src/folder/entry.ts': '',
    'src/typesfirst/package.json': '{ "types": "t.ts", "main": "m.js" }',
    'src/typesfirst/t.ts': '',
    'src/typesfirst/m.ts': '',
  };
  const { workspace } = project(files);
  const options = ts.parseJsonConfigFileContent(JSON.parse(files['tsconfig.json']!), ts.sys, '/p').options;
  const has = (file: string): boolean => file.startsWith('/p/') && files[file.slice(3)] !== undefined;
  const host: ts.ModuleResolutionHost = {
    fileExists: has,
    readFile: (file) => files[file.slice(3)],
    directoryExists: (folder) =>
      Object.keys(files).some((file) => `/p/${file}`.startsWith(`${folder.replace(/\/$/, '')}/`)),
  };
  const specifiers = [
    './a', './a.js', './b', './b/', '.', './folder/', './b.js', './folder', './typesfirst', '@/a', '@/b', '@/deep/d',
    '@/deep/only-src', '@/nothing', 'exact', 'a-suffix', 'mid-a-dle', 'mid-x-dle', '../deep/d', 'react',
  ]; // prettier-ignore
  for (const specifier of specifiers) {
    const theirs = ts.resolveModuleName(
      specifier,
      MAIN,
      {
        ...options,
        allowJs: true,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
      },
      host,
    ).resolvedModule?.resolvedFileName;
    expect([specifier, workspace.resolve(specifier, MAIN)]).toEqual([specifier, theirs ?? null]);
  }
});

test('baseUrl reaches what is not relative', () => {
  const { workspace } = project({
    'tsconfig.json': '{ "compilerOptions": { "baseUrl": "./src" } }',
    'src/util/u.ts': '',
  });
  expect(workspace.resolve('util/u', MAIN)).toBe('/p/src/util/u.ts');
  expect(workspace.resolve('util', MAIN)).toBeNull();
});

test('paths of an extended configuration are relative to where they stand', () => {
  const { workspace } = project({
    'packages/app/tsconfig.json': '{ "extends": "../../base.json" }',
    'base.json': '{ "compilerOptions": { "paths": { "#lib/*": ["./lib/*"] } } }',
    'lib/l.ts': '',
    'packages/app/a.ts': '',
  });
  expect(workspace.resolve('#lib/l', '/p/packages/app/a.ts')).toBe('/p/lib/l.ts');
});

test('in a solution the options of the project that includes the file hold', () => {
  const { workspace } = project({
    'tsconfig.json':
      '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }, { "path": "./tsconfig.worker.json" }] }',
    'tsconfig.app.json':
      '{ "compilerOptions": { "paths": { "~/*": ["./app/*"] } }, "include": ["app", "src/main.ts"] }',
    'tsconfig.worker.json':
      '{ "compilerOptions": { "paths": { "~/*": ["./worker/*"] } }, "include": ["src/worker.ts"] }',
    'app/x.ts': '',
    'worker/x.ts': '',
    'src/main.ts': '',
    'src/worker.ts': '',
  });
  expect(workspace.resolve('~/x', '/p/src/main.ts')).toBe('/p/app/x.ts');
  expect(workspace.resolve('~/x', '/p/src/worker.ts')).toBe('/p/worker/x.ts');
});

const MONOREPO = {
  '.gitignore': 'dist',
  'package.json': '{ "name": "root", "workspaces": ["packages/*"] }',
  'packages/app/package.json':
    '{ "name": "@x/app", "imports": { "#own/*": "./dist/own/*.js", "#util": "@x/util" } }',
  'packages/app/main.ts': '',
  'packages/app/src/own/o.ts': '',
  'packages/util/package.json': JSON.stringify({
    name: '@x/util',
    exports: {
      '.': { types: './dist/index.d.ts', import: './dist/esm/index.js', default: './dist/index.cjs' },
      './sub': './dist/sub.js',
      './feature/*': './dist/features/*.js',
      './feature/private/*': null,
      './raw.ts': './src/raw.ts',
    },
  }),
  'packages/util/src/index.ts': '',
  'packages/util/src/sub.ts': '',
  'packages/util/src/features/f.ts': '',
  'packages/util/src/features/private/g.ts': '',
  'packages/util/src/raw.ts': '',
  'packages/util/src/hidden.ts': '',
  'packages/old/package.json': '{ "name": "old", "main": "./lib/main.js" }',
  'packages/old/lib/main.js': '',
  'packages/old/src/main.ts': '',
  'packages/old/other.js': '',
  'packages/bare/package.json': '{ "name": "bare" }',
  'packages/bare/src/index.ts': '',
};

test.each([
  ['@x/util', 'packages/util/src/index.ts'],
  ['@x/util/sub', 'packages/util/src/sub.ts'],
  ['@x/util/feature/f', 'packages/util/src/features/f.ts'],
  ['@x/util/feature/private/g', null],
  ['@x/util/raw.ts', 'packages/util/src/raw.ts'],
  ['@x/util/hidden', null],
  ['@x/util/nothing', null],
  // Kept in git: `lib` is where its sources are.
  ['old', 'packages/old/lib/main.js'],
  ['old/other', 'packages/old/other.js'],
  ['old/other.js', 'packages/old/other.js'],
  ['bare', 'packages/bare/src/index.ts'],
  ['#own/o', 'packages/app/src/own/o.ts'],
  ['#util', 'packages/util/src/index.ts'],
  ['#nothing', null],
  ['react', null],
  ['@x', null],
])('in a monorepo whose packages are not built, %s is %s', (specifier, expected) => {
  const { workspace } = project(MONOREPO);
  expect(workspace.resolve(specifier, '/p/packages/app/main.ts')).toBe(
    expected === null ? null : `/p/${expected}`,
  );
});

test('built files and their declarations lead back to their sources', () => {
  const { workspace } = project({
    ...MONOREPO,
    'packages/util/dist/index.d.ts': '',
    'packages/util/dist/esm/index.js': '',
    'packages/util/dist/sub.js': '',
  });
  expect(workspace.resolve('@x/util', '/p/packages/app/main.ts')).toBe('/p/packages/util/src/index.ts');
  expect(workspace.resolve('@x/util/sub', '/p/packages/app/main.ts')).toBe('/p/packages/util/src/sub.ts');
});

test('outDir and rootDir say where a built file comes from', () => {
  const { workspace } = project({
    'packages/u/package.json': '{ "name": "u", "main": "./compiled/js/main.js" }',
    'packages/u/tsconfig.json': '{ "compilerOptions": { "outDir": "compiled/js", "rootDir": "code" } }',
    'packages/u/code/main.ts': '',
    'a.ts': '',
  });
  expect(workspace.resolve('u', '/p/a.ts')).toBe('/p/packages/u/code/main.ts');
});

test('an installed package is outside, even where one of the same name lies in a fixture', () => {
  const { workspace } = project({
    'node_modules/react/index.js': '',
    'test/fixtures/react/package.json': '{ "name": "react" }',
    'test/fixtures/react/index.js': '',
    'a.ts': '',
  });
  expect(workspace.resolve('react', '/p/a.ts')).toBeNull();
});

test.each([
  ['./w.js', 'src/w.ts'],
  ['w.js', 'src/w.ts'],
  ['./w.ts', 'src/w.ts'],
  ['./w.js?url', 'src/w.ts'],
  ['file:///p/src/w.ts', 'src/w.ts'],
  ['/p/src/w.js', 'src/w.ts'],
  ['../pool/p.mjs', 'pool/p.mts'],
  // Against the working directory, as Node does.
  ['./src/w.js', 'src/w.ts'],
  ['./pool/p.mjs', 'pool/p.mts'],
  ['./dist/w.js', 'src/w.ts'],
  // Served from the root of a page.
  ['/static-worker.js', 'public/static-worker.js'],
  ['/src/w.js', 'src/w.ts'],
  ['lib/worker.js', 'packages/lib/worker.ts'],
  ['./nowhere.js', null],
  ['nowhere.js', null],
  ['', null],
  ['https://example.com/w.js', null],
  ['blob:abc', null],
])('a worker at %j is %j', (path, expected) => {
  const { workspace } = project({
    'package.json': '{}',
    'src/main.ts': '',
    'src/w.ts': '',
    'pool/p.mts': '',
    'public/static-worker.js': '',
    'packages/lib/package.json': '{ "name": "lib" }',
    'packages/lib/worker.ts': '',
  });
  expect(workspace.resolvePath(path, MAIN)).toBe(expected === null ? null : `/p/${expected}`);
});

test('a file URL with escapes, and one with a drive letter', () => {
  const { workspace } = project({ 'a b.ts': '' });
  expect(workspace.resolvePath('file:///p/a%20b.js', MAIN)).toBe('/p/a b.ts');
  expect(workspace.resolvePath('file:///p/%zz.js', MAIN)).toBeNull();
  const windows = project({ 'c:/w/x.ts': '' }, { roots: ['c:/w'] });
  windows.workspace.apply({ opened: [{ file: 'c:/w/x.ts', text: '' }] });
  expect(windows.workspace.resolvePath('file:///C:/w/x.js', 'c:/w/main.ts')).toBe('c:/w/x.ts');
});

test('the package of the file counts before the workspace', () => {
  const { workspace } = project({
    'worker.ts': '',
    'packages/a/package.json': '{}',
    'packages/a/worker.ts': '',
    'packages/a/src/deep/main.ts': '',
    'packages/b/src/main.ts': '',
  });
  expect(workspace.resolvePath('./worker.js', '/p/packages/a/src/deep/main.ts')).toBe(
    '/p/packages/a/worker.ts',
  );
  expect(workspace.resolvePath('./worker.js', '/p/packages/b/src/main.ts')).toBe('/p/worker.ts');
});

test('answers follow files that come and go, on disk or in the editor', () => {
  const { disk, workspace } = project({ 'a.ts': '' });
  const answer = (): string | null => workspace.resolve('./b', '/p/a.ts');
  expect(answer()).toBeNull();
  workspace.apply({ opened: [{ file: '/p/b.js', text: '' }] });
  expect(answer()).toBe('/p/b.js');
  disk.write('/p/b.ts', '');
  workspace.apply({ onDisk: ['/p/b.ts'] });
  expect(answer()).toBe('/p/b.ts');
  disk.remove('/p/b.ts');
  workspace.apply({ onDisk: ['/p/b.ts'], closed: ['/p/b.js'] });
  expect(answer()).toBeNull();
});

test('answers follow package.json', () => {
  const { disk, workspace } = project({
    'lib/package.json': '{ "name": "one" }',
    'lib/index.ts': '',
    'a.ts': '',
  });
  expect(workspace.resolve('one', '/p/a.ts')).toBe('/p/lib/index.ts');
  disk.write('/p/lib/package.json', '{ "name": "two" }');
  workspace.apply({ onDisk: ['/p/lib/package.json'] });
  expect(workspace.resolve('one', '/p/a.ts')).toBeNull();
  expect(workspace.resolve('two', '/p/a.ts')).toBe('/p/lib/index.ts');
});

test('a broken or strange package.json is no package', () => {
  for (const text of ['{', '[]', '3', '{ "name": 3, "main": {}, "exports": 7 }', '']) {
    const { workspace } = project({ 'lib/package.json': text, 'lib/index.ts': '', 'a.ts': '' });
    expect(workspace.resolve('lib', '/p/a.ts')).toBeNull();
    expect(workspace.resolve('./lib', '/p/a.ts')).toBe('/p/lib/index.ts');
  }
});

test('exports may not lead out of the package', () => {
  const { workspace } = project({
    'lib/package.json': '{ "name": "lib", "exports": "../secret.ts" }',
    'secret.ts': '',
    'a.ts': '',
  });
  expect(workspace.resolve('lib', '/p/a.ts')).toBeNull();
});

test('import cycles are no matter: each answer stands alone', () => {
  const { workspace } = project({ 'a.ts': "import './b';", 'b.ts': "import './a';" });
  expect(workspace.resolve('./b', '/p/a.ts')).toBe('/p/b.ts');
  expect(workspace.resolve('./a', '/p/b.ts')).toBe('/p/a.ts');
});

test('the longest pattern of exports wins, and null closes a subpath', () => {
  const map = {
    './*': './x/*.js',
    './a/*': './y/*.js',
    './a/b/*': null,
    './e': { import: ['./1.js', './2.js'] },
  };
  expect(targets(map, './q')).toEqual(['./x/q.js']);
  expect(targets(map, './a/q')).toEqual(['./y/q.js']);
  expect(targets(map, './a/b/q')).toEqual([]);
  expect(targets(Object.fromEntries(Object.entries(map).reverse()), './a/q')).toEqual(['./y/q.js']);
  expect(targets(map, './e')).toEqual(['./1.js', './2.js']);
  expect(targets('./main.js', '.')).toEqual(['./main.js']);
  expect(targets({ import: './m.js', require: './c.js' }, '.')).toEqual(['./m.js', './c.js']);
  expect(targets('./main.js', './sub')).toEqual([]);
});

test.each([
  ['a', { name: 'a', subpath: '.' }],
  ['a/b/c', { name: 'a', subpath: './b/c' }],
  ['@s/a', { name: '@s/a', subpath: '.' }],
  ['@s/a/b', { name: '@s/a', subpath: './b' }],
  ['@s', null],
  ['.hidden', null],
])('splits %s', (specifier, expected) => {
  expect(splitName(specifier)).toEqual(expected);
});
