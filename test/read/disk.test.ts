import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeDisk } from '../../server/src/read/disk.ts';
import {
  createWorkspace,
  type DiskWorkspace,
  type WorkspaceOptions,
} from '../../server/src/read/workspace.ts';

let root = '';
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-read-')));
});
afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

function write(file: string, text = ''): string {
  const full = path.join(root, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
  return full;
}

function workspaceHere(options: Partial<WorkspaceOptions> = {}): DiskWorkspace {
  return createWorkspace({ disk: nodeDisk(), roots: [root], knownRules: [], ...options });
}

function names(workspace: DiskWorkspace): string[] {
  return workspace.files().map((file) => path.relative(root, file));
}

test('reads, lists and stats; what is not there is null', () => {
  const disk = nodeDisk();
  const file = write('a/b.ts', 'x');
  expect(disk.readFile(file)).toEqual(Buffer.from('x'));
  expect(disk.stat(file)).toMatchObject({ kind: 'file', size: 1 });
  expect(disk.stat(path.dirname(file))?.kind).toBe('folder');
  expect(disk.list(path.dirname(file))).toEqual([{ name: 'b.ts', kind: 'file', link: false }]);
  expect(disk.readFile(`${file}x`)).toBeNull();
  expect(disk.readFile(path.dirname(file))).toBeNull();
  expect(disk.readFile(`${file}/c`)).toBeNull();
  expect(disk.stat(`${file}x`)).toBeNull();
  expect(disk.list(`${file}x`)).toBeNull();
});

test.skipIf(process.platform === 'win32')(
  'a pipe with the name of a source is no source and hangs nothing',
  () => {
    execFileSync('mkfifo', [path.join(root, 'pipe.ts')]);
    write('a.ts');
    const workspace = workspaceHere();
    expect(names(workspace)).toEqual(['a.ts']);
    expect(workspace.text(`${root}/pipe.ts`)).toBeNull();
    expect(nodeDisk().readFile(`${root}/pipe.ts`)).toBeNull();
  },
);

test('writing is all or nothing and leaves no temporary file, failed or not', () => {
  const disk = nodeDisk();
  const file = `${root}/new/folder/c.bin`;
  disk.writeFile(file, Buffer.from('one'));
  disk.writeFile(file, Buffer.from('two'));
  expect(fs.readFileSync(file, 'utf8')).toBe('two');
  expect(fs.readdirSync(path.dirname(file))).toEqual(['c.bin']);
  fs.mkdirSync(`${root}/taken/inside`, { recursive: true });
  expect(() => disk.writeFile(`${root}/taken`, Buffer.from('x'))).toThrow();
  expect(fs.readdirSync(root).sort()).toEqual(['new', 'taken']);
});

test('symbolic links that lead in a circle are not walked', () => {
  write('src/a.ts');
  fs.symlinkSync(root, path.join(root, 'src/loop'), 'dir');
  expect(names(workspaceHere())).toEqual(['src/a.ts']);
});

test('a dangling link is not there', () => {
  write('a.ts');
  fs.symlinkSync(path.join(root, 'nowhere.ts'), path.join(root, 'b.ts'));
  expect(names(workspaceHere())).toEqual(['a.ts']);
});

test('a package that node_modules links to is read where it stands', () => {
  write('package.json', '{ "workspaces": ["packages/*"] }');
  write('packages/util/package.json', '{ "name": "@x/util", "main": "dist/index.js" }');
  const source = write('packages/util/src/index.ts');
  const from = write('packages/app/main.ts');
  fs.mkdirSync(path.join(root, 'node_modules/@x'), { recursive: true });
  // The link has another name than the package: only the link can tell.
  fs.symlinkSync(path.join(root, 'packages/util'), path.join(root, 'node_modules/@x/alias'), 'dir');
  const workspace = workspaceHere();
  expect(workspace.resolve('@x/alias', from)).toBe(source);
  expect(workspace.resolve('@x/util', from)).toBe(source);
});

test('a file that vanishes between the walk and the reading is gone, without a word', () => {
  const file = write('a.ts', 'let a;');
  const workspace = workspaceHere();
  expect(names(workspace)).toEqual(['a.ts']);
  fs.rmSync(file);
  expect(workspace.text(file)).toBeNull();
  expect(workspace.problems()).toEqual([]);
});

test('finds what appears, vanishes and moves, folder by folder, as the watcher tells', () => {
  write('src/a.ts');
  const workspace = workspaceHere();
  expect(names(workspace)).toEqual(['src/a.ts']);
  const deep = write('src/new/deep/b.ts');
  workspace.apply({ onDisk: [deep] });
  expect(names(workspace)).toEqual(['src/a.ts', 'src/new/deep/b.ts']);
  fs.renameSync(path.join(root, 'src/new'), path.join(root, 'src/moved'));
  workspace.apply({ onDisk: [path.join(root, 'src/new'), path.join(root, 'src/moved')] });
  expect(names(workspace)).toEqual(['src/a.ts', 'src/moved/deep/b.ts']);
  fs.rmSync(path.join(root, 'src'), { recursive: true });
  workspace.apply({ onDisk: [path.join(root, 'src')] });
  expect(names(workspace)).toEqual([]);
});
