/**
 * For: what worker threads do in the tests: one function per job.
 * In and out: plain data and handles in, a result out, by message.
 * Must never know: what the tests expect.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { SyncHandle } from '../../../server/src/runtime/index.ts';
import {
  agentId,
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
} from '../../../server/src/runtime/index.ts';
import { randomFrom } from './random.ts';

interface Data {
  readonly job: string;
  readonly seed: number;
  readonly rounds: number;
  readonly index: number;
  readonly counts: Int32Array;
  readonly values: readonly number[];
  readonly clock: Int32Array;
  readonly mutex: SyncHandle<'Mutex'>;
  readonly rw: SyncHandle<'RWMutex'>;
  readonly semaphore: SyncHandle<'Semaphore'>;
  readonly condition: SyncHandle<'Condition'>;
  readonly barrier: SyncHandle<'Barrier'>;
  readonly group: SyncHandle<'WaitGroup'>;
  readonly once: SyncHandle<'Once'>;
  readonly channel: SyncHandle<'Channel'>;
  readonly others: readonly SyncHandle<'Channel'>[];
  readonly ring: SyncHandle<'RingBuffer'>;
  readonly stack: SyncHandle<'LockFreeStack'>;
  readonly queue: SyncHandle<'LockFreeQueue'>;
  readonly snapshot: SyncHandle<'SnapshotCell'>;
  readonly seqLock: SyncHandle<'SeqLock'>;
}

const jobs: Record<string, (data: Data) => unknown> = {
  /** Adds under the lock by a plain read and write, through every way of taking it. */
  async mutexCounter({ mutex: handle, counts, rounds, seed }) {
    const mutex = Mutex.from(handle);
    const random = randomFrom(seed);
    const bump = () => {
      counts[0] = counts[0]! + 1;
    };
    for (let round = 0; round < rounds; round++) {
      const way = random(64);
      if (way < 56) {
        mutex.lock();
        bump();
        mutex.unlock();
      } else if (way < 60) {
        while (!mutex.tryLock());
        bump();
        mutex.unlock();
      } else if (way < 62) {
        while (!mutex.lock(random(3)));
        bump();
        mutex.unlock();
      } else if (way < 63) await mutex.runExclusive(bump);
      else {
        while (!(await mutex.lockAsync({ timeout: 1 + random(3) })));
        bump();
        mutex.unlock();
      }
    }
    return agentId;
  },

  holdMutex({ mutex: handle, counts }) {
    const mutex = Mutex.from(handle);
    mutex.lock();
    counts[0] = agentId;
    tell('held');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },

  waitForMutex({ mutex: handle }) {
    tell('waiting');
    const mutex = Mutex.from(handle);
    mutex.lock();
    mutex.unlock();
  },

  /** Two cells that only writers make different; readers must never see them so. */
  async rwPairs({ rw, counts, rounds, seed }) {
    const lock = RWMutex.from(rw);
    const random = randomFrom(seed);
    let torn = 0;
    const write = () => {
      counts[0] = counts[0]! + 1;
      counts[1] = counts[1]! + 1;
    };
    let writes = 0;
    for (let round = 0; round < rounds; round++) {
      const way = random(32);
      if (way < 6) {
        lock.withLock(write);
        writes++;
      } else if (way < 8) {
        if (lock.lock(random(2))) {
          write();
          lock.unlock();
          writes++;
        }
      } else if (way < 9) {
        await lock.runExclusive(write);
        writes++;
      } else if (way < 10) torn += await lock.runShared(() => Number(counts[0] !== counts[1]));
      else torn += lock.withRLock(() => Number(counts[0] !== counts[1]));
    }
    return { torn, writes };
  },

  /** `counts[0]` permits are out at most; `counts[1]` is the most that were. */
  semaphoreRoom({ semaphore, counts, rounds, seed }) {
    const permits = Semaphore.from(semaphore);
    const random = randomFrom(seed);
    for (let round = 0; round < rounds; round++) {
      const n = 1 + random(3);
      if (!permits.acquire(n, random(8) === 0 ? 1 : undefined)) continue;
      const out = Atomics.add(counts, 0, n) + n;
      let most = Atomics.load(counts, 1);
      while (out > most) most = Atomics.compareExchange(counts, 1, most, out);
      Atomics.sub(counts, 0, n);
      permits.release(n);
    }
  },

  /** A bounded buffer of one number behind a mutex and two conditions. */
  conditionProducer({ mutex, condition, counts, rounds }) {
    const [lock, changed] = [Mutex.from(mutex), Condition.from(condition)];
    for (let round = 0; round < rounds; round++) {
      lock.lock();
      changed.waitUntil(lock, () => counts[0] === 0);
      counts[0] = 1;
      changed.notifyAll();
      lock.unlock();
    }
  },
  conditionConsumer({ mutex, condition, counts, rounds }) {
    const [lock, changed] = [Mutex.from(mutex), Condition.from(condition)];
    for (let round = 0; round < rounds; round++) {
      lock.lock();
      changed.waitUntil(lock, () => counts[0] === 1);
      counts[0] = 0;
      counts[1] = counts[1]! + 1;
      changed.notifyAll();
      lock.unlock();
    }
  },

  /** Everybody writes its own cell in each round, and must see all cells of that round behind the barrier. */
  barrierRounds({ barrier, counts, rounds, index }) {
    const gate = Barrier.from(barrier);
    let wrong = 0;
    for (let round = 1; round <= rounds; round++) {
      counts[index] = round;
      gate.wait();
      for (let party = 0; party < gate.parties; party++) if (counts[party] !== round) wrong++;
      gate.wait();
    }
    return wrong;
  },

  groupWorker({ group, counts, index }) {
    counts[index] = index + 1;
    WaitGroup.from(group).done();
  },

  onceWork({ once, counts }) {
    Once.from(once).do(() => {
      counts[0] = counts[0]! + 1;
      counts[1] = 42;
    });
    return counts[1];
  },

  /** Sends its own numbers, each with its sequence: sender × 1,000,000 + sequence. */
  channelSend({ channel, index, rounds, seed }) {
    const out = Channel.from(channel);
    const random = randomFrom(seed);
    for (let sequence = 0; sequence < rounds; sequence++) {
      const value = index * 1_000_000 + sequence;
      if (random(16) === 0) while (!out.send(value, random(2)));
      else out.send(value);
    }
  },
  /** Receives until the end; how many, and whether any sender's numbers came out of order. */
  async channelReceive({ channel, seed }) {
    const from = Channel.from(channel);
    const random = randomFrom(seed);
    const last = new Map<number, number>();
    let count = 0;
    let sum = 0;
    let disorder = 0;
    for (;;) {
      const way = random(16);
      const value =
        way === 0 ? from.receive(random(2)) : way === 1 ? await from.receiveAsync() : from.receive();
      if (value === undefined) {
        if (from.ended) return { count, sum, disorder };
        continue;
      }
      const sender = Math.floor(value / 1_000_000);
      if (value <= (last.get(sender) ?? -1)) disorder++;
      last.set(sender, value);
      count++;
      sum += value;
    }
  },
  channelSelect({ others }) {
    const channels = others.map((handle) => Channel.from(handle));
    let open = channels;
    let sum = 0;
    while (open.length > 0) {
      const found = Channel.select(open)!;
      if (found.ended) open = open.filter((channel) => channel !== found.channel);
      else sum += found.value!;
    }
    return sum;
  },

  ringProducer({ ring, rounds, seed }) {
    const buffer = RingBuffer.from<'i32'>(ring);
    const random = randomFrom(seed);
    const block = new Int32Array(64);
    for (let next = 0; next < rounds;) {
      const length = Math.min(1 + random(64), rounds - next);
      for (let index = 0; index < length; index++) block[index] = next + index;
      const count = buffer.push(block, length);
      next += count;
      if (count === 0) buffer.waitWritable();
    }
  },
  ringConsumer({ ring, rounds, seed }) {
    const buffer = RingBuffer.from<'i32'>(ring);
    const random = randomFrom(seed);
    const block = new Int32Array(64);
    let wrong = 0;
    for (let next = 0; next < rounds;) {
      const count = buffer.pop(block, 1 + random(64));
      for (let index = 0; index < count; index++) if (block[index] !== next + index) wrong++;
      next += count;
      if (count === 0) buffer.waitReadable();
    }
    return wrong;
  },

  /** Every value goes in and out many times, through few nodes: sums in minus sums out must vanish. */
  stackTraffic({ stack, rounds, seed, index }) {
    return traffic(
      LockFreeStack.from(stack),
      (one, value) => one.push(value),
      (one) => one.pop(),
      rounds,
      seed,
      index,
    );
  },
  queueTraffic({ queue, rounds, seed, index }) {
    return traffic(
      LockFreeQueue.from(queue),
      (one, value) => one.enqueue(value),
      (one) => one.dequeue(),
      rounds,
      seed,
      index,
    );
  },

  /** Operations with the moments of call and return, on one clock that all share. */
  recordQueue(data) {
    const queue = LockFreeQueue.from(data.queue);
    return record(
      data,
      (value) => queue.enqueue(value),
      () => queue.dequeue(),
    );
  },
  recordStack(data) {
    const stack = LockFreeStack.from(data.stack);
    return record(
      data,
      (value) => stack.push(value),
      () => stack.pop(),
    );
  },
  recordChannel(data) {
    const channel = Channel.from(data.channel);
    return record(
      data,
      (value) => channel.trySend(value),
      () => channel.tryReceive(),
    );
  },

  snapshotWriter({ snapshot, rounds }) {
    const cell = SnapshotCell.from<'i32'>(snapshot);
    for (let round = 0; round < rounds; round++)
      cell.update((draft) => {
        for (let index = 0; index < draft.length; index++) draft[index]!++;
      });
  },
  snapshotReader({ snapshot, counts }) {
    const cell = SnapshotCell.from<'i32'>(snapshot);
    let [torn, back, last, reads] = [0, 0, 0, 0];
    while (Atomics.load(counts, 0) === 0) {
      cell.read((version) => {
        const first = version[0]!;
        for (const value of version) if (value !== first) torn++;
        if (first < last) back++;
        last = first;
        if (++reads === 1) arrive(counts);
      });
    }
    return { torn, back, reads };
  },
  seqWriter({ seqLock, rounds }) {
    const record = SeqLock.from<'f64'>(seqLock);
    for (let round = 0; round < rounds; round++)
      record.write((draft) => {
        for (let index = 0; index < draft.length; index++) draft[index]!++;
      });
  },
  seqReader({ seqLock, counts }) {
    const record = SeqLock.from<'f64'>(seqLock);
    let [torn, back, last, reads] = [0, 0, 0, 0];
    while (Atomics.load(counts, 0) === 0) {
      record.read((values) => {
        const first = values[0]!;
        for (const value of values) if (value !== first) torn++;
        if (first < last) back++;
        last = first;
        if (++reads === 1) arrive(counts);
      });
    }
    return { torn, back, reads };
  },
};

function traffic<T>(
  object: T,
  put: (object: T, value: number) => boolean,
  take: (object: T) => number | undefined,
  rounds: number,
  seed: number,
  index: number,
): { count: number; sum: number } {
  const random = randomFrom(seed);
  let [count, sum] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    if (random(2) === 0) {
      const value = index * 100_000_000 + round + 1;
      if (put(object, value)) {
        count++;
        sum += value;
      }
    } else {
      const value = take(object);
      if (value !== undefined) {
        count--;
        sum -= value;
      }
    }
  }
  return { count, sum };
}

function record(
  { clock, rounds, seed, index }: Data,
  put: (value: number) => boolean,
  take: () => number | undefined,
): unknown[] {
  const random = randomFrom(seed);
  // All begin together, or the histories do not overlap.
  Atomics.add(clock, 1, 1);
  while (Atomics.load(clock, 1) < clock[2]!);
  return Array.from({ length: rounds }, (_, round) => {
    const value = index * 1000 + round;
    const putting = random(2) === 0;
    const call = Atomics.add(clock, 0, 1);
    const result = putting ? put(value) : take();
    const returned = Atomics.add(clock, 0, 1);
    const op = putting ? { kind: 'put', value, ok: result } : { kind: 'take', value: result };
    return { op, call, return: returned };
  });
}

function tell(word: string): void {
  parentPort!.postMessage({ word });
}

if (parentPort !== null) {
  const data = workerData as Data;
  try {
    parentPort.postMessage({ result: await jobs[data.job]!(data) });
  } catch (error) {
    parentPort.postMessage({
      failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}

/** Says in the second cell that this reader has begun. */
function arrive(counts: Int32Array): void {
  Atomics.add(counts, 1, 1);
  Atomics.notify(counts, 1);
}
