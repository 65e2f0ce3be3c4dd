import { describe, expect, test } from 'vitest';
import {
  Channel,
  LockFreeQueue,
  LockFreeStack,
  RingBuffer,
  SeqLock,
  SnapshotCell,
} from '../../server/src/runtime/index.ts';
import { container, linearization } from './support/linearizable.ts';

const closed = expect.objectContaining({ code: 'closed' }) as unknown;

describe('Channel', () => {
  test('keeps order, and is full and empty where it says', () => {
    const channel = Channel.create({ capacity: 2 });
    expect([channel.trySend(1.5), channel.send(-0), channel.trySend(3), channel.length]).toEqual([
      true,
      true,
      false,
      2,
    ]);
    expect(channel.send(3, 2)).toBe(false);
    expect([channel.receive(), channel.tryReceive(), channel.tryReceive()]).toEqual([1.5, -0, undefined]);
    expect(channel.receive(2)).toBeUndefined();
    expect(channel.ended).toBe(false);
  });

  test('ends after close, once all has been received', async () => {
    const channel = Channel.create({ capacity: 2, kind: 'i32' });
    channel.send(1);
    channel.send(2);
    const late = channel.sendAsync(3);
    channel.close();
    await expect(late).rejects.toThrow(closed);
    expect(() => channel.send(4)).toThrow(closed);
    expect(() => channel.trySend(4)).toThrow(closed);
    expect(() => channel.close()).toThrow(closed);
    expect([channel.closed, channel.ended]).toEqual([true, false]);
    const rest: number[] = [];
    for await (const value of channel) rest.push(value);
    expect(rest).toEqual([1, 2]);
    expect([channel.ended, channel.receive(), await channel.receiveAsync()]).toEqual([
      true,
      undefined,
      undefined,
    ]);
    expect([...Channel.from(channel.handle)]).toEqual([]);
  });

  test('without capacity, a send completes when its value is taken', async () => {
    const channel = Channel.create({ capacity: 0 });
    expect(channel.trySend(1)).toBe(false);
    expect(channel.send(1, 2)).toBe(false);
    expect(channel.tryReceive()).toBeUndefined();
    let completed = false;
    const sent = channel.sendAsync(2).then(() => (completed = true));
    await Promise.resolve();
    expect(completed).toBe(false);
    expect(channel.tryReceive()).toBe(2);
    await sent;
    const received = channel.receiveAsync();
    // A receiver waits now: trySend may leave the value to it, and only one.
    expect([channel.trySend(3), channel.trySend(4)]).toEqual([true, false]);
    expect(await received).toBe(3);
    const revoked = channel.sendAsync(5);
    channel.close();
    await expect(revoked).rejects.toThrow(/closed before the value was received/);
    expect(channel.receive()).toBeUndefined();
  });

  test('an abort takes nothing along, unless a value has arrived already', async () => {
    const channel = Channel.create({ capacity: 0 });
    const stop = new AbortController();
    const nothing = channel.receiveAsync({ signal: stop.signal });
    const unsent = channel.sendAsync(9, { timeout: 5 });
    // They meet: neither is left over.
    expect([await nothing, await unsent]).toEqual([9, true]);
    const left = channel.receiveAsync({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    expect(channel.trySend(1)).toBe(false);
    const again = new AbortController();
    const promised = channel.receiveAsync({ signal: again.signal });
    expect(channel.trySend(2)).toBe(true);
    again.abort(new Error('too late'));
    expect(await promised).toBe(2);
    const offered = new AbortController();
    const withdrawn = channel.sendAsync(3, { signal: offered.signal });
    offered.abort(new Error('enough'));
    await expect(withdrawn).rejects.toThrow('enough');
    expect(channel.tryReceive()).toBeUndefined();
    expect(await channel.receiveAsync({ timeout: 5 })).toBeUndefined();
  });

  test('an aborted receiver passes its wake-up on', async () => {
    const channel = Channel.create({ capacity: 4 });
    const stop = new AbortController();
    const first = channel.receiveAsync({ signal: stop.signal });
    const second = channel.receiveAsync();
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    channel.send(1);
    expect(await second).toBe(1);
  });

  test('carries each kind, and refuses what the kind cannot hold', () => {
    const big = Channel.create({ capacity: 1, kind: 'u64' });
    big.send(2n ** 64n - 1n);
    expect(big.receive()).toBe(2n ** 64n - 1n);
    expect(() => big.send(1 as never)).toThrow(/takes a bigint, and not a number/);
    const small = Channel.create({ capacity: 1, kind: 'u8' });
    small.send(257);
    expect(small.receive()).toBe(1);
    expect(() => small.send('1' as never)).toThrow(/takes a number, and not a string/);
    expect(() => Channel.create({ capacity: -1 })).toThrow(expect.objectContaining({ code: 'negative' }));
    expect(() => Channel.create({ capacity: 1, kind: 'i33' as never })).toThrow(/kinds i8, u8/);
  });

  test('records arrive as they were sent', () => {
    const channel = Channel.create({ capacity: 3, recordBytes: 5 });
    const source = new Uint8Array([1, 2, 3, 4, 5]);
    for (const length of [5, 0, 3]) channel.send(source.subarray(0, length));
    source.fill(9);
    const got = [channel.receive()!, channel.receive()!, channel.receive()!].map((record) => [...record]);
    expect(got).toEqual([[1, 2, 3, 4, 5], [], [1, 2, 3]]);
    expect(() => channel.send(new Uint8Array(6))).toThrow(/6 bytes does not fit.*up to 5/);
    expect(() => channel.send([1] as never)).toThrow(/Uint8Array/);
  });

  test('select takes the case that can go on, and says which', async () => {
    const [a, b] = [Channel.create({ capacity: 1 }), Channel.create({ capacity: 1 })];
    expect(Channel.trySelect([a, b])).toBeUndefined();
    expect(Channel.select([a, b], 3)).toBeUndefined();
    expect(await Channel.selectAsync([a, b], { timeout: 3 })).toBeUndefined();
    b.send(5);
    expect(Channel.select([a, b])).toMatchObject({ index: 1, value: 5, ended: false });
    const later = Channel.selectAsync([a, b]);
    a.send(6);
    expect((await later)!.channel).toBe(a);
    expect(Channel.select([{ channel: a, send: 7 }])).toMatchObject({
      index: 0,
      value: undefined,
      ended: false,
    });
    expect(a.receive()).toBe(7);
    b.close();
    expect(Channel.select([a, b])).toMatchObject({ index: 1, ended: true });
    expect(() => Channel.select([{ channel: b, send: 1 }])).toThrow(closed);
    const stop = new AbortController();
    const aborted = Channel.selectAsync([a], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
  });

  test('a select that took from one channel leaves the wake-up of the other to others', async () => {
    const [a, b] = [Channel.create({ capacity: 1 }), Channel.create({ capacity: 1 })];
    const select = Channel.selectAsync([a, b]);
    const plain = b.receiveAsync();
    a.send(1);
    b.send(2);
    const found = await select;
    if (found!.index === 1) b.send(3);
    expect(await plain).toBe(found!.index === 1 ? 3 : 2);
  });

  test('select is fair among channels that are always ready', () => {
    const channels = [0, 1].map(() => Channel.create({ capacity: 64 }));
    let first = 0;
    for (let round = 0; round < 400; round++) {
      for (const channel of channels) channel.trySend(round);
      if (Channel.select(channels)!.index === 0) first++;
      for (const channel of channels) while (channel.tryReceive() !== undefined);
    }
    // Binomial(400, 1/2): beyond eight standard deviations.
    expect(Math.abs(first - 200)).toBeLessThan(80);
  });
});

describe('RingBuffer', () => {
  test('moves what fits, around its end, at every offset', () => {
    for (const capacity of [1, 2, 7, 100]) {
      const ring = RingBuffer.create({ capacity, kind: 'i32' });
      const out = new Int32Array(200);
      let [next, expected] = [0, 0];
      for (let step = 1; step < 300; step++) {
        const length = 1 + ((step * 7) % 130);
        const block = Int32Array.from({ length }, (_, index) => next + index);
        const room = ring.availableWrite;
        const pushed = ring.push(block);
        expect(pushed).toBe(Math.min(room, length));
        next += pushed;
        const ready = ring.availableRead;
        const popped = ring.pop(out, (step * 5) % 110);
        expect(popped).toBe(Math.min(ready, (step * 5) % 110));
        for (let index = 0; index < popped; index++) expect(out[index]).toBe(expected + index);
        expected += popped;
        expect(ring.availableRead + ring.availableWrite).toBe(capacity);
      }
    }
  });

  test('waits for the other side', async () => {
    const ring = RingBuffer.create({ capacity: 1, kind: 'u64' });
    expect(ring.waitReadable(2)).toBe(false);
    expect(ring.waitWritable(2)).toBe(true);
    const readable = ring.waitReadableAsync();
    ring.push(new BigUint64Array([7n]));
    expect(await readable).toBe(true);
    expect(await ring.waitWritableAsync({ timeout: 2 })).toBe(false);
    const out = new BigUint64Array(2);
    expect([ring.pop(out), out[0]]).toEqual([1, 7n]);
    expect(() => RingBuffer.create({ capacity: 0 })).toThrow(/at least 1/);
  });
});

describe('LockFreeStack and LockFreeQueue', () => {
  test('last in first out, first in first out, within the capacity, for every kind', () => {
    const kinds = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64'] as const;
    for (const kind of kinds) {
      const stack = LockFreeStack.create({ capacity: 2, kind });
      expect([stack.push(1), stack.push(2), stack.push(3), stack.pop(), stack.pop(), stack.pop()]).toEqual([
        true,
        true,
        false,
        2,
        1,
        undefined,
      ]);
      const queue = LockFreeQueue.create({ capacity: 2, kind });
      expect([
        queue.enqueue(1),
        queue.enqueue(2),
        queue.enqueue(3),
        queue.dequeue(),
        queue.dequeue(),
        queue.dequeue(),
      ]).toEqual([true, true, false, 1, 2, undefined]);
    }
    const wide = LockFreeQueue.create({ capacity: 1, kind: 'i64' });
    expect([wide.enqueue(-(2n ** 63n)), wide.dequeue()]).toEqual([true, -(2n ** 63n)]);
    const exact = LockFreeStack.create({ capacity: 1 });
    expect([exact.push(Math.PI), exact.pop()]).toEqual([true, Math.PI]);
    expect(() => wide.enqueue(1 as never)).toThrow(/bigint/);
    expect(() => LockFreeStack.create({ capacity: 0 })).toThrow(/at least 1/);
  });

  test('nodes are reused for ever, and versions wrap around', () => {
    const queue = LockFreeQueue.create({ capacity: 3, kind: 'i32' });
    const stack = LockFreeStack.create({ capacity: 3, kind: 'i32' });
    // The highest version there is, in all pointers: the next change wraps it.
    const pointers = new BigInt64Array(queue.buffer);
    for (const at of [8, 16, 24, 32]) pointers[at] = (-1n << 32n) | BigInt.asUintN(32, pointers[at]!);
    const heads = new BigInt64Array(stack.buffer);
    for (const at of [8, 16]) heads[at] = (-1n << 32n) | BigInt.asUintN(32, heads[at]!);
    for (let round = 0; round < 1000; round++) {
      expect([queue.enqueue(round), stack.push(round)]).toEqual([true, true]);
      expect([queue.dequeue(), stack.pop()]).toEqual([round, round]);
    }
  });
});

describe('SnapshotCell', () => {
  test('readers keep their version while updates go on', () => {
    const cell = SnapshotCell.create({ size: 2, kind: 'f64', versions: 3 });
    cell.update((draft) => draft.set([1, 2]));
    cell.read((old) => {
      expect(cell.update((draft) => draft.set([3]))).toBe(true);
      expect(cell.read((now) => [...now])).toEqual([3, 2]);
      expect([...old]).toEqual([1, 2]);
    });
  });

  test('an update that fails changes nothing; one that finds no version waits', async () => {
    const cell = SnapshotCell.create({ size: 1, versions: 2 });
    expect(() =>
      cell.update((draft) => {
        draft[0] = 9;
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(cell.read(([value]) => value)).toBe(0);
    expect(() => cell.update(() => Promise.resolve())).toThrow(
      expect.objectContaining({ code: 'async-body' }),
    );
    let waiting: Promise<boolean> | undefined;
    cell.read(() => {
      cell.update((draft) => (draft[0] = 1));
      // The reader holds the one old version.
      expect(cell.tryUpdate((draft) => (draft[0] = 2))).toBe(false);
      expect(cell.update((draft) => (draft[0] = 2), 2)).toBe(false);
      waiting = cell.updateAsync((draft) => (draft[0] = 3));
    });
    expect(await waiting).toBe(true);
    expect(cell.read(([value]) => value)).toBe(3);
    expect(() => cell.update(() => cell.update(() => undefined))).toThrow(
      expect.objectContaining({ code: 'self-deadlock' }),
    );
    expect(cell.tryUpdate((draft) => (draft[0] = 4))).toBe(true);
    expect(() => cell.read(() => Promise.resolve())).toThrow(/a copy/);
    expect(() => SnapshotCell.create({ size: 1, versions: 1 })).toThrow(/at least 2/);
  });
});

describe('SeqLock', () => {
  test('reads whole records, also while reading and writing', async () => {
    const record = SeqLock.create({ size: 3, kind: 'i16' });
    expect(record.write((values) => values.set([1, 2, 3]))).toBe(true);
    record.read((outer) => {
      record.write((values) => (values[0] = 7));
      expect(record.read((inner) => [...inner])).toEqual([7, 2, 3]);
      expect([...outer]).toEqual([1, 2, 3]);
    });
    expect(() =>
      record.write((values) => {
        values[0] = 9;
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(() => record.write(() => record.write(() => undefined))).toThrow(
      expect.objectContaining({ code: 'self-deadlock' }),
    );
    expect(record.tryRead((values) => values[0])).toBe(7);
    // A writer in the middle: readers are told, or wait.
    const words = new Int32Array(record.buffer);
    words[3]!++;
    expect(record.tryRead((values) => values[0])).toBeUndefined();
    words[3]!++;
    words[4] = 1;
    expect([record.tryWrite(() => undefined), record.write(() => undefined, 2)]).toEqual([false, false]);
    expect(await record.writeAsync(() => undefined, { timeout: 2 })).toBe(false);
  });
});

describe('the checker of histories itself', () => {
  const put = (value: number, call: number, ret: number) =>
    ({ op: { kind: 'put', value, ok: true }, call, return: ret }) as const;
  const take = (value: number | undefined, call: number, ret: number) =>
    ({ op: { kind: 'take', value }, call, return: ret }) as const;
  const explained = (order: 'fifo' | 'lifo', ...history: Parameters<typeof linearization>[0][number][]) =>
    linearization(history as never, container(order, 4, 'exact')) !== undefined;

  test('explains what overlaps, and only that', () => {
    // Put 1 and put 2 overlap: either may be first.
    expect(explained('fifo', put(1, 0, 3), put(2, 1, 2), take(2, 4, 5), take(1, 6, 7))).toBe(true);
    expect(explained('fifo', put(1, 0, 1), put(2, 2, 3), take(2, 4, 5), take(1, 6, 7))).toBe(false);
    expect(explained('lifo', put(1, 0, 1), put(2, 2, 3), take(2, 4, 5), take(1, 6, 7))).toBe(true);
    // Found empty although a value was there all the time.
    expect(explained('fifo', put(1, 0, 1), take(undefined, 2, 3), take(1, 4, 5))).toBe(false);
    expect(explained('fifo', put(1, 0, 3), take(undefined, 1, 2), take(1, 4, 5))).toBe(true);
    // Taken twice, or never put.
    expect(explained('fifo', put(1, 0, 1), take(1, 2, 5), take(1, 3, 4))).toBe(false);
    expect(explained('fifo', take(1, 0, 1))).toBe(false);
  });
});
