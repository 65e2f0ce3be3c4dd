/** Element access in every syntactic form. */
import { parentPort } from 'node:worker_threads';
import { ints, message, program } from './kit.mjs';

const url = import.meta.url;
const writes =
  (index = 0) =>
  (buffer) =>
    void (ints(buffer)[index] = 1);

export const plainRacy = program(url, 'plainRacy', {
  worker(buffer) {
    ints(buffer)[0] = 1; // race: plainRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return x[0] > 5; // race: plainRacy
  },
});
export const plainFree = program(url, 'plainFree', { worker: writes(), after: (buffer) => ints(buffer)[0] });

export const compoundRacy = program(url, 'compoundRacy', {
  worker(buffer) {
    ints(buffer)[0] += 2; // race: compoundRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[0] += 3; // race: compoundRacy
  },
});
export const compoundFree = program(url, 'compoundFree', {
  worker(buffer) {
    const x = ints(buffer);
    x[0] += 2;
    x[0] **= 2;
    x[2] ||= 7;
    x[3] ??= 8;
    x[0] &&= x[0] + 1;
  },
  meanwhile: (buffer) => void (ints(buffer)[1] += 3),
  after: (buffer) => [...ints(buffer).subarray(0, 4)],
});

export const incrementRacy = program(url, 'incrementRacy', {
  worker(buffer) {
    const x = ints(buffer);
    let i = 0;
    x[i++]++; // race: incrementRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    --x[0]; // race: incrementRacy
  },
});
export const incrementFree = program(url, 'incrementFree', {
  before: (buffer) => void ints(buffer)[0]++,
  worker(buffer) {
    ints(buffer)[0]++;
    parentPort.postMessage('done');
  },
  async meanwhile(buffer, worker) {
    await message(worker);
    return ++ints(buffer)[0];
  },
});

export const targetRacy = program(url, 'targetRacy', {
  worker(buffer) {
    const x = ints(buffer);
    [x[0], x[1]] = [1, 2]; // race: targetRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    ({ a: x[1] = 4 } = {}); // race: targetRacy
  },
});
export const targetFree = program(url, 'targetFree', {
  worker(buffer) {
    const x = ints(buffer);
    [x[0], [x[1] = 5]] = [1, []];
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    for (x[2] of [1, 2, 3]);
    for (x[3] in { 7: 0 });
    ({ ...x[5] } = { z: 1 });
  },
  after: (buffer) => [...ints(buffer)],
});

export const takeRacy = program(url, 'takeRacy', {
  worker(buffer) {
    ints(buffer)[1] = 1; // race: takeRacy
  },
  meanwhile(buffer) {
    const [, second] = ints(buffer); // race: takeRacy
    return second > 5;
  },
});
export const takeFree = program(url, 'takeFree', {
  worker: writes(2),
  meanwhile(buffer) {
    const [first, second] = ints(buffer);
    return [first, second];
  },
});

export const patternRacy = program(url, 'patternRacy', {
  worker(buffer) {
    ints(buffer)[1] = 1; // race: patternRacy
  },
  meanwhile(buffer) {
    const { 1: second } = ints(buffer); // race: patternRacy
    return second > 5;
  },
});
export const patternFree = program(url, 'patternFree', {
  worker: writes(2),
  meanwhile(buffer) {
    const { 1: second, length, [0]: first } = ints(buffer);
    return [first, second, length];
  },
});

export const spreadRacy = program(url, 'spreadRacy', {
  worker(buffer) {
    ints(buffer)[3] = 1; // race: spreadRacy
  },
  meanwhile(buffer) {
    return Math.max(...ints(buffer)) > 5; // race: spreadRacy
  },
});
export const spreadFree = program(url, 'spreadFree', {
  worker: writes(3),
  after: (buffer) => Math.max(...ints(buffer)),
});

export const forOfRacy = program(url, 'forOfRacy', {
  worker(buffer) {
    ints(buffer)[3] = 1; // race: forOfRacy
  },
  meanwhile(buffer) {
    let sum = 0;
    for (const one of ints(buffer)) sum += one; // race: forOfRacy
    return sum > 5;
  },
});
export const forOfFree = program(url, 'forOfFree', {
  worker: writes(3),
  meanwhile(buffer) {
    let seen = 0;
    for (const one of ints(buffer)) {
      if (one !== 0 || ++seen === 3) break;
    }
    return seen;
  },
});

export const optionalRacy = program(url, 'optionalRacy', {
  worker(buffer) {
    const holder = { x: ints(buffer) };
    holder?.x[0] === 1; // race: optionalRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[0] = 1; // race: optionalRacy
  },
});
export const optionalFree = program(url, 'optionalFree', {
  worker(buffer) {
    const holder = { x: ints(buffer), none: undefined };
    holder?.x?.[1];
    holder.none?.x[0];
    holder.none?.[0];
  },
  meanwhile: (buffer) => void (ints(buffer)[0] = 1),
});

export const touchRacy = program(url, 'touchRacy', {
  worker(buffer) {
    const x = ints(buffer);
    for (const key in x) if (key === '0') x[key] = 1; // race: touchRacy
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    return x['0'] > 5; // race: touchRacy
  },
});
export const touchFree = program(url, 'touchFree', {
  worker: writes(0),
  meanwhile(buffer) {
    const x = ints(buffer);
    const deleted = Reflect.deleteProperty(x, 'zero') && delete x[99];
    return [0 in x, 99 in x, deleted, x[-1], x[1.5], x[1e9], x.length];
  },
});

export const methodRacy = program(url, 'methodRacy', {
  worker(buffer) {
    class Counter {
      cells = ints(buffer);
      #own = this.cells;
      bump(step = this.cells[1]) {
        return (() => this.#own[0] + step)(); // race: methodRacy
      }
    }
    new Counter().bump();
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[0] = 1; // race: methodRacy
  },
});
export const methodFree = program(url, 'methodFree', {
  async worker(buffer) {
    const x = ints(buffer);
    const fields = {
      get cells() {
        return x;
      },
    };
    async function* each() {
      for (let i = 0; i < 3; i++) yield fields.cells[i + 1];
    }
    for await (const one of each()) x[8] = one + (await Promise.resolve(x[7]));
    label: for (;;) {
      x[9] = x[9] + 1;
      if (x[9] > 3) break label;
    }
  },
  meanwhile: (buffer) => void (ints(buffer)[0] = 1),
  after: (buffer) => [...ints(buffer)],
});
