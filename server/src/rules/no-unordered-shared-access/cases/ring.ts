// One producer, one consumer: each moves its own end with Atomics and looks at the other's before it touches a slot.
//- ring.ts
const [HEAD, TAIL] = [0, 1];

export class Ring {
  readonly #ends: Int32Array;
  readonly #slots: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#ends = new Int32Array(buffer, 0, 2);
    this.#slots = new Float64Array(buffer, 8);
  }

  push(value: number): boolean {
    const tail = Atomics.load(this.#ends, TAIL);
    const head = Atomics.load(this.#ends, HEAD);
    if (tail - head === this.#slots.length) return false;
    this.#slots[tail % this.#slots.length] = value; // ok: the consumer does not look at it before the store
    Atomics.store(this.#ends, TAIL, tail + 1);
    return true;
  }

  pop(): number | undefined {
    const head = Atomics.load(this.#ends, HEAD);
    const tail = Atomics.load(this.#ends, TAIL);
    if (head === tail) return undefined;
    const value = this.#slots[head % this.#slots.length]; // ok: the producer does not write it before the store
    Atomics.store(this.#ends, HEAD, head + 1);
    return value;
  }
}
//- main.ts
import { Ring } from './ring.ts';

const buffer = new SharedArrayBuffer(8 + 8 * 128);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(buffer);
const ring = new Ring(buffer);
setInterval(() => ring.push(performance.now()), 10);
//- worker.ts
import { Ring } from './ring.ts';

self.onmessage = ({ data }: MessageEvent<SharedArrayBuffer>) => {
  const ring = new Ring(data);
  setInterval(() => {
    const value = ring.pop();
    if (value !== undefined) console.log(value);
  }, 10);
};
