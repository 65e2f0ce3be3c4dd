import { expect, test } from 'vitest';
import { names, project } from './fixture.ts';

test('without a tsconfig.json, every source below the root', () => {
  const { workspace } = project({
    'a.ts': '',
    'b.tsx': '',
    'c.mts': '',
    'd.cts': '',
    'e.js': '',
    'f.jsx': '',
    'g.mjs': '',
    'h.cjs': '',
    'src/deep/i.ts': '',
    'types.d.ts': '',
    'app.min.js': '',
    'data.json': '{}',
    'notes.md': '',
    'node_modules/m/index.js': '',
    'src/node_modules/m/index.js': '',
    '.cache/x.js': '',
    '/elsewhere/y.ts': '',
  });
  const expected = ['a.ts', 'b.tsx', 'c.mts', 'd.cts', 'e.js', 'f.jsx', 'g.mjs', 'h.cjs', 'src/deep/i.ts'];
  expect(names(workspace)).toEqual(expected);
  expect(workspace.problems()).toEqual([]);
});

test('an empty workspace, an empty file and a root that is not there are no problem', () => {
  expect(names(project({}).workspace)).toEqual([]);
  expect(project({}).workspace.problems()).toEqual([]);
  const { workspace } = project({ 'empty.ts': '' });
  expect(names(workspace)).toEqual(['empty.ts']);
  expect(workspace.text('/p/empty.ts')).toBe('');
});

test('what git ignores is left out, nested .gitignore files and exceptions included', () => {
  const { workspace } = project({
    '.gitignore': 'dist/\n*.gen.ts\n/only-top.js\n',
    'dist/a.js': '',
    'pkg/dist/b.js': '',
    'x.gen.ts': '',
    'only-top.js': '',
    'pkg/only-top.js': '',
    'pkg/.gitignore': '!keep.gen.ts\n/local.js\n',
    'pkg/keep.gen.ts': '',
    'pkg/drop.gen.ts': '',
    'pkg/local.js': '',
    'pkg/deep/local.js': '',
  });
  expect(names(workspace)).toEqual(['pkg/deep/local.js', 'pkg/keep.gen.ts', 'pkg/only-top.js']);
});

test('a .gitignore above the root holds up to the top of the repository and no further', () => {
  const files = { 'a.ts': '', 'b.gen.ts': '' };
  const inside = project({ ...files, '/.gitignore': '*.gen.ts', '/.git/HEAD': '' });
  expect(names(inside.workspace)).toEqual(['a.ts']);
  const outside = project({ ...files, '/.gitignore': '*.gen.ts', '.git/HEAD': '' });
  expect(names(outside.workspace)).toEqual(['a.ts', 'b.gen.ts']);
});

test('what the compiler wrote beside its source is no source', () => {
  const { workspace } = project({
    'a.ts': '',
    'a.js': '',
    'b.mts': '',
    'b.mjs': '',
    'c.tsx': '',
    'c.js': '',
    'd.js': '',
  });
  expect(names(workspace)).toEqual(['a.ts', 'b.mts', 'c.tsx', 'd.js']);
});

test('with a tsconfig.json, its files and the JavaScript beside them, but not what it builds or excludes', () => {
  const { workspace } = project({
    'tsconfig.json': '{ "compilerOptions": { "outDir": "out" }, "include": ["src"], "exclude": ["src/old"] }',
    'src/main.ts': '',
    'src/old/x.ts': '',
    'src/old/x.js': '',
    'scripts/build.ts': '',
    'workers/w.js': '',
    'out/main.js': '',
  });
  expect(names(workspace)).toEqual(['src/main.ts', 'workers/w.js']);
});

test('a tsconfig.json with `files` alone stands for its whole folder: workers are not imported', () => {
  const { workspace } = project({
    'tsconfig.json': '{ "files": ["src/main.ts"] }',
    'src/main.ts': '',
    'src/worker.ts': '',
  });
  expect(names(workspace)).toEqual(['src/main.ts', 'src/worker.ts']);
});

test('a solution stands for the projects that it references, those that reference each other included', () => {
  const { workspace } = project({
    'tsconfig.json':
      '{ "files": [], "references": [{ "path": "./app" }, { "path": "./tsconfig.tools.json" }] }',
    'tsconfig.tools.json': '{ "include": ["tools"] }',
    'app/tsconfig.json': '{ "references": [{ "path": "../lib" }] }',
    'lib/tsconfig.json': '{ "references": [{ "path": "../app" }], "include": ["src"] }',
    'app/a.ts': '',
    'lib/src/l.ts': '',
    'lib/test/t.ts': '',
    'tools/t.ts': '',
    'other/o.ts': '',
  });
  expect(names(workspace)).toEqual(['app/a.ts', 'lib/src/l.ts', 'tools/t.ts']);
});

test('a tsconfig.json that matches nothing leaves the choice to us', () => {
  const base = project({ 'tsconfig.json': '{ "files": [] }', 'src/a.ts': '', 'b.js': '' });
  expect(names(base.workspace)).toEqual(['b.js', 'src/a.ts']);
  const gone = project({ 'tsconfig.json': '{ "include": ["nowhere"] }', 'src/a.ts': '' });
  expect(names(gone.workspace)).toEqual(['src/a.ts']);
});

test('include may name a folder that begins with a dot or lies outside the root', () => {
  const { workspace } = project({
    'tsconfig.json': '{ "include": ["src", ".tools/**/*", "../shared"] }',
    'src/a.ts': '',
    '.tools/t.ts': '',
    '/shared/s.ts': '',
    '/unshared/u.ts': '',
  });
  expect(names(workspace)).toEqual(['.tools/t.ts', 'src/a.ts', '/shared/s.ts']);
});

test('a jsconfig.json counts, and a tsconfig.json beside it counts more', () => {
  const files = { 'src/a.js': '', 'src/b.ts': '', 'other/c.js': '' };
  const js = project({ ...files, 'jsconfig.json': '{ "include": ["src"], "exclude": ["other"] }' });
  expect(names(js.workspace)).toEqual(['src/a.js', 'src/b.ts']);
  const both = project({
    ...files,
    'jsconfig.json': '{ "include": ["src"], "exclude": ["other"] }',
    'tsconfig.json': '{ "include": ["src"] }',
  });
  expect(names(both.workspace)).toEqual(['other/c.js', 'src/a.js', 'src/b.ts']);
});

test('from a folder below it, a tsconfig.json speaks for the files of that folder', () => {
  const { workspace } = project(
    {
      'tsconfig.json': '{ "files": ["test/t.ts"], "include": ["src"], "exclude": ["src/x"] }',
      'src/a.ts': '',
      'src/x/b.ts': '',
      'test/t.ts': '',
    },
    { roots: ['/p/src'] },
  );
  expect(names(workspace)).toEqual(['src/a.ts']);
});

test('each root has its own configuration, and what two roots share appears once', () => {
  const { workspace } = project(
    { 'a/tsconfig.json': '{ "include": ["src"] }', 'a/src/x.ts': '', 'a/y.ts': '', 'b/z.ts': '' },
    { roots: ['/p/a', '/p/b', '/p/a/src'] },
  );
  expect(names(workspace)).toEqual(['a/src/x.ts', 'b/z.ts']);
});

test('paths that the caller names decide alone, whatever ignores or configures them away', () => {
  const files = {
    'tsconfig.json': '{ "include": ["src"] }',
    '.gitignore': 'dist',
    'src/a.ts': '',
    'other/b.ts': '',
    'other/node_modules/m/i.js': '',
    'dist/lib.min.js': '',
    'dist/c.js': '',
  };
  const only = (...paths: string[]): string[] => names(project(files, { only: paths }).workspace);
  expect(only('/p/other')).toEqual(['other/b.ts']);
  expect(only('/p/dist/lib.min.js', '/p/src')).toEqual(['dist/lib.min.js', 'src/a.ts']);
  expect(only('/p/*/*.ts')).toEqual(['other/b.ts', 'src/a.ts']);
});

test('paths that name nothing are reported with the mend', () => {
  const only = ['/p/nope.ts', '/p/no*.ts', '/p/readme.md', '/p/t.d.ts'];
  const { workspace } = project({ 'a.ts': '', 'readme.md': '', 't.d.ts': '' }, { only });
  expect(names(workspace)).toEqual([]);
  expect(workspace.problems().map(({ about, file, message }) => [about, file, message])).toEqual([
    ['path', '/p/no*.ts', 'no JavaScript or TypeScript file matches: check the pattern'],
    ['path', '/p/nope.ts', 'no such file or folder: check the path'],
    [
      'path',
      '/p/readme.md',
      'not a JavaScript or TypeScript file: name a file that ends in .js, .ts, .jsx, .tsx, .mjs, .mts, .cjs or .cts',
    ],
    ['path', '/p/t.d.ts', 'a declaration file holds no code that runs: name the source instead'],
  ]);
});

test('an opened file belongs, wherever it is, unless it is a declaration or a package', () => {
  const { workspace } = project({
    '.gitignore': 'gen',
    'a.ts': '',
    'gen/g.ts': 'let g;',
    'node_modules/m/i.js': '',
    '/other/o.ts': '',
  });
  const opened = [
    '/p/gen/g.ts',
    '/p/node_modules/m/i.js',
    '/p/t.d.ts',
    '/other/o.ts',
    'untitled:Untitled-1',
    '/p/styles.css',
  ].map((file) => ({ file, text: 'let typed;' }));
  expect(names(workspace)).toEqual(['a.ts']);
  workspace.apply({ opened });
  expect(names(workspace)).toEqual(['/other/o.ts', 'a.ts', 'gen/g.ts', 'untitled:Untitled-1']);
  expect(workspace.text('untitled:Untitled-1')).toBe('let typed;');
  workspace.apply({ closed: opened.map(({ file }) => file) });
  expect(names(workspace)).toEqual(['a.ts']);
  expect(workspace.text('untitled:Untitled-1')).toBeNull();
});

test('an opened file brings the project of the nearest tsconfig.json, as in an editor', () => {
  const { workspace } = project({
    'tsconfig.json': '{ "include": ["scripts"] }',
    'scripts/s.ts': '',
    'packages/a/tsconfig.json': '{ "include": ["src"] }',
    'packages/a/src/main.ts': '',
    'packages/a/src/worker.ts': '',
    'packages/a/test/t.ts': '',
    'packages/b/b.ts': '',
  });
  expect(names(workspace)).toEqual(['scripts/s.ts']);
  workspace.apply({ opened: [{ file: '/p/packages/a/src/main.ts', text: '' }] });
  expect(names(workspace)).toEqual(['packages/a/src/main.ts', 'packages/a/src/worker.ts', 'scripts/s.ts']);
});

test('a change of .gitignore or tsconfig.json chooses anew; one of a source does not', () => {
  const { disk, workspace } = project({ 'a.ts': '', 'gen/b.ts': '', 'c.ts': '' });
  const before = workspace.files();
  disk.write('/p/a.ts', 'let a;');
  workspace.apply({ onDisk: ['/p/a.ts'] });
  expect(workspace.files()).toBe(before);
  expect(workspace.text('/p/a.ts')).toBe('let a;');
  disk.write('/p/.gitignore', 'gen');
  workspace.apply({ onDisk: ['/p/.gitignore'] });
  expect(names(workspace)).toEqual(['a.ts', 'c.ts']);
  disk.write('/p/tsconfig.json', '{ "include": ["a.ts"] }');
  workspace.apply({ onDisk: ['/p/tsconfig.json'] });
  expect(names(workspace)).toEqual(['a.ts']);
  disk.write('/p/tsconfig.json', '{ "include": ["c.ts"] }');
  workspace.apply({ onDisk: ['/p/tsconfig.json'] });
  expect(names(workspace)).toEqual(['c.ts']);
  disk.remove('/p/tsconfig.json');
  disk.remove('/p/.gitignore');
  workspace.apply({ onDisk: ['/p/tsconfig.json', '/p/.gitignore'] });
  expect(names(workspace)).toEqual(['a.ts', 'c.ts', 'gen/b.ts']);
});

test('a change of an extended configuration chooses anew, and so does its appearance', () => {
  const { disk, workspace } = project({
    'tsconfig.json': '{ "extends": "./base.json" }',
    'a.ts': '',
    'b.ts': '',
  });
  expect(names(workspace)).toEqual(['a.ts', 'b.ts']);
  disk.write('/p/base.json', '{ "exclude": ["b.ts"] }');
  workspace.apply({ onDisk: ['/p/base.json'] });
  expect(names(workspace)).toEqual(['a.ts']);
  disk.write('/p/base.json', '{ "exclude": ["a.ts"] }');
  workspace.apply({ onDisk: ['/p/base.json'] });
  expect(names(workspace)).toEqual(['b.ts']);
});

test('typing does not choose anew', () => {
  const { workspace } = project({ 'a.ts': 'let a;' });
  const before = workspace.files();
  workspace.apply({ opened: [{ file: '/p/a.ts', text: 'let ab;' }] });
  workspace.apply({ opened: [{ file: '/p/a.ts', text: 'let abc;' }] });
  expect(workspace.files()).toBe(before);
  expect(workspace.text('/p/a.ts')).toBe('let abc;');
});

test('Windows paths are the same files', () => {
  const { workspace } = project({}, { roots: ['C:\\code'] });
  workspace.apply({ opened: [{ file: 'C:\\code\\src\\a.ts', text: 'let a;' }] });
  workspace.apply({ opened: [{ file: 'c:/code/src/b.ts', text: 'let b;' }] });
  expect(workspace.files()).toEqual(['c:/code/src/a.ts', 'c:/code/src/b.ts']);
  expect(workspace.resolve('./b.js', 'c:/code/src/a.ts')).toBe('c:/code/src/b.ts');
});

test('a workspace on no disk consists of what is open', () => {
  const at = (name: string): string => `vscode-vfs://github/me/repo/${name}`;
  const { workspace } = project({}, { roots: [at('')] });
  workspace.apply({
    opened: [
      { file: at('src/main.ts'), text: "import './w.js';" },
      { file: at('src/w.ts'), text: '' },
      { file: at('package.json'), text: '{}' },
    ],
  });
  expect(workspace.files()).toEqual([at('src/main.ts'), at('src/w.ts')]);
  expect(workspace.resolve('./w.js', at('src/main.ts'))).toBe(at('src/w.ts'));
  expect(workspace.resolvePath('./src/w.js', at('src/main.ts'))).toBe(at('src/w.ts'));
  expect(workspace.config(at('src/main.ts')).file).toBeNull();
  expect(workspace.problems()).toEqual([]);
});

test('opening and closing what belongs anyway does not choose anew', () => {
  const { workspace } = project({ 'a.ts': 'let a;' });
  const before = workspace.files();
  workspace.apply({ opened: [{ file: '/p/a.ts', text: 'let ab;' }] });
  workspace.apply({ closed: ['/p/a.ts'] });
  expect(workspace.files()).toBe(before);
  expect(workspace.text('/p/a.ts')).toBe('let a;');
});

test('a file that .gitignore drops while it is open goes when it is closed', () => {
  const { disk, workspace } = project({ 'a.ts': '', 'b.ts': '' });
  expect(names(workspace)).toEqual(['a.ts', 'b.ts']);
  workspace.apply({ opened: [{ file: '/p/a.ts', text: '' }] });
  disk.write('/p/.gitignore', 'a.ts');
  workspace.apply({ onDisk: ['/p/.gitignore'] });
  expect(names(workspace)).toEqual(['a.ts', 'b.ts']);
  workspace.apply({ closed: ['/p/a.ts'] });
  expect(names(workspace)).toEqual(['b.ts']);
});

test('a folder is found when it appears where one was looked for in vain', () => {
  const { disk, workspace } = project({ 'src/a.ts': '' });
  expect(names(workspace)).toEqual(['src/a.ts']);
  expect(workspace.resolve('./new/deep/b', '/p/src/a.ts')).toBeNull();
  disk.write('/p/src/new/deep/b.ts', '');
  workspace.apply({ onDisk: ['/p/src/new/deep/b.ts'] });
  expect(workspace.resolve('./new/deep/b', '/p/src/a.ts')).toBe('/p/src/new/deep/b.ts');
  expect(names(workspace)).toEqual(['src/a.ts', 'src/new/deep/b.ts']);
});

test('a folder that vanished beside the file that an event names is gone as well', () => {
  const { disk, workspace } = project({ 'src/a.ts': '', 'src/old/b.ts': '' });
  expect(workspace.resolve('./old/b', '/p/src/a.ts')).toBe('/p/src/old/b.ts');
  disk.remove('/p/src/old');
  disk.write('/p/src/c.ts', '');
  workspace.apply({ onDisk: ['/p/src/c.ts'] });
  expect(workspace.resolve('./old/b', '/p/src/a.ts')).toBeNull();
  expect(names(workspace)).toEqual(['src/a.ts', 'src/c.ts']);
});

test('closing an editor shows what the disk holds now, whether or not an event said so', () => {
  const { disk, workspace } = project({ 'a.ts': 'before' });
  expect(workspace.text('/p/a.ts')).toBe('before');
  workspace.apply({ opened: [{ file: '/p/a.ts', text: 'typed' }] });
  disk.write('/p/a.ts', 'saved');
  expect(workspace.text('/p/a.ts')).toBe('typed');
  workspace.apply({ closed: ['/p/a.ts'] });
  expect(workspace.text('/p/a.ts')).toBe('saved');
});

test('a folder that was replaced by another of the same name is read again', () => {
  const { disk, workspace } = project({ 'src/a.ts': '', 'src/lib/old.ts': '' });
  expect(names(workspace)).toEqual(['src/a.ts', 'src/lib/old.ts']);
  disk.remove('/p/src/lib');
  disk.write('/p/src/lib/new.ts', '');
  workspace.apply({ onDisk: ['/p/src/lib'] });
  expect(names(workspace)).toEqual(['src/a.ts', 'src/lib/new.ts']);
});

test('a tsconfig.json above the top of the repository does not speak for it', () => {
  const files = { 'src/a.ts': '', 'b.ts': '', '/tsconfig.json': '{ "include": ["p/src"] }' };
  expect(names(project(files).workspace)).toEqual(['src/a.ts']);
  expect(names(project({ ...files, '.git/HEAD': '' }).workspace)).toEqual(['b.ts', 'src/a.ts']);
});
