import { expect, test } from 'vitest';
import {
  dirname,
  foldersUp,
  isBelow,
  isDeclaration,
  isUri,
  join,
  normalise,
} from '../../server/src/read/paths.ts';

test.each([
  ['C:\\a\\b\\..\\c.ts', 'c:/a/c.ts'],
  ['c:/a/./b', 'c:/a/b'],
  ['\\\\server\\share\\a\\b.ts', '//server/share/a/b.ts'],
  ['/a/b/../c/', '/a/c'],
  ['/a//b', '/a/b'],
  ['/../a', '/a'],
  ['/', '/'],
  ['/a\\b.ts', '/a\\b.ts'],
  ['untitled:Untitled-1', 'untitled:Untitled-1'],
  ['vscode-vfs://github/a/../b.ts', 'vscode-vfs://github/b.ts'],
])('normalises %s', (path, expected) => {
  expect(normalise(path)).toBe(expected);
});

test.each([
  ['/a/b', '../c.ts', '/a/c.ts'],
  ['/', 'a', '/a'],
  ['c:/', './w.js', 'c:/w.js'],
  ['/a', '/b', '/b'],
  ['vscode-vfs://github/a', '../b.ts', 'vscode-vfs://github/b.ts'],
])('joins %s and %s', (folder, relative, expected) => {
  expect(join(folder, relative)).toBe(expected);
});

test('walks up to the root and stops there', () => {
  expect(foldersUp('/a/b')).toEqual(['/a/b', '/a', '/']);
  expect(foldersUp('c:/a')).toEqual(['c:/a', 'c:/']);
  expect(dirname('untitled:Untitled-1')).toBe('untitled:Untitled-1');
});

test('a folder whose name begins like another is not in it', () => {
  expect(isBelow('/a/b', '/a/bc/d.ts')).toBe(false);
  expect(isBelow('/a/b', '/a/b/d.ts')).toBe(true);
  expect(isBelow('/a/b', '/a/b')).toBe(true);
  expect(isBelow('/', '/a')).toBe(true);
});

test('tells declarations from sources and URIs from drive letters', () => {
  expect(['a.d.ts', 'a.d.mts', 'a.d.css.ts'].map(isDeclaration)).toEqual([true, true, true]);
  expect(['a.ts', 'd.ts', 'a.d.tsx', 'a.d.js'].map(isDeclaration)).toEqual([false, false, false, false]);
  expect(isUri('c:/a.ts')).toBe(false);
  expect(isUri('untitled:a')).toBe(true);
});
