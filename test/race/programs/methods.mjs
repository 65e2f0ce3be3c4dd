/** Methods of typed arrays and constructors that read or write elements. */
import { bytes, ints, program } from './kit.mjs';

const url = import.meta.url;
const writesAt = (index) => (buffer) => void (ints(buffer)[index] = 1);

export const setRacy = program(url, 'setRacy', {
  worker(buffer) {
    ints(buffer).set([1, 2], 2); // race: setRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return x[3] > 5; // race: setRacy
  },
});
export const setFree = program(url, 'setFree', {
  worker: (buffer) => ints(buffer).set([1, 2], 2),
  meanwhile: (buffer) => [ints(buffer)[1], ints(buffer)[4]],
  after: (buffer) => new Int32Array(8).map((_, index) => ints(buffer)[index]).join(),
});

export const fillRacy = program(url, 'fillRacy', {
  worker(buffer) {
    ints(buffer).fill(7, -2); // race: fillRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[15] = 3; // race: fillRacy
  },
});
export const fillFree = program(url, 'fillFree', {
  worker: (buffer) => void ints(buffer).fill(7, 0, 8),
  meanwhile: (buffer) => void ints(buffer).fill(8, 8),
  after: (buffer) => ints(buffer).join(),
});

export const copyRacy = program(url, 'copyRacy', {
  worker(buffer) {
    ints(buffer).copyWithin(0, 8, 10); // race: copyRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[9] = 3; // race: copyRacy
  },
});
export const copyFree = program(url, 'copyFree', {
  before: (buffer) => void (ints(buffer)[8] = 4),
  worker: (buffer) => void ints(buffer).copyWithin(0, 8, 10),
  meanwhile: (buffer) => void (ints(buffer)[10] = 3),
  after: (buffer) => ints(buffer).join(),
});

export const sliceRacy = program(url, 'sliceRacy', {
  worker(buffer) {
    ints(buffer)[5] = 1; // race: sliceRacy
  },
  meanwhile(buffer) {
    return ints(buffer).slice(4, 6).length; // race: sliceRacy
  },
});
export const sliceFree = program(url, 'sliceFree', {
  worker: writesAt(5),
  meanwhile: (buffer) => [...ints(buffer).slice(0, 5), ints(buffer).subarray(4, 9).length],
});

export const sortRacy = program(url, 'sortRacy', {
  worker(buffer) {
    ints(buffer).sort(); // race: sortRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return x[7] > 5; // race: sortRacy
  },
});
export const sortFree = program(url, 'sortFree', {
  before: (buffer) => ints(buffer).set([3, 1, 2]),
  worker: (buffer) =>
    void ints(buffer)
      .subarray(0, 8)
      .sort((a, b) => b - a)
      .reverse(),
  meanwhile: (buffer) => void (ints(buffer)[8] = 9),
  after: (buffer) => ints(buffer).join(),
});

export const searchRacy = program(url, 'searchRacy', {
  worker(buffer) {
    ints(buffer)[9] = 1; // race: searchRacy
  },
  meanwhile(buffer) {
    return ints(buffer).includes(77); // race: searchRacy
  },
});
export const searchFree = program(url, 'searchFree', {
  before: (buffer) => void (ints(buffer)[4] = 77),
  worker: writesAt(9),
  meanwhile: (buffer) => [
    ints(buffer).indexOf(77),
    ints(buffer).includes(77, 2),
    ints(buffer).find((one) => one === 77),
  ],
});

export const joinRacy = program(url, 'joinRacy', {
  worker(buffer) {
    ints(buffer)[9] = 1; // race: joinRacy
  },
  meanwhile(buffer) {
    return ints(buffer).join().length; // race: joinRacy
  },
});
export const joinFree = program(url, 'joinFree', {
  worker: writesAt(9),
  after: (buffer) => String(ints(buffer)),
});

export const mapRacy = program(url, 'mapRacy', {
  worker(buffer) {
    ints(buffer)[9] = 1; // race: mapRacy
  },
  meanwhile(buffer) {
    return ints(buffer).map((one) => one + 1).length; // race: mapRacy
  },
});
/** The callback synchronises: elements after the wait are read after what the worker has written. */
export const mapFree = program(url, 'mapFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[9] = 1;
    Atomics.store(x, 0, 1);
    Atomics.notify(x, 0);
  },
  meanwhile: (buffer) =>
    ints(buffer)
      .subarray(4)
      .reduce((sum, one, index) => {
        if (index === 4) while (Atomics.load(ints(buffer), 0) === 0) Atomics.wait(ints(buffer), 0, 0);
        return sum + one;
      }, 0),
});

export const fromRacy = program(url, 'fromRacy', {
  worker(buffer) {
    ints(buffer)[9] = 1; // race: fromRacy
  },
  meanwhile(buffer) {
    return Array.from(ints(buffer)).length; // race: fromRacy
  },
});
export const fromFree = program(url, 'fromFree', {
  worker: writesAt(9),
  after: (buffer) => [
    Array.from(ints(buffer)),
    [...ints(buffer).entries()].length,
    new Set(ints(buffer)).size,
  ],
});

export const constructRacy = program(url, 'constructRacy', {
  worker(buffer) {
    ints(buffer)[9] = 1; // race: constructRacy
  },
  meanwhile(buffer) {
    return new Float64Array(ints(buffer)).length; // race: constructRacy
  },
});
export const constructFree = program(url, 'constructFree', {
  worker: writesAt(9),
  meanwhile: (buffer) =>
    new Float64Array(ints(buffer).subarray(0, 9)).length +
    String.fromCharCode.apply(null, bytes(buffer).subarray(0, 36)).length,
});
