/** What Atomics order, and what they do not. */
import { parentPort } from 'node:worker_threads';
import { bytes, ints, message, program } from './kit.mjs';

const url = import.meta.url;
const until = (x, index, value) => {
  while (Atomics.load(x, index) !== value);
};

/** Time passes; no order follows from it. */
const rest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);

export const mixedRacy = program(url, 'mixedRacy', {
  worker(buffer) {
    const x = ints(buffer);
    Atomics.add(x, 0, 1); // race: mixedRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return x[0] > 5; // race: mixedRacy
  },
});
export const mixedFree = program(url, 'mixedFree', {
  workers: 2,
  worker(buffer) {
    const x = ints(buffer);
    for (let i = 0; i < 100; i++) Atomics.add(x, 0, 1);
    Atomics.sub(x, 1, 1);
    Atomics.or(x, 2, 4);
    Atomics.xor(x, 3, 0);
    Atomics.and(x, 4, -1);
    Atomics.exchange(x, 5, 3);
  },
  meanwhile: (buffer) => Atomics.load(ints(buffer), 9),
  after: (buffer) => [...ints(buffer)],
});

export const widthRacy = program(url, 'widthRacy', {
  worker(buffer) {
    Atomics.store(bytes(buffer), 1, 1); // race: widthRacy
  },
  meanwhile(buffer) {
    Atomics.store(ints(buffer), 0, 1); // race: widthRacy
  },
});
export const widthFree = program(url, 'widthFree', {
  worker: (buffer) => void Atomics.store(bytes(buffer), 1, 1),
  meanwhile(buffer) {
    Atomics.store(bytes(buffer), 2, 1);
    Atomics.add(new BigInt64Array(buffer), 1, 5n);
    return Atomics.load(new BigUint64Array(buffer), 1);
  },
  after: (buffer) => [ints(buffer)[0], String(new BigInt64Array(buffer)[1])],
});

export const flagRacy = program(url, 'flagRacy', {
  worker(buffer) {
    const x = ints(buffer);
    Atomics.store(x, 0, 1);
    x[1] = 42; // race: flagRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    until(x, 0, 1);
    return x[1] > 99; // race: flagRacy
  },
});
export const flagFree = program(url, 'flagFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[1] = 42;
    Atomics.store(x, 0, 1);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    until(x, 0, 1);
    return x[1];
  },
});

/** The second store replaces what the first released: whoever reads 2 is ordered after worker 1 alone. */
export const replaceRacy = program(url, 'replaceRacy', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    if (id === 0) {
      parentPort.postMessage('about to store');
      x[1] = 42; // race: replaceRacy
      Atomics.store(x, 0, 1);
      // Its end would be an edge, too: it stays until main has read.
      parentPort.once('message', () => undefined);
    } else
      parentPort.once('message', () => {
        rest();
        Atomics.store(x, 0, 2);
        parentPort.postMessage('stored');
      });
  },
  async meanwhile(buffer, zero, one) {
    const x = ints(buffer);
    await message(zero);
    one.postMessage('go');
    await message(one);
    Atomics.load(x, 0);
    const seen = x[1] > 99; // race: replaceRacy
    zero.postMessage('end');
    return seen;
  },
});
export const chainFree = program(url, 'chainFree', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    x[4 + id] = 7;
    Atomics.add(x, 0, 1);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    until(x, 0, 2);
    return x[4] + x[5];
  },
});

export const failedRacy = program(url, 'failedRacy', {
  worker(buffer) {
    const x = ints(buffer);
    x[1] = 42; // race: failedRacy
    Atomics.compareExchange(x, 0, 5, 6);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    rest();
    Atomics.load(x, 0);
    return x[1] > 99; // race: failedRacy
  },
});
export const exchangeFree = program(url, 'exchangeFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[1] = 42;
    Atomics.compareExchange(x, 0, 0, 6);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    while (Atomics.compareExchange(x, 0, 6, 7) !== 6);
    return x[1];
  },
});

export const plainFlagRacy = program(url, 'plainFlagRacy', {
  worker(buffer) {
    const x = ints(buffer);
    Atomics.store(x, 0, 1); // race: plainFlagRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    for (let i = 0; x[0] === 0 && i < 1e9; i++); // race: plainFlagRacy
  },
});

export const waitFree = program(url, 'waitFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[1] = 42;
    Atomics.store(x, 0, 1);
    Atomics.notify(x, 0);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    const how = Atomics.wait(x, 0, 0);
    return [how !== 'timed-out', x[1]];
  },
});
export const waitRacy = program(url, 'waitRacy', {
  worker(buffer) {
    const x = ints(buffer);
    Atomics.store(x, 0, 1);
    Atomics.notify(x, 0);
    x[1] = 42; // race: waitRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    Atomics.wait(x, 0, 0);
    return x[1] > 99; // race: waitRacy
  },
});
/** Notify alone orders: its critical section comes before the one in which the waiter wakes. */
export const notifyFree = program(url, 'notifyFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[1] = 42;
    while (Atomics.notify(x, 0) === 0);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return [Atomics.wait(x, 0, 0), x[1]];
  },
});

export const waitAsyncFree = program(url, 'waitAsyncFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[1] = 42;
    while (Atomics.notify(x, 0) === 0);
  },
  async meanwhile(buffer) {
    const x = ints(buffer);
    const { async, value } = Atomics.waitAsync(x, 0, 0);
    return [async, await value, x[1]];
  },
});
export const waitAsyncRacy = program(url, 'waitAsyncRacy', {
  worker(buffer) {
    const x = ints(buffer);
    while (Atomics.notify(x, 0) === 0);
    x[1] = 42; // race: waitAsyncRacy
  },
  async meanwhile(buffer) {
    const x = ints(buffer);
    await Atomics.waitAsync(x, 0, 0).value;
    return x[1] > 99; // race: waitAsyncRacy
  },
});

const lock = (x) => {
  while (Atomics.compareExchange(x, 0, 0, 1) !== 0) Atomics.wait(x, 0, 1);
};
const unlock = (x) => {
  Atomics.store(x, 0, 0);
  Atomics.notify(x, 0, 1);
};
export const mutexFree = program(url, 'mutexFree', {
  workers: 2,
  worker(buffer) {
    const x = ints(buffer);
    for (let i = 0; i < 200; i++) {
      lock(x);
      x[1]++;
      unlock(x);
    }
  },
  after: (buffer) => ints(buffer)[1],
});
export const mutexRacy = program(url, 'mutexRacy', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    for (let i = 0; i < 20; i++) {
      if (id === 0) lock(x);
      x[1]++; // race: mutexRacy
      if (id === 0) unlock(x);
    }
  },
});

const barrier = (x) => {
  const round = Atomics.load(x, 3);
  if (Atomics.add(x, 2, 1) === 1) {
    Atomics.store(x, 2, 0);
    Atomics.add(x, 3, 1);
    Atomics.notify(x, 3);
  } else while (Atomics.load(x, 3) === round) Atomics.wait(x, 3, round);
};
export const barrierFree = program(url, 'barrierFree', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    for (let round = 0; round < 5; round++) {
      x[4 + id] = round;
      barrier(x);
      if (x[5 - id] !== round) throw new Error('torn');
      barrier(x);
    }
  },
});
/** A wait would order more than the counter does: whoever wakes late comes after the others' next wait. */
const spinBarrier = (x) => {
  const round = Atomics.load(x, 3);
  if (Atomics.add(x, 2, 1) === 1) {
    Atomics.store(x, 2, 0);
    Atomics.add(x, 3, 1);
  } else while (Atomics.load(x, 3) === round);
};
export const barrierRacy = program(url, 'barrierRacy', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    for (let round = 0; round < 5; round++) {
      x[4 + id] = round; // race: barrierRacy
      spinBarrier(x);
      x[6 + id] = x[5 - id]; // race: barrierRacy
    }
  },
});
