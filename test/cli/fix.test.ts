import { chmodSync, lstatSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../server/src/cli/fix.ts';
import { Folder } from './run.ts';

let folder: Folder;
afterEach(() => {
  folder.remove();
});
const make = (text: string) => {
  folder = new Folder({ 'a.ts': text });
  return `${folder.path}/a.ts`;
};

describe('replacing a file', () => {
  it('leaves it alone, and nothing beside it, when it holds another text', () => {
    const file = make('somebody else');
    expect(replaceFile(file, 'known', 'new')).toBe(false);
    expect(folder.read('a.ts')).toBe('somebody else');
    expect(readdirSync(folder.path)).toEqual(['a.ts']);
  });

  it('keeps the byte order mark that a reader takes away', () => {
    const file = make('\ufeffknown');
    expect(replaceFile(file, 'known', 'new')).toBe(true);
    expect(readFileSync(file)).toEqual(Buffer.from('\ufeffnew'));
  });

  it('keeps its mode, also what the umask would take', () => {
    const file = make('known');
    chmodSync(file, 0o777);
    expect(replaceFile(file, 'known', 'new')).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o777);
  });

  it('writes through a symbolic link', () => {
    const file = make('known');
    symlinkSync(file, `${folder.path}/link.ts`);
    expect(replaceFile(`${folder.path}/link.ts`, 'known', 'new')).toBe(true);
    expect(lstatSync(`${folder.path}/link.ts`).isSymbolicLink()).toBe(true);
    expect(folder.read('a.ts')).toBe('new');
  });
});
