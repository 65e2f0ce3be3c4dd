import { afterEach, describe, expect, test } from 'vitest';
import {
  Barrier,
  Channel,
  Condition,
  LockFreeQueue,
  LockFreeStack,
  Mutex,
  Once,
  RingBuffer,
  RWMutex,
  Semaphore,
  SeqLock,
  SnapshotCell,
  WaitGroup,
} from '../../server/src/runtime/index.ts';
import { fenced, runAgents, seedFor, startAgent, stress } from './support/agents.ts';
import type { ContainerOp, Operation } from './support/linearizable.ts';
import { container, linearization } from './support/linearizable.ts';

let seed = 0;
afterEach(({ task }) => {
  if (task.result?.state === 'fail')
    process.stderr.write(`LOCKSTEP_SEED=${seed} runs "${task.name}" again\n`);
});
const seeded = (name: string) => (seed = seedFor(name));

function shared(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

describe('agents that do not let each other rest', { timeout: 60_000 * stress }, () => {
  test('Mutex: no increment is lost, by whatever way it is taken', async () => {
    const base = seeded('Mutex');
    const { buffer, offset, intact } = fenced(Mutex.byteLength());
    Mutex.initialize(buffer, offset);
    const mutex = new Mutex(buffer, offset).handle;
    const counts = shared(1);
    const rounds = 150_000 * stress;
    const ids = await runAgents<number>('mutexCounter', 3, (index) => ({
      mutex,
      counts,
      rounds,
      seed: base + index,
    }));
    expect(counts[0]).toBe(3 * rounds);
    expect(new Set(ids).size).toBe(3);
    expect(intact()).toBe(true);
  });

  test('RWMutex: readers never see half of a write, and no write is lost', async () => {
    const base = seeded('RWMutex');
    const { buffer, offset, intact } = fenced(RWMutex.byteLength());
    RWMutex.initialize(buffer, offset);
    const rw = new RWMutex(buffer, offset).handle;
    const counts = shared(2);
    const results = await runAgents<{ torn: number; writes: number }>('rwPairs', 3, (index) => ({
      rw,
      counts,
      rounds: 60_000 * stress,
      seed: base + index,
    }));
    expect(results.map(({ torn }) => torn)).toEqual([0, 0, 0]);
    expect(counts[0]).toBe(results.reduce((sum, { writes }) => sum + writes, 0));
    expect(intact()).toBe(true);
  });

  test('Semaphore: never more permits out than there are, and all come back', async () => {
    const base = seeded('Semaphore');
    const { buffer, offset, intact } = fenced(Semaphore.byteLength());
    Semaphore.initialize(buffer, offset, { permits: 4, max: 4 });
    const semaphore = new Semaphore(buffer, offset);
    const counts = shared(2);
    await runAgents('semaphoreRoom', 3, (index) => ({
      semaphore: semaphore.handle,
      counts,
      rounds: 60_000 * stress,
      seed: base + index,
    }));
    expect(semaphore.available).toBe(4);
    expect(counts[1]).toBeLessThanOrEqual(4);
    expect(intact()).toBe(true);
  });

  test('Condition: a bounded buffer of one loses no item', async () => {
    const { buffer, offset, intact } = fenced(Condition.byteLength());
    Condition.initialize(buffer, offset);
    const data = {
      mutex: Mutex.create().handle,
      condition: new Condition(buffer, offset).handle,
      counts: shared(2),
    };
    const rounds = 6_000 * stress;
    await Promise.all([
      runAgents('conditionProducer', 2, () => ({ ...data, rounds })),
      runAgents('conditionConsumer', 2, () => ({ ...data, rounds })),
    ]);
    expect([...data.counts]).toEqual([0, 2 * rounds]);
    expect(intact()).toBe(true);
  });

  test('Barrier: everybody sees what everybody did in the round', async () => {
    const { buffer, offset, intact } = fenced(Barrier.byteLength());
    Barrier.initialize(buffer, offset, { parties: 3 });
    const data = { barrier: new Barrier(buffer, offset).handle, counts: shared(3), rounds: 4_000 * stress };
    expect(await runAgents('barrierRounds', 3, (index) => ({ ...data, index }))).toEqual([0, 0, 0]);
    expect(intact()).toBe(true);
  });

  test('WaitGroup: what the workers wrote is there when the wait is over', async () => {
    const group = WaitGroup.create({ count: 3 });
    const counts = shared(3);
    const workers = runAgents('groupWorker', 3, (index) => ({ group: group.handle, counts, index }));
    expect(await group.waitAsync({ timeout: 30_000 })).toBe(true);
    expect([...counts]).toEqual([1, 2, 3]);
    await workers;
  });

  test('Once: one does the work, all see it', async () => {
    const once = Once.create();
    const counts = shared(2);
    const seen = await runAgents('onceWork', 3, () => ({ once: once.handle, counts }));
    expect(seen).toEqual([42, 42, 42]);
    expect(counts[0]).toBe(1);
  });

  for (const capacity of [0, 1, 64])
    test(`Channel(${capacity}): every value arrives once, and in each sender's order`, async () => {
      const base = seeded(`Channel(${capacity})`);
      const options = { capacity, kind: 'f64' } as const;
      const { buffer, offset, intact } = fenced(Channel.byteLength(options));
      Channel.initialize(buffer, offset, options);
      const channel = new Channel(buffer, offset);
      const rounds = (capacity < 2 ? 5_000 : 60_000) * stress;
      const receivers = runAgents<{ count: number; sum: number; disorder: number }>(
        'channelReceive',
        2,
        (index) => ({ channel: channel.handle, seed: base + 10 + index }),
      );
      await runAgents('channelSend', 2, (index) => ({
        channel: channel.handle,
        index,
        rounds,
        seed: base + index,
      }));
      channel.close();
      const results = await receivers;
      const total = (of: 'count' | 'sum' | 'disorder') =>
        results.reduce((sum, result) => sum + result[of], 0);
      expect(total('count')).toBe(2 * rounds);
      expect(total('sum')).toBe(rounds * (rounds - 1) + rounds * 1_000_000);
      expect(total('disorder')).toBe(0);
      expect(intact()).toBe(true);
    });

  test('Channel.select: takes from all channels until all have ended', async () => {
    const base = seeded('select');
    const channels = [Channel.create({ capacity: 0 }), Channel.create({ capacity: 4 })];
    const others = channels.map(({ handle }) => handle);
    const rounds = 2_000 * stress;
    const selects = runAgents<number>('channelSelect', 2, () => ({ others }));
    await runAgents('channelSend', 2, (index) => ({
      channel: others[index],
      index,
      rounds,
      seed: base + index,
    }));
    for (const channel of channels) channel.close();
    const sums = await selects;
    expect(sums[0]! + sums[1]!).toBe(rounds * (rounds - 1) + rounds * 1_000_000);
  });

  test('RingBuffer: a million numbers come in order, in blocks of any length', async () => {
    const base = seeded('RingBuffer');
    const options = { capacity: 100, kind: 'i32' } as const;
    const { buffer, offset, intact } = fenced(RingBuffer.byteLength(options));
    RingBuffer.initialize(buffer, offset, options);
    const data = { ring: new RingBuffer(buffer, offset).handle, rounds: 1_000_000 * stress };
    const producer = startAgent('ringProducer', { ...data, seed: base });
    const consumer = startAgent<number>('ringConsumer', { ...data, seed: base + 1 });
    await producer.done;
    expect(await consumer.done).toBe(0);
    expect(intact()).toBe(true);
  });

  test('LockFreeStack: millions of pushes and pops through eight nodes balance', async () => {
    const base = seeded('LockFreeStack');
    const { buffer, offset, intact } = fenced(LockFreeStack.byteLength({ capacity: 8 }));
    LockFreeStack.initialize(buffer, offset, { capacity: 8 });
    const stack = new LockFreeStack(buffer, offset);
    const results = await runAgents<{ count: number; sum: number }>('stackTraffic', 3, (index) => ({
      stack: stack.handle,
      rounds: 700_000 * stress,
      seed: base + index,
      index,
    }));
    let [count, sum] = [0, 0];
    for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
      count++;
      sum += value;
    }
    expect(results.reduce((all, result) => all + result.count, 0)).toBe(count);
    expect(results.reduce((all, result) => all + result.sum, 0)).toBe(sum);
    // No node was lost: all eight are free again.
    expect(Array.from({ length: 9 }, (_, value) => stack.push(value))).toEqual([
      ...Array<boolean>(8).fill(true),
      false,
    ]);
    expect(intact()).toBe(true);
  });

  test('LockFreeQueue: millions of values through eight nodes balance', async () => {
    const base = seeded('LockFreeQueue');
    const { buffer, offset, intact } = fenced(LockFreeQueue.byteLength({ capacity: 8 }));
    LockFreeQueue.initialize(buffer, offset, { capacity: 8 });
    const queue = new LockFreeQueue(buffer, offset);
    const results = await runAgents<{ count: number; sum: number }>('queueTraffic', 3, (index) => ({
      queue: queue.handle,
      rounds: 500_000 * stress,
      seed: base + index,
      index,
    }));
    let [count, sum] = [0, 0];
    for (let value = queue.dequeue(); value !== undefined; value = queue.dequeue()) {
      count++;
      sum += value;
    }
    expect(results.reduce((all, result) => all + result.count, 0)).toBe(count);
    expect(results.reduce((all, result) => all + result.sum, 0)).toBe(sum);
    expect(Array.from({ length: 9 }, (_, value) => queue.enqueue(value))).toEqual([
      ...Array<boolean>(8).fill(true),
      false,
    ]);
    expect(intact()).toBe(true);
  });

  test('SnapshotCell: readers see whole versions, never an older one again', async () => {
    const options = { size: 32, kind: 'i32', versions: 3 } as const;
    const { buffer, offset, intact } = fenced(SnapshotCell.byteLength(options));
    SnapshotCell.initialize(buffer, offset, options);
    const cell = new SnapshotCell<'i32'>(buffer, offset);
    const counts = shared(2);
    const rounds = 20_000 * stress;
    const readers = runAgents<{ torn: number; back: number; reads: number }>('snapshotReader', 2, () => ({
      snapshot: cell.handle,
      counts,
    }));
    await begun(counts, 2);
    await runAgents('snapshotWriter', 2, () => ({ snapshot: cell.handle, rounds }));
    Atomics.store(counts, 0, 1);
    for (const { torn, back, reads } of await readers) {
      expect([torn, back]).toEqual([0, 0]);
      expect(reads).toBeGreaterThan(0);
    }
    expect(cell.read((version) => [...new Set(version)])).toEqual([2 * rounds]);
    expect(intact()).toBe(true);
  });

  test('SeqLock: readers see whole records, never an older one again', async () => {
    const options = { size: 8, kind: 'f64' } as const;
    const { buffer, offset, intact } = fenced(SeqLock.byteLength(options));
    SeqLock.initialize(buffer, offset, options);
    const record = new SeqLock<'f64'>(buffer, offset);
    const counts = shared(2);
    const rounds = 100_000 * stress;
    const readers = runAgents<{ torn: number; back: number; reads: number }>('seqReader', 2, () => ({
      seqLock: record.handle,
      counts,
    }));
    await begun(counts, 2);
    await runAgents('seqWriter', 2, () => ({ seqLock: record.handle, rounds }));
    Atomics.store(counts, 0, 1);
    for (const { torn, back, reads } of await readers) {
      expect([torn, back]).toEqual([0, 0]);
      expect(reads).toBeGreaterThan(0);
    }
    expect(record.read((values) => [...new Set(values)])).toEqual([2 * rounds]);
    expect(intact()).toBe(true);
  });
});

describe('recorded histories can be explained one operation at a time', { timeout: 60_000 * stress }, () => {
  const agents = 3;
  const rounds = 300;
  async function histories(
    job: string,
    make: () => object,
    order: 'fifo' | 'lifo',
    slack: 'exact' | 'slack',
  ): Promise<void> {
    const base = seeded(job);
    for (let repeat = 0; repeat < 5 * stress; repeat++) {
      const clock = shared(3);
      clock[2] = agents;
      const data = make();
      const parts = await runAgents<Operation<ContainerOp>[]>(job, agents, (index) => ({
        ...data,
        clock,
        rounds,
        index,
        seed: base + repeat * agents + index,
      }));
      const history = parts.flat();
      expect(history.length).toBe(agents * rounds);
      const explained = linearization(history, container(order, 6, slack)) !== undefined;
      expect(explained, `history ${repeat} of seed ${base}`).toBe(true);
    }
  }
  test('LockFreeQueue', () =>
    histories(
      'recordQueue',
      () => ({ queue: LockFreeQueue.create({ capacity: 6 }).handle }),
      'fifo',
      'slack',
    ));
  test('LockFreeStack', () =>
    histories(
      'recordStack',
      () => ({ stack: LockFreeStack.create({ capacity: 6 }).handle }),
      'lifo',
      'slack',
    ));
  test('Channel', () =>
    histories('recordChannel', () => ({ channel: Channel.create({ capacity: 6 }).handle }), 'fifo', 'exact'));
});

describe('a worker that is killed', () => {
  test('while it holds a Mutex leaves it held, until recover() says that it has ended', async () => {
    const mutex = Mutex.create();
    const counts = shared(1);
    const { worker } = startAgent('holdMutex', { mutex: mutex.handle, counts });
    await new Promise((resolve) => worker.once('message', resolve));
    const holder = counts[0]!;
    await worker.terminate();
    expect(mutex.locked).toBe(true);
    expect(mutex.lock(20)).toBe(false);
    expect(await mutex.lockAsync({ timeout: 20 })).toBe(false);
    expect(() => mutex.unlock()).toThrow(/another agent holds it/);
    expect(mutex.recover(holder + 1)).toBe(false);
    expect(mutex.recover(holder)).toBe(true);
    expect(mutex.tryLock()).toBe(true);
    mutex.unlock();
  });

  test('while it waits for a Mutex does not stop the others', async () => {
    const mutex = Mutex.create();
    mutex.lock();
    const victims = [0, 1].map(() => startAgent('waitForMutex', { mutex: mutex.handle }));
    await Promise.all(victims.map(({ worker }) => new Promise((resolve) => worker.once('message', resolve))));
    await Promise.all(victims.map(({ worker }) => worker.terminate()));
    const other = startAgent('waitForMutex', { mutex: mutex.handle });
    await new Promise((resolve) => other.worker.once('message', resolve));
    mutex.unlock();
    await other.done;
    expect(mutex.locked).toBe(false);
  });
});

/** Until that many readers have read once: writers that are done before them would prove nothing. */
async function begun(counts: Int32Array<SharedArrayBuffer>, readers: number): Promise<void> {
  for (let now = Atomics.load(counts, 1); now < readers; now = Atomics.load(counts, 1)) {
    await Atomics.waitAsync(counts, 1, now).value;
  }
}
