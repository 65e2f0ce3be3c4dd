import { expect, test } from 'vitest';
import { decode, encode } from '../../server/src/read/decode.ts';
import { memoryDisk } from '../../server/src/read/disk.ts';
import { createWorkspace } from '../../server/src/read/workspace.ts';
import { project } from './fixture.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('reads UTF-8 and leaves its byte order mark out of the text', () => {
  expect(decode(bytes(0xc3, 0xa9))).toEqual({ text: 'é', encoding: 'utf-8' });
  expect(decode(bytes(0xef, 0xbb, 0xbf, 0x61))).toEqual({ text: 'a', encoding: 'utf-8-bom' });
  expect(decode(bytes())).toEqual({ text: '', encoding: 'utf-8' });
});

test('reads UTF-16 where a byte order mark says so', () => {
  expect(decode(bytes(0xff, 0xfe, 0x61, 0, 0xe9, 0))).toEqual({ text: 'aé', encoding: 'utf-16le' });
  expect(decode(bytes(0xfe, 0xff, 0, 0x61, 0, 0xe9))).toEqual({ text: 'aé', encoding: 'utf-16be' });
});

test.each(['utf-8', 'utf-8-bom', 'utf-16le', 'utf-16be'] as const)('writes %s as it was read', (encoding) => {
  const text = 'const a = "é€😀"; // ↯\r\n';
  expect(decode(encode(text, encoding))).toEqual({ text, encoding });
});

// The Unicode Standard, table 3-7: the ill-formed sequences next to each border of the well-formed ones.
test.each([
  ['a lone continuation byte', [0x61, 0x80], 1],
  ['an overlong slash', [0x61, 0x62, 0xc0, 0xaf], 2],
  ['an overlong three-byte form', [0xe0, 0x9f, 0xbf], 0],
  ['a surrogate', [0xed, 0xa0, 0x80], 0],
  ['beyond U+10FFFF', [0x61, 0xf4, 0x90, 0x80, 0x80], 1],
  ['a sequence that ends too early', [0x61, 0xe2, 0x82], 1],
  ['Latin-1 after good text', [0xc3, 0xa9, 0x20, 0xe9, 0x20], 3],
])('finds the first bad byte: %s', (_name, values, offset) => {
  expect(decode(bytes(...values))).toMatchObject({ fault: 'not-utf-8', offset });
});

test('counts lines by all three line ends', () => {
  expect(decode(bytes(0x0a, 0x0d, 0x0a, 0x0d, 0xff))).toEqual({ fault: 'not-utf-8', offset: 4, line: 4 });
});

test('agrees with the platform on what is well-formed', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const edges = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5,
  ];
  for (let round = 0; round < 4_000; round++) {
    const sample = Uint8Array.from({ length: 1 + random(6) }, () => edges[1 + random(edges.length - 1)]!);
    const decoded = decode(sample);
    const good = 'fault' in decoded && decoded.fault === 'not-utf-8' ? decoded.offset : sample.length;
    // What stands before the bad byte is text, and no text begins at the bad byte.
    expect(() => strict.decode(sample.subarray(0, good))).not.toThrow();
    for (let length = 1; length <= 4 && good < sample.length; length++)
      expect(() => strict.decode(sample.subarray(good, good + length))).toThrow();
  }
});

test('a file that is not UTF-8 is left out and named with place and mend', () => {
  const { workspace } = project({
    'good.ts': 'let a = 1;',
    'latin.ts': Uint8Array.from([...Buffer.from('// line\n// caf'), 0xe9, 0x0a]),
  });
  expect(workspace.text('/p/latin.ts')).toBeNull();
  expect(workspace.text('/p/good.ts')).toBe('let a = 1;');
  expect(workspace.problems()).toEqual([
    {
      about: 'file',
      file: '/p/latin.ts',
      message: 'not valid UTF-8 at byte 14 (line 2): save it as UTF-8; until then it is left out',
    },
  ]);
});

test('an editor that shows such a file decides what it says; closing it brings the problem back', () => {
  const { workspace } = project({ 'latin.ts': Uint8Array.from([0xe9, 0x20, 0x20]) });
  workspace.apply({ opened: [{ file: '/p/latin.ts', text: 'é' }] });
  expect(workspace.text('/p/latin.ts')).toBe('é');
  expect(workspace.problems()).toEqual([]);
  workspace.apply({ closed: ['/p/latin.ts'] });
  expect(workspace.text('/p/latin.ts')).toBeNull();
  expect(workspace.problems()).toHaveLength(1);
});

test('saving it as UTF-8 mends it', () => {
  const { disk, workspace } = project({ 'latin.ts': Uint8Array.from([0xe9, 0x20, 0x20]) });
  expect(workspace.text('/p/latin.ts')).toBeNull();
  disk.write('/p/latin.ts', 'é');
  workspace.apply({ onDisk: ['/p/latin.ts'] });
  expect(workspace.text('/p/latin.ts')).toBe('é');
  expect(workspace.problems()).toEqual([]);
});

test('UTF-16 without a mark and binary files are named as such', () => {
  const { workspace } = project({
    'wide.ts': encode('let a', 'utf-16le').subarray(2),
  });
  expect(workspace.text('/p/wide.ts')).toBeNull();
  expect(workspace.problems()[0]?.message).toMatch(/^not text in UTF-8 .*: save it as UTF-8/);
});

test('says how a text is written, so that a fix can write it the same way', () => {
  const { workspace } = project({ 'bom.ts': encode('let a;', 'utf-8-bom'), 'plain.ts': 'let a;' });
  expect(workspace.encoding('/p/bom.ts')).toBe('utf-8-bom');
  expect(workspace.encoding('/p/plain.ts')).toBe('utf-8');
  expect(workspace.encoding('/p/gone.ts')).toBeNull();
});

test('a file that may not be read is named with the mend', () => {
  const disk = memoryDisk({ '/p/a.ts': 'let a;' });
  const guarded = { ...disk, readFile: () => ({ unreadable: 'EACCES' }) };
  const workspace = createWorkspace({ disk: guarded, roots: ['/p'], knownRules: [] });
  expect(workspace.text('/p/a.ts')).toBeNull();
  expect(workspace.problems()[0]?.message).toBe('cannot be read (EACCES): check its permissions');
});

test('a file too large to be source is not read', () => {
  const disk = memoryDisk({ '/p/a.ts': 'let a;' });
  const large = {
    ...disk,
    stat: () => ({ kind: 'file' as const, size: 3 * 1024 ** 3, modified: 0 }),
    readFile: () => expect.fail('the file was read'),
  };
  const workspace = createWorkspace({ disk: large, roots: ['/p'], knownRules: [] });
  expect(workspace.text('/p/a.ts')).toBeNull();
  expect(workspace.problems()[0]?.message).toMatch(/^too large to be read as source \(3072 MB\)/);
});
