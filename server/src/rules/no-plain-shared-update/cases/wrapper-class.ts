// A counter in a class of its own file: the race is where the update stands, whoever calls it.
//- counter.ts
export class Counter {
  readonly #cells: Uint32Array;
  constructor(
    buffer: SharedArrayBuffer,
    private readonly slot = 0,
  ) {
    this.#cells = new Uint32Array(buffer);
  }

  get value(): number {
    return Atomics.load(this.#cells, this.slot);
  }

  add(by = 1): void {
    this.#cells[this.slot] += by;
//  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `this.#cells[this.slot]` is read and then written
  }

  addSafely(by = 1): void {
    Atomics.add(this.#cells, this.slot, by); // ok: one event
  }
}
//- main.ts
import { Counter } from './counter.ts';

const buffer = new SharedArrayBuffer(16);
const hits = new Counter(buffer);
const misses = new Counter(buffer, 1);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage({ buffer });
hits.add();
misses.addSafely();
console.log(hits.value, misses.value);
//- worker.ts
import { Counter } from './counter.ts';

addEventListener('message', ({ data: { buffer } }: MessageEvent<{ buffer: SharedArrayBuffer }>) => {
  new Counter(buffer).add(2);
  new Counter(buffer, 1).addSafely();
});
