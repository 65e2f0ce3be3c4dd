/** Locks over Atomics, known by what is done to them. */
import { ints, program } from './kit.mjs';

const url = import.meta.url;

const lock = (x, at) => {
  while (Atomics.compareExchange(x, at, 0, 1) !== 0) Atomics.wait(x, at, 1, 50);
};
const unlock = (x, at) => {
  Atomics.store(x, at, 0);
  Atomics.notify(x, at, 1);
};
const both = (x, first, second) => {
  lock(x, first); // order: orderFound
  lock(x, second); // order: orderFound
  x[8]++;
  unlock(x, second);
  unlock(x, first);
};
const pair = (x, first, second) => {
  lock(x, first);
  lock(x, second);
  unlock(x, second);
  unlock(x, first);
};
const turn = (x, id, work) => {
  // One after the other, by time alone: no order follows from it.
  if (id === 1) Atomics.wait(x, 15, 0, 400);
  work();
};

/** Opposite orders, never at the same time. */
export const orderFound = program(url, 'orderFound', {
  workers: 2,
  worker(buffer, { id }) {
    turn(ints(buffer), id, () => (id === 0 ? both(ints(buffer), 0, 1) : both(ints(buffer), 1, 0)));
  },
});
/** A lock around both orders: they can never meet. */
export const gateFree = program(url, 'gateFree', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    lock(x, 4);
    if (id === 0) pair(x, 0, 1);
    else pair(x, 1, 0);
    unlock(x, 4);
  },
});
/** One thread alone cannot wait for itself this way. */
export const singleFree = program(url, 'singleFree', {
  worker(buffer) {
    pair(ints(buffer), 0, 1);
    pair(ints(buffer), 1, 0);
  },
});
/** The second order begins after the end of the thread of the first. */
export const phasesFree = program(url, 'phasesFree', {
  worker: (buffer) => pair(ints(buffer), 0, 1),
  after: (buffer) => pair(ints(buffer), 1, 0),
});
/** The same order everywhere. */
export const sameFree = program(url, 'sameFree', {
  workers: 2,
  worker: (buffer) => pair(ints(buffer), 0, 1),
});
/** Trying is not waiting. */
export const tryFree = program(url, 'tryFree', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    const [first, second] = id === 0 ? [0, 1] : [1, 0];
    lock(x, first);
    if (Atomics.compareExchange(x, second, 0, 1) === 0) unlock(x, second);
    unlock(x, first);
  },
});
/** Counters by compare-exchange are no locks, whatever the order. */
export const counterFree = program(url, 'counterFree', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    const bump = (at) => {
      for (;;) {
        const old = Atomics.load(x, at);
        if (Atomics.compareExchange(x, at, old, old + 1) === old) return;
      }
    };
    for (let i = 0; i < 50; i++) {
      bump(id);
      bump(1 - id);
    }
  },
  after: (buffer) => ints(buffer)[0] + ints(buffer)[1],
});
/** A semaphore that one thread takes and another gives. */
export const semaphoreFree = program(url, 'semaphoreFree', {
  workers: 2,
  worker(buffer, { id }) {
    const x = ints(buffer);
    for (let i = 0; i < 20; i++) {
      lock(x, id);
      unlock(x, 1 - id);
      lock(x, 2);
      lock(x, 3);
      unlock(x, 3);
      unlock(x, 2);
    }
  },
  before: (buffer) => void (ints(buffer)[1] = 1),
});
