import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cache, openCache } from '../../server/src/read/cache.ts';
import { type Disk, memoryDisk, nodeDisk } from '../../server/src/read/disk.ts';

const FILE = '/cache/w.cache';

function open(
  disk: Disk,
  options: { version?: string; maxBytes?: number; log?: (line: string) => void } = {},
): Cache {
  return openCache({ disk, folder: '/cache', name: 'w', version: '1', ...options });
}

/** A cache file with these values. */
function filled(
  values: Readonly<Record<string, unknown>>,
  disk = memoryDisk(),
): ReturnType<typeof memoryDisk> {
  const cache = open(disk);
  for (const [key, value] of Object.entries(values)) cache.set(key, value);
  cache.save();
  return disk;
}

function bytesOf(disk: Disk): Uint8Array {
  const bytes = disk.readFile(FILE);
  if (!(bytes instanceof Uint8Array)) throw new Error('no cache was written');
  return bytes;
}

test('gives back what another run put in', () => {
  const values = { a: { b: [1, 'zwei', null, true] }, 'key with \n and "': 'é😀', empty: [] };
  const cache = open(filled(values));
  for (const [key, value] of Object.entries(values)) expect(cache.get(key)).toEqual(value);
  expect(cache.get('other')).toBeUndefined();
});

test('gives back what this run put in, as a copy', () => {
  const cache = open(memoryDisk());
  const value = { list: [1] };
  cache.set('a', value);
  value.list.push(2);
  expect(cache.get('a')).toEqual({ list: [1] });
  expect(cache.get('a')).not.toBe(cache.get('a'));
});

test('any JSON value comes back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
      const cache = open(filled(values));
      for (const [key, value] of Object.entries(values))
        expect(cache.get(key)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 50 },
  );
});

test('another version is empty, and is written over', () => {
  const disk = filled({ a: 1 });
  const newer = open(disk, { version: '2' });
  expect(newer.get('a')).toBeUndefined();
  newer.set('a', 2);
  newer.save();
  expect(open(disk).get('a')).toBeUndefined();
  expect(open(disk, { version: '2' }).get('a')).toBe(2);
});

test('whatever happened to the file, a value is right or missing', () => {
  const values = { a: { text: 'first' }, b: { text: 'second' }, c: [1, 2, 3] };
  const whole = bytesOf(filled(values));
  const check = (bytes: Uint8Array): void => {
    const cache = open(memoryDisk({ [FILE]: bytes }));
    for (const [key, value] of Object.entries(values))
      expect([undefined, value]).toContainEqual(cache.get(key));
    cache.set('d', 4);
    expect(() => cache.save()).not.toThrow();
  };
  for (let length = 0; length <= whole.length; length++) check(whole.subarray(0, length));
  for (let at = 0; at < whole.length; at++)
    for (const flip of [1, 0x80, 0xff]) {
      const damaged = whole.slice();
      damaged[at] = damaged[at]! ^ flip;
      check(damaged);
    }
  const heads = [
    'null',
    '[]',
    '3',
    '{"rows":3}',
    '{"format":"lockstep cache 1","version":"1","rows":[["a",-1,0,0],["b",1e99,0,0],3]}',
  ];
  for (const head of heads) check(Buffer.from(`${head}\nabc`));
});

test('a value in the middle that is damaged leaves its neighbours', () => {
  const disk = filled({ a: 'one', b: 'two', c: 'three' });
  const bytes = Buffer.from(bytesOf(disk));
  bytes.write('2', bytes.indexOf('two'));
  disk.write(FILE, bytes);
  const cache = open(disk);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['one', undefined, 'three']);
});

test('what no run asks for goes after a while, what one asks for stays', () => {
  const disk = filled({ used: 1, unused: 2 });
  const run = (n: number): void => {
    const cache = open(disk);
    cache.get('used');
    cache.set(`new${n}`, n);
    cache.save();
  };
  const has = (key: string): boolean => open(disk).get(key) !== undefined;
  run(1);
  run(2);
  // One check of a single file between two of the whole project must not cost the rest.
  expect([has('used'), has('unused')]).toEqual([true, true]);
  run(3);
  expect([has('used'), has('unused'), has('new1'), has('new3')]).toEqual([true, false, true, true]);
});

test('a run that found everything writes nothing', () => {
  const disk = filled({ a: 1 });
  const before = disk.stat(FILE)?.modified;
  const cache = open(disk);
  cache.get('a');
  cache.save();
  expect(disk.stat(FILE)?.modified).toBe(before);
});

test('it stays below its size, and keeps what was used last', () => {
  const disk = filled({ old: 'x'.repeat(1000) });
  const cache = open(disk, { maxBytes: 1500 });
  cache.set('new', 'y'.repeat(1000));
  cache.save();
  const next = open(disk);
  expect([next.get('old'), next.get('new')]).toEqual([undefined, 'y'.repeat(1000)]);
});

test('a disk that cannot be written is logged, not thrown', () => {
  const logged: string[] = [];
  const disk: Disk = {
    ...memoryDisk(),
    writeFile() {
      throw new Error('ENOSPC: no space left on device');
    },
  };
  const cache = open(disk, { log: (line) => logged.push(line) });
  cache.set('a', 1);
  cache.save();
  expect(logged).toEqual([expect.stringContaining('/cache/w.cache cannot be written: ENOSPC')]);
  expect(cache.get('a')).toBe(1);
});

test('on a real disk: made with its folder, one file, no temporary ones', () => {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-cache-')));
  try {
    const options = { disk: nodeDisk(), folder: `${root}/deep/cache`, name: 'w', version: '1' };
    const cache = openCache(options);
    cache.set('a', { b: 1 });
    cache.save();
    cache.set('c', 2);
    cache.save();
    expect(fs.readdirSync(options.folder)).toEqual(['w.cache']);
    expect(openCache(options).get('a')).toEqual({ b: 1 });
    expect(openCache(options).get('c')).toBe(2);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
});
