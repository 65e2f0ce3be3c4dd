/**
 * For: small scenes in which each primitive can go wrong, if it can.
 * In and out: a mutation of the source, or none, in; what explore.ts needs out.
 * Must never know: which mutations there are (mutants.ts), nor what is expected of them.
 *
 * What a scene looks for stands beside it. "Nobody is stuck" is looked for in all.
 */
import type { ContainerOp, Operation } from '../support/linearizable.ts';
import { container, linearization } from '../support/linearizable.ts';
import type { Scene, Thread } from './explore.ts';
import { atomically, step } from './explore.ts';
import type { Mutation, Stepped } from './stepwise.ts';
import { stepwise } from './stepwise.ts';

export type SceneMaker = (mutation?: Mutation) => () => Scene;

/** The file of each scene's primitive, so that a mutant knows what it changes. */
export interface NamedScene {
  readonly name: string;
  readonly file: string;
  readonly make: SceneMaker;
}

function memory(type: Stepped, options?: unknown): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(type.byteLength(options));
  type.initialize(buffer, 0, options);
  return buffer;
}

function fail(message: string): never {
  throw new Error(message);
}

function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) fail(`${what}: ${a} instead of ${b}`);
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Two agents inside at once is what must not be. */
function room(): { enter(alone: boolean): void; leave(): void; visits: number } {
  let inside = 0;
  let alone = false;
  return {
    visits: 0,
    enter(exclusive) {
      if (inside > 0 && (exclusive || alone)) fail('Two are inside, and one of them wants to be alone');
      inside++;
      alone = exclusive;
    },
    leave() {
      inside--;
      this.visits++;
    },
  };
}

const mutex: SceneMaker = (mutation) => {
  const Mutex = stepwise('mutex.ts', 'Mutex', mutation);
  return () => {
    const buffer = memory(Mutex);
    const inside = room();
    function* thread(): Thread {
      const lock = new Mutex(buffer, 0);
      yield* lock['lock']!();
      inside.enter(true);
      yield step;
      inside.leave();
      yield* lock['unlock']!();
    }
    return {
      threads: times(3, thread),
      memory: [buffer],
      check: () => expectEqual(inside.visits, 3, 'visits'),
    };
  };
};

/** One may give up; whether it got in or not, the others get in. */
const mutexTimeout: SceneMaker = (mutation) => {
  const Mutex = stepwise('mutex.ts', 'Mutex', mutation);
  return () => {
    const buffer = memory(Mutex);
    const inside = room();
    let got = 0;
    function* thread(timeout?: number): Thread {
      const lock = new Mutex(buffer, 0);
      if ((yield* lock['lock']!(timeout)) === false) return;
      got++;
      inside.enter(true);
      yield step;
      inside.leave();
      yield* lock['unlock']!();
    }
    return {
      threads: [thread(), thread(10), thread()],
      memory: [buffer],
      check() {
        if (got < 2) fail('One that did not give up did not get in');
      },
      also: () => String(got),
    };
  };
};

const rwMutex: SceneMaker = (mutation) => {
  const RWMutex = stepwise('rwMutex.ts', 'RWMutex', mutation);
  return () => {
    const buffer = memory(RWMutex);
    const inside = room();
    function* writer(): Thread {
      const lock = new RWMutex(buffer, 0);
      yield* lock['lock']!();
      inside.enter(true);
      yield step;
      inside.leave();
      yield* lock['unlock']!();
    }
    function* reader(): Thread {
      const lock = new RWMutex(buffer, 0);
      yield* lock['rLock']!();
      inside.enter(false);
      yield step;
      inside.leave();
      yield* lock['rUnlock']!();
    }
    return {
      threads: [writer(), reader(), writer()],
      memory: [buffer],
      check: () => expectEqual(inside.visits, 3, 'visits'),
    };
  };
};

/** A writer gives up while readers wait behind it. */
const rwMutexTimeout: SceneMaker = (mutation) => {
  const RWMutex = stepwise('rwMutex.ts', 'RWMutex', mutation);
  return () => {
    const buffer = memory(RWMutex);
    const inside = room();
    function* writer(): Thread {
      const lock = new RWMutex(buffer, 0);
      if ((yield* lock['lock']!(10)) === false) return;
      inside.enter(true);
      yield step;
      inside.leave();
      yield* lock['unlock']!();
    }
    function* reader(): Thread {
      const lock = new RWMutex(buffer, 0);
      yield* lock['rLock']!();
      inside.enter(false);
      yield step;
      inside.leave();
      yield* lock['rUnlock']!();
    }
    return { threads: [reader(), writer(), reader()], memory: [buffer] };
  };
};

/** Two want one permit, one wants both. */
const semaphore: SceneMaker = (mutation) => {
  const Semaphore = stepwise('semaphore.ts', 'Semaphore', mutation);
  return () => {
    const buffer = memory(Semaphore, { permits: 2 });
    let free = 2;
    function* thread(n: number): Thread {
      const permits = new Semaphore(buffer, 0);
      yield* permits['acquire']!(n);
      free -= n;
      if (free < 0) fail('More permits are out than there are');
      yield step;
      free += n;
      yield* permits['release']!(n);
    }
    return { threads: [thread(1), thread(2), thread(1)], memory: [buffer] };
  };
};

/** One permit comes, and a small and a large request wait; the small one brings what the large one lacks. */
const semaphoreLarge: SceneMaker = (mutation) => {
  const Semaphore = stepwise('semaphore.ts', 'Semaphore', mutation);
  return () => {
    const buffer = memory(Semaphore, { permits: 0 });
    function* large(): Thread {
      yield* new Semaphore(buffer, 0)['acquire']!(2);
    }
    function* small(): Thread {
      const permits = new Semaphore(buffer, 0);
      yield* permits['acquire']!(1);
      yield* permits['release']!(2);
    }
    function* giver(): Thread {
      yield* new Semaphore(buffer, 0)['release']!(1);
    }
    return { threads: [large(), small(), giver()], memory: [buffer] };
  };
};

/** A consumer waits; the producer brings two items, one notification each; a thief takes what it finds. */
const condition =
  (thief: boolean): SceneMaker =>
  (mutation) => {
    const Mutex = stepwise('mutex.ts', 'Mutex');
    const Condition = stepwise('condition.ts', 'Condition', mutation);
    return () => {
      const lockBuffer = memory(Mutex);
      const buffer = memory(Condition);
      let items = 0;
      function* consumer(): Thread {
        const lock = new Mutex(lockBuffer, 0);
        const changed = new Condition(buffer, 0);
        yield* lock['lock']!();
        yield* changed['waitUntil']!(lock, () => items > 0);
        if (items === 0) fail('The wait is over, and there is nothing to take');
        items--;
        yield* lock['unlock']!();
      }
      function* producer(): Thread {
        const lock = new Mutex(lockBuffer, 0);
        const changed = new Condition(buffer, 0);
        for (let item = 0; item < (thief ? 2 : 1); item++) {
          yield* lock['lock']!();
          items++;
          yield* lock['unlock']!();
          yield* changed['notifyOne']!();
        }
      }
      function* robber(): Thread {
        const lock = new Mutex(lockBuffer, 0);
        if ((yield* lock['tryLock']!()) === false) return;
        if (items > 0) items--;
        yield* lock['unlock']!();
      }
      return {
        threads: thief ? [consumer(), producer(), robber()] : [consumer(), producer()],
        memory: [lockBuffer, buffer],
        also: () => String(items),
      };
    };
  };

const barrier: SceneMaker = (mutation) => {
  const Barrier = stepwise('barrier.ts', 'Barrier', mutation);
  return () => {
    const buffer = memory(Barrier, { parties: 3 });
    const rounds = [0, 0, 0];
    function* party(index: number): Thread {
      const gate = new Barrier(buffer, 0);
      for (let round = 1; round <= 2; round++) {
        rounds[index] = round;
        yield* gate['wait']!();
        if (Math.min(...rounds) < round) fail(`Let through in round ${round} before all had come`);
      }
    }
    return { threads: times(3, party), memory: [buffer], also: () => rounds.join() };
  };
};

/** One of two parties may give up in the first round, and then comes again. */
const barrierTimeout: SceneMaker = (mutation) => {
  const Barrier = stepwise('barrier.ts', 'Barrier', mutation);
  return () => {
    const buffer = memory(Barrier, { parties: 2 });
    const arrived = [0, 0];
    function* patient(): Thread {
      const gate = new Barrier(buffer, 0);
      arrived[0] = 1;
      yield* gate['wait']!();
      if (arrived[1] === 0) fail('Let through alone');
    }
    function* hasty(): Thread {
      const gate = new Barrier(buffer, 0);
      arrived[1] = 1;
      if ((yield* gate['wait']!(10)) === true) return;
      arrived[1] = 0;
      yield step;
      arrived[1] = 1;
      yield* gate['wait']!();
    }
    return { threads: [patient(), hasty()], memory: [buffer], also: () => arrived.join() };
  };
};

/** One waiter sleeps already; the other begins the next round, which nobody ends, as soon as this one is over. */
const waitGroup: SceneMaker = (mutation) => {
  const WaitGroup = stepwise('waitGroup.ts', 'WaitGroup', mutation);
  return () => {
    const buffer = memory(WaitGroup, { count: 2 });
    let done = 0;
    function* worker(): Thread {
      const group = new WaitGroup(buffer, 0);
      done++;
      yield* group['done']!();
    }
    function* waiter(): Thread {
      yield* new WaitGroup(buffer, 0)['wait']!();
      if (done < 2) fail('The wait is over, and a worker is not done');
    }
    function* again(): Thread {
      const group = new WaitGroup(buffer, 0);
      yield* group['wait']!();
      yield* group['add']!(1);
    }
    return {
      threads: [waiter(), worker(), worker(), again()],
      memory: [buffer],
      first: [0, 0, 0, 0, 0],
      also: () => String(done),
    };
  };
};

const once: SceneMaker = (mutation) => {
  const Once = stepwise('once.ts', 'Once', mutation);
  return () => {
    const buffer = memory(Once);
    let runs = 0;
    let value = 0;
    function* work(): Thread {
      runs++;
      yield step;
      value = 42;
    }
    function* thread(): Thread {
      yield* new Once(buffer, 0)['do']!(work);
      if (value !== 42) fail('Back from do(), and the work is not done');
      if (runs !== 1) fail(`The work was done ${runs} times`);
    }
    return { threads: times(3, thread), memory: [buffer], also: () => `${runs},${value}` };
  };
};

/** Senders and receivers of a channel: everything sent is received, once, and each sender's values in order. */
function channel(capacity: number, sends: readonly number[][], receives: readonly number[]): SceneMaker {
  return (mutation) => {
    const Channel = stepwise('channel.ts', 'Channel', mutation);
    return () => {
      const buffer = memory(Channel, { capacity, kind: 'i32' });
      const received: number[] = [];
      const lost: number[] = [];
      function* sender(values: readonly number[]): Thread {
        const out = new Channel(buffer, 0);
        for (const value of values)
          // A negative value may be given up.
          if ((yield* out['send']!(value, value < 0 ? 10 : undefined)) === false) lost.push(value);
      }
      function* receiver(count: number): Thread {
        const from = new Channel(buffer, 0);
        for (let index = 0; index < count; index++) received.push((yield* from['receive']!()) as number);
      }
      return {
        threads: [...sends.map(sender), ...receives.map(receiver)],
        memory: [buffer],
        check() {
          if (receives.length > 1) expectEqual([...received].sort(), sends.flat().sort(), 'all values');
          else
            for (const values of sends)
              expectEqual(
                received.filter((value) => values.includes(value)),
                values,
                'values of one sender',
              );
        },
        also: () => `${received.join()}/${lost.join()}`,
      };
    };
  };
}

/** The sender may give up, the receiver too: what was sent was received, what was not was not. */
const channelTimeout: SceneMaker = (mutation) => {
  const Channel = stepwise('channel.ts', 'Channel', mutation);
  return () => {
    const buffer = memory(Channel, { capacity: 0, kind: 'i32' });
    const sent: number[] = [];
    const received: number[] = [];
    function* sender(value: number): Thread {
      if ((yield* new Channel(buffer, 0)['send']!(value, 10)) === true) sent.push(value);
    }
    function* tryingSender(): Thread {
      if ((yield* new Channel(buffer, 0)['trySend']!(3)) === true) sent.push(3);
    }
    function* receiver(): Thread {
      const value = (yield* new Channel(buffer, 0)['receive']!(10)) as number | undefined;
      if (value !== undefined) received.push(value);
    }
    return {
      threads: [sender(1), receiver(), tryingSender()],
      memory: [buffer],
      check: () => expectEqual(received, sent, 'received'),
      also: () => `${sent.join()}/${received.join()}`,
    };
  };
};

/** Closing ends receivers that wait, and fails senders that wait. */
function channelClose(capacity: number): SceneMaker {
  return (mutation) => {
    const Channel = stepwise('channel.ts', 'Channel', mutation);
    return () => {
      const buffer = memory(Channel, { capacity, kind: 'i32' });
      const sent: number[] = [];
      const received: number[] = [];
      function* sender(): Thread {
        const out = new Channel(buffer, 0);
        for (const value of capacity > 0 ? [1, 2] : [1]) {
          try {
            yield* out['send']!(value);
          } catch {
            return;
          }
          sent.push(value);
        }
      }
      function* receiver(): Thread {
        const from = new Channel(buffer, 0);
        for (;;) {
          const value = (yield* from['receive']!()) as number | undefined;
          if (value === undefined) return;
          received.push(value);
        }
      }
      function* closer(): Thread {
        yield* new Channel(buffer, 0)['close']!();
      }
      return {
        threads: [sender(), receiver(), closer()],
        memory: [buffer],
        check: () => expectEqual(received, sent, 'received'),
        also: () => `${sent.join()}/${received.join()}`,
      };
    };
  };
}

/** Nobody receives: the sender must learn that the channel is closed. */
const channelAbandoned: SceneMaker = (mutation) => {
  const Channel = stepwise('channel.ts', 'Channel', mutation);
  return () => {
    const buffer = memory(Channel, { capacity: 0, kind: 'i32' });
    let refused = false;
    function* sender(): Thread {
      try {
        yield* new Channel(buffer, 0)['send']!(1);
      } catch {
        refused = true;
      }
    }
    function* closer(): Thread {
      yield* new Channel(buffer, 0)['close']!();
    }
    return {
      threads: [sender(), closer()],
      memory: [buffer],
      check: () => expectEqual(refused, true, 'refused'),
    };
  };
};

const ringBuffer: SceneMaker = (mutation) => {
  const RingBuffer = stepwise('ringBuffer.ts', 'RingBuffer', mutation);
  return () => {
    const buffer = memory(RingBuffer, { capacity: 2, kind: 'i32' });
    const received: number[] = [];
    function* producer(): Thread {
      const ring = new RingBuffer(buffer, 0);
      let left = [1, 2, 3, 4];
      while (left.length > 0) {
        const count = (yield* ring['push']!(new Int32Array(left))) as number;
        left = left.slice(count);
        if (count === 0) yield* ring['waitWritable']!();
      }
    }
    function* consumer(): Thread {
      const ring = new RingBuffer(buffer, 0);
      const into = new Int32Array(2);
      while (received.length < 4) {
        const count = (yield* ring['pop']!(into)) as number;
        received.push(...into.subarray(0, count));
        if (count === 0) yield* ring['waitReadable']!();
      }
    }
    return {
      threads: [producer(), consumer()],
      memory: [buffer],
      check: () => expectEqual(received, [1, 2, 3, 4], 'received'),
      also: () => received.join(),
    };
  };
};

/** Operations of a few threads on a container, recorded and then explained one at a time. */
function containerScene(
  file: string,
  type: string,
  [put, take]: readonly [string, string],
  order: 'fifo' | 'lifo',
  capacity: number,
  before: readonly number[],
  programs: readonly (readonly (number | 'take')[])[],
): SceneMaker {
  return (mutation) => {
    const Type = stepwise(file, type, mutation);
    return () => {
      const buffer = memory(Type, { capacity, kind: 'i32' });
      const history: Operation<ContainerOp>[] = [];
      let clock = 0;
      const log: string[] = [];
      function* operation(object: InstanceType<Stepped>, what: number | 'take'): Thread {
        const call = clock++;
        log.push(`(${what}`);
        const result = what === 'take' ? yield* object[take]!() : yield* object[put]!(what);
        log.push(`${String(result)})`);
        const op: ContainerOp =
          what === 'take'
            ? { kind: 'take', value: result as number | undefined }
            : { kind: 'put', value: what, ok: result as boolean };
        history.push({ op, call, return: clock++ });
      }
      function* thread(program: readonly (number | 'take')[]): Thread {
        const object = new Type(buffer, 0);
        for (const what of program) yield* operation(object, what);
      }
      const filler = thread(before);
      for (let sent = filler.next(); sent.done !== true;) {
        const [op, cells, ...args] = sent.value as [string, Int32Array, ...unknown[]];
        sent = filler.next(atomically(op, cells, ...args));
      }
      return {
        threads: programs.map(thread),
        memory: [buffer],
        check() {
          if (linearization(history, container(order, capacity, 'slack')) === undefined)
            fail(`No order explains ${JSON.stringify(history)}`);
        },
        also: () => log.join(''),
      };
    };
  };
}

/** A version is two elements, always equal. */
const snapshotCell: SceneMaker = (mutation) => {
  const SnapshotCell = stepwise('snapshotCell.ts', 'SnapshotCell', mutation);
  return () => {
    const options = { size: 2, kind: 'i32', versions: 2 };
    const buffer = memory(SnapshotCell, options);
    function* writer(): Thread {
      const cell = new SnapshotCell(buffer, 0);
      for (const value of [1, 2])
        yield* cell['update']!(function* (draft: Int32Array): Thread {
          draft[0] = value;
          yield step;
          draft[1] = value;
        });
    }
    function* reader(): Thread {
      yield* new SnapshotCell(buffer, 0)['read']!(function* (version: Int32Array): Thread {
        const first = version[0];
        yield step;
        if (version[1] !== first) fail(`A version that is half ${first} and half ${version[1]}`);
      });
    }
    return { threads: [writer(), reader(), reader()], memory: [buffer] };
  };
};

/** A record is two words, always equal; two writers add one to each. */
const seqLock: SceneMaker = (mutation) => {
  const SeqLock = stepwise('seqLock.ts', 'SeqLock', mutation);
  return () => {
    const buffer = memory(SeqLock, { size: 2, kind: 'i32' });
    function* writer(): Thread {
      yield* new SeqLock(buffer, 0)['write']!((record: Int32Array) => {
        record[0]!++;
        record[1]!++;
      });
    }
    function* reader(): Thread {
      yield* new SeqLock(buffer, 0)['read']!((record: Int32Array) => {
        if (record[0] !== record[1]) fail(`A record that is half ${record[0]} and half ${record[1]}`);
      });
    }
    return {
      threads: [writer(), reader(), writer()],
      memory: [buffer],
      check: () => expectEqual([...new Int32Array(buffer, 32, 2)], [2, 2], 'the record'),
    };
  };
};

const STACK = ['lockFreeStack.ts', 'LockFreeStack', ['push', 'pop'], 'lifo'] as const;
const QUEUE = ['lockFreeQueue.ts', 'LockFreeQueue', ['enqueue', 'dequeue'], 'fifo'] as const;

export const scenes: readonly NamedScene[] = [
  { name: 'Mutex: three agents', file: 'mutex.ts', make: mutex },
  { name: 'Mutex: one of three gives up', file: 'mutex.ts', make: mutexTimeout },
  { name: 'RWMutex: two writers, a reader', file: 'rwMutex.ts', make: rwMutex },
  { name: 'RWMutex: a writer gives up between readers', file: 'rwMutex.ts', make: rwMutexTimeout },
  { name: 'Semaphore: one permit, both, one', file: 'semaphore.ts', make: semaphore },
  { name: 'Semaphore: a small and a large request', file: 'semaphore.ts', make: semaphoreLarge },
  { name: 'Condition: a consumer, a producer', file: 'condition.ts', make: condition(false) },
  { name: 'Condition: a consumer, a producer, a thief', file: 'condition.ts', make: condition(true) },
  { name: 'Barrier: three parties, two rounds', file: 'barrier.ts', make: barrier },
  { name: 'Barrier: one of two gives up and comes again', file: 'barrier.ts', make: barrierTimeout },
  { name: 'WaitGroup: two workers, a waiter, a next round', file: 'waitGroup.ts', make: waitGroup },
  { name: 'Once: three agents', file: 'once.ts', make: once },
  { name: 'Channel(1): two senders, one receiver', file: 'channel.ts', make: channel(1, [[1], [2]], [2]) },
  { name: 'Channel(1): two values, two receivers', file: 'channel.ts', make: channel(1, [[1, 2]], [1, 1]) },
  { name: 'Channel(3): two values, two receivers', file: 'channel.ts', make: channel(3, [[1, 2]], [1, 1]) },
  { name: 'Channel(0): two senders, one receiver', file: 'channel.ts', make: channel(0, [[1], [2]], [2]) },
  { name: 'Channel(0): send, trySend and receive give up', file: 'channel.ts', make: channelTimeout },
  { name: 'Channel(1): closed while used', file: 'channel.ts', make: channelClose(1) },
  { name: 'Channel(0): closed while used', file: 'channel.ts', make: channelClose(0) },
  { name: 'Channel(0): closed while nobody receives', file: 'channel.ts', make: channelAbandoned },
  { name: 'RingBuffer(2): four values', file: 'ringBuffer.ts', make: ringBuffer },
  {
    name: 'LockFreeStack: pop against pop, pop, push and a push',
    file: 'lockFreeStack.ts',
    make: containerScene(...STACK, 3, [1, 2], [['take'], ['take', 'take', 3], [4]]),
  },
  {
    name: 'LockFreeStack: push, pop and a full stack',
    file: 'lockFreeStack.ts',
    make: containerScene(
      ...STACK,
      2,
      [1],
      [
        [2, 'take'],
        [3, 'take'],
      ],
    ),
  },
  {
    name: 'LockFreeQueue: two enqueue, one dequeues',
    file: 'lockFreeQueue.ts',
    make: containerScene(...QUEUE, 3, [], [[1], [2], ['take', 'take']]),
  },
  {
    name: 'LockFreeQueue: dequeue against dequeue, enqueue, enqueue',
    file: 'lockFreeQueue.ts',
    make: containerScene(...QUEUE, 2, [1], [['take'], ['take', 2, 'take', 3]]),
  },
  { name: 'SnapshotCell: two updates, two readers', file: 'snapshotCell.ts', make: snapshotCell },
  { name: 'SeqLock: two writers, a reader', file: 'seqLock.ts', make: seqLock },
];
