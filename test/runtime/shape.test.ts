/** What all primitives have in common: how they are made, attached to, handed over, and how they refuse. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test, vi } from 'vitest';
import * as sync from '../../server/src/runtime/index.ts';
import { SyncError } from '../../server/src/runtime/index.ts';

const { Barrier, Channel, Condition, LockFreeQueue, LockFreeStack, Mutex, Once } = sync;
const { RingBuffer, RWMutex, Semaphore, SeqLock, SnapshotCell, WaitGroup } = sync;

/** With the bytes that the memory layout in each file's header adds up to. */
const primitives = [
  { type: Mutex, name: 'Mutex', options: {}, bytes: 16 },
  { type: RWMutex, name: 'RWMutex', options: {}, bytes: 32 },
  { type: Semaphore, name: 'Semaphore', options: { permits: 2 }, bytes: 20 },
  { type: Condition, name: 'Condition', options: undefined, bytes: 12 },
  { type: Barrier, name: 'Barrier', options: { parties: 2 }, bytes: 12 },
  { type: WaitGroup, name: 'WaitGroup', options: {}, bytes: 12 },
  { type: Once, name: 'Once', options: undefined, bytes: 12 },
  { type: Channel, name: 'Channel', options: { capacity: 3, kind: 'i32' }, bytes: 72 + 12 },
  { type: RingBuffer, name: 'RingBuffer', options: { capacity: 3 }, bytes: 192 + 24 },
  { type: LockFreeStack, name: 'LockFreeStack', options: { capacity: 3 }, bytes: 192 + 16 + 24 },
  { type: LockFreeQueue, name: 'LockFreeQueue', options: { capacity: 3 }, bytes: 256 + 32 + 16 + 32 },
  { type: SnapshotCell, name: 'SnapshotCell', options: { size: 5, versions: 2 }, bytes: 48 + 16 },
  { type: SeqLock, name: 'SeqLock', options: { size: 5 }, bytes: 32 + 8 },
] as unknown as readonly {
  readonly type: Primitive;
  readonly name: string;
  readonly options: object | undefined;
  readonly bytes: number;
}[];

interface Made {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly handle: sync.SyncHandle;
}
interface Primitive {
  new (buffer: SharedArrayBuffer, byteOffset: number): Made;
  create(options?: object): Made;
  initialize(buffer: SharedArrayBuffer, byteOffset: number, options?: object): void;
  byteLength(options?: object): number;
  from(handle: sync.SyncHandle): Made;
  readonly alignment: number;
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    // Say what is wrong within what a list shows of it, and do not end like a sentence.
    expect(error.message).not.toMatch(/\.$/);
    return error.code;
  }
}

describe.each(primitives)('$name', ({ type, name, options, bytes }) => {
  test('has the size that its layout adds up to', () => {
    expect(type.byteLength(options)).toBe(bytes);
    expect(type.create(options).buffer.byteLength).toBe(bytes);
  });

  test('lives at any aligned place of a buffer, several in one', () => {
    const stride = Math.ceil(bytes / 8) * 8;
    const buffer = new SharedArrayBuffer(stride * 3);
    for (const place of [0, 1, 2]) type.initialize(buffer, place * stride, options);
    expect(new type(buffer, stride).byteOffset).toBe(stride);
  });

  test('survives a structured clone as its handle', () => {
    const { handle } = type.create(options);
    expect(handle).toEqual({ type: name, buffer: handle.buffer, byteOffset: 0 });
    // A handle of the same memory, as an agent gets it that is told of it by postMessage.
    const again = type.from(structuredClone(handle));
    expect([again.handle.type, again.byteOffset]).toEqual([name, 0]);
    new Uint8Array(again.buffer)[bytes - 1] = 7;
    expect(new Uint8Array(handle.buffer)[bytes - 1]).toBe(7);
  });

  test('refuses memory that cannot hold it', () => {
    const buffer = new SharedArrayBuffer(bytes + 8);
    expect(codeOf(() => type.initialize(new ArrayBuffer(bytes) as never, 0, options))).toBe('not-shared');
    expect(codeOf(() => new type({} as never, 0))).toBe('not-shared');
    for (const offset of [1, type.alignment - 1, -type.alignment, 0.5, NaN])
      expect(codeOf(() => type.initialize(buffer, offset, options))).toBe('misaligned');
    expect(codeOf(() => type.initialize(buffer, 16, options))).toBe('too-small');
    expect(codeOf(() => type.initialize(new SharedArrayBuffer(8), 0, options))).toBe('too-small');
  });

  test('refuses to attach to what is not prepared, or is something else', () => {
    expect(codeOf(() => new type(new SharedArrayBuffer(bytes), 0))).toBe('not-initialised');
    const other = name === 'Once' ? Barrier.create({ parties: 2 }) : Once.create();
    expect(codeOf(() => type.from(other.handle))).toBe('bad-argument');
    const large = new SharedArrayBuffer(256);
    Once.initialize(large, 0);
    if (name !== 'Once') expect(codeOf(() => new type(large, 0))).toBe('not-initialised');
    expect(codeOf(() => type.from(undefined as never))).toBe('bad-argument');
  });

  test('refuses to be initialised twice, and is not harmed by it', () => {
    const made = type.create(options);
    const before = new Uint8Array(made.buffer).slice();
    expect(codeOf(() => type.initialize(made.buffer, 0, options))).toBe('already-initialised');
    expect(new Uint8Array(made.buffer)).toEqual(before);
  });
});

/** Each primitive is one file, and what it needs besides is shared.ts. */
const files = [...primitives.map(({ name }) => name), 'WorkerPool'].map((name) =>
  name === 'RWMutex' ? 'rwMutex.ts' : `${name[0]!.toLowerCase()}${name.slice(1)}.ts`,
);
const folder = new URL('../../server/src/runtime/', import.meta.url);

test('each file compiles with shared.ts alone: strict, an older library, no types of Node', () => {
  for (const file of files) {
    const { importedFiles } = ts.preProcessFile(readFileSync(new URL(file, folder), 'utf8'));
    expect([file, ...new Set(importedFiles.map(({ fileName }) => fileName))]).toEqual([file, './shared.ts']);
  }
  const program = ts.createProgram(
    files.map((file) => fileURLToPath(new URL(file, folder))),
    {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noImplicitReturns: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: [],
    },
  );
  const complaints = ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  expect(complaints).toEqual([]);
});

test('the library imports nothing from outside its folder', () => {
  for (const file of readdirSync(folder)) {
    const { importedFiles } = ts.preProcessFile(readFileSync(new URL(file, folder), 'utf8'));
    for (const { fileName } of importedFiles) expect(`${file}: ${fileName}`).toMatch(/: \.\/\w+\.ts$/);
  }
});

test('every file says its states, memory, source, order and progress', () => {
  for (const file of files.slice(0, -1)) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const part of ['Memory', 'Source:', 'Happens-before:', '|---'])
      expect(`${file}: ${text.split('*/')[0]}`).toContain(part);
    expect(text).toMatch(/\* Progress: /);
  }
});

describe('where blocking is forbidden', () => {
  /** As in a window: Atomics.wait throws before it compares. */
  async function inWindow<T>(body: (library: typeof sync) => T | Promise<T>): Promise<T> {
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
    vi.resetModules();
    try {
      return await body(await import('../../server/src/runtime/index.ts'));
    } finally {
      wait.mockRestore();
      vi.resetModules();
    }
  }
  const blocking: Record<string, (library: typeof sync) => unknown> = {
    'Mutex.lock': (library) => library.Mutex.create().lock(),
    'RWMutex.lock': (library) => library.RWMutex.create().lock(),
    'RWMutex.rLock': (library) => library.RWMutex.create().rLock(),
    'Semaphore.acquire': (library) => library.Semaphore.create({ permits: 1 }).acquire(),
    'Barrier.wait': (library) => library.Barrier.create({ parties: 1 }).wait(),
    'WaitGroup.wait': (library) => library.WaitGroup.create().wait(),
    'Once.do': (library) => library.Once.create().do(() => undefined),
    'Channel.send': (library) => library.Channel.create({ capacity: 1 }).send(1),
    'Channel.receive': (library) => library.Channel.create({ capacity: 1 }).receive(),
    'Channel.select': (library) => library.Channel.select([library.Channel.create({ capacity: 1 })]),
    'RingBuffer.waitReadable': (library) => library.RingBuffer.create({ capacity: 1 }).waitReadable(),
    'SnapshotCell.update': (library) => library.SnapshotCell.create({ size: 1 }).update(() => undefined),
    'SeqLock.write': (library) => library.SeqLock.create({ size: 1 }).write(() => undefined),
  };
  test.each(Object.keys(blocking))('%s says so, even when it would not have to wait', async (name) => {
    await inWindow((library) => {
      expect(() => blocking[name]!(library)).toThrow(
        expect.objectContaining({ code: 'cannot-block', message: expect.stringContaining(name) as string }),
      );
    });
  });
  test('the async and the try forms work', async () => {
    await inWindow(async (library) => {
      const mutex = library.Mutex.create();
      expect(mutex.tryLock()).toBe(true);
      const second = mutex.lockAsync();
      mutex.unlock();
      expect(await second).toBe(true);
      const channel = library.Channel.create({ capacity: 0 });
      const received = channel.receiveAsync();
      expect(await channel.sendAsync(7)).toBe(true);
      expect(await received).toBe(7);
    });
  });
  test('a wait that throws later is explained as well', () => {
    const mutex = Mutex.create();
    const other = new Mutex(mutex.buffer, 0);
    new Int32Array(mutex.buffer)[1] = 1;
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('no');
    });
    try {
      expect(codeOf(() => other.lock())).toBe('cannot-block');
    } finally {
      wait.mockRestore();
    }
  });
});

test('where waitAsync is missing, the async forms find out by looking again', async () => {
  const original = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync')!;
  Reflect.deleteProperty(Atomics, 'waitAsync');
  vi.resetModules();
  try {
    const library = await import('../../server/src/runtime/index.ts');
    const group = library.WaitGroup.create({ count: 1 });
    const waited = group.waitAsync();
    group.done();
    expect(await waited).toBe(true);
    const mutex = library.Mutex.create();
    // Held by an agent that is not this one.
    const words = new Int32Array(mutex.buffer);
    words[1] = 1;
    const taken = mutex.lockAsync();
    expect(await mutex.lockAsync({ timeout: 5 })).toBe(false);
    Atomics.store(words, 1, 0);
    expect(await taken).toBe(true);
    mutex.unlock();
  } finally {
    Object.defineProperty(Atomics, 'waitAsync', original);
    vi.resetModules();
  }
});
