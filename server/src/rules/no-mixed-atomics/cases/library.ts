// A library: who calls it is not in sight, but its functions are not of one mind.
export class Latch {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer, offset = 0) {
    this.#words = new Int32Array(buffer, offset, 2);
    this.#words[0] = 0; // ok: set up before it is shared
  }

  open(): void {
    Atomics.store(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }

  close(): void {
    this.#words[0] = 0;
//  ^^^^^^^^^^^^^^^^^^ no-mixed-atomics: `this.#words[0]` is written without Atomics
  }

  wait(): void {
    while (Atomics.load(this.#words, 0) === 0) Atomics.wait(this.#words, 0, 0);
  }

  get label(): number {
    return this.#words[1]!; // ok: never used with Atomics
  }
}
