/** A lock in one cell of shared memory: 0 free, 1 held, 2 held and somebody waits. For workers: the page may not block. */
export class Lock {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #at: number;

  constructor(cells: Int32Array<SharedArrayBuffer>, at: number) {
    this.#cells = cells;
    this.#at = at;
  }

  lock(): void {
    if (Atomics.compareExchange(this.#cells, this.#at, 0, 1) === 0) return;
    while (Atomics.exchange(this.#cells, this.#at, 2) !== 0) {
      Atomics.wait(this.#cells, this.#at, 2);
    }
  }

  unlock(): void {
    if (Atomics.exchange(this.#cells, this.#at, 0) === 2) Atomics.notify(this.#cells, this.#at, 1);
  }
}
