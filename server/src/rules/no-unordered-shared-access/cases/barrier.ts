// A barrier written by hand: all write, all meet, all read their neighbour's cell.
//- barrier.ts
const [ARRIVED, ROUND] = [0, 1];

export class Barrier {
  constructor(
    private readonly words: Int32Array,
    private readonly parties: number,
  ) {}

  wait(): void {
    const round = Atomics.load(this.words, ROUND);
    if (Atomics.add(this.words, ARRIVED, 1) === this.parties - 1) {
      Atomics.store(this.words, ARRIVED, 0);
      Atomics.add(this.words, ROUND, 1);
      Atomics.notify(this.words, ROUND);
    } else {
      while (Atomics.load(this.words, ROUND) === round) Atomics.wait(this.words, ROUND, round);
    }
  }
}
//- main.ts
import { Worker } from 'node:worker_threads';

const words = new Int32Array(new SharedArrayBuffer(8));
const cells = new Float64Array(new SharedArrayBuffer(8 * 4));
const raced = new Float64Array(new SharedArrayBuffer(8 * 4));
for (let id = 0; id < 4; id++)
  new Worker(new URL('./rotate.ts', import.meta.url), { workerData: { words, cells, raced, id } });
//- rotate.ts
import { workerData } from 'node:worker_threads';
import { Barrier } from './barrier.ts';

const { words, cells, raced, id } = workerData as {
  words: Int32Array;
  cells: Float64Array;
  raced: Float64Array;
  id: number;
};

function rotate(barrier: Barrier): void {
  cells[id] = id; // ok: nobody reads before all have met
  barrier.wait();
  const left = cells[(id + 3) % 4]!; // ok: all have written
  barrier.wait();
  cells[id] = left; // ok: all have read
}

function rotateAtOnce(): number {
  raced[id] = id;
//^^^^^^^^^^^^^^ no-unordered-shared-access: `raced[id]` is written while another instance of rotate.ts reads it
  return raced[(id + 3) % 4]!;
//       ^^^^^^^^^^^^^^^^^^^ no-unordered-shared-access: is read while another instance of rotate.ts writes it
}

rotate(new Barrier(words, 4));
rotateAtOnce();
