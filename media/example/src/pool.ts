/** A pool of workers: as many as the machine has cores, each with one band of the picture. */
import { STOP, type Done, type Job, type SharedMemory } from './memory.ts';

export class Pool {
  readonly #workers: Worker[] = [];
  readonly #memory: SharedMemory;

  constructor(memory: SharedMemory, size: number) {
    this.#memory = memory;
    for (let part = 0; part < size; part++) {
      this.#workers.push(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
    }
  }

  /** Resolves with the number of rows once every worker has said that it is done. */
  async develop(filter: string): Promise<number> {
    const parts = this.#workers.length;
    const bands = this.#workers.map(
      (worker, part) =>
        new Promise<Done>((resolve) => {
          worker.onmessage = (event: MessageEvent<Done>) => resolve(event.data);
          const job: Job = { memory: this.#memory, filter, part, parts };
          worker.postMessage(job);
        }),
    );
    const done = await Promise.all(bands);
    return done.reduce((sum, band) => sum + band.rows, 0);
  }

  /** Workers look at the flag before every row. */
  stop(): void {
    Atomics.store(new Int32Array(this.#memory.control), STOP, 1);
  }

  close(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
