// A lock over Atomics in a class of its own, and a structure that takes it nearly everywhere.
export class SpinLock {
  constructor(
    readonly words: Int32Array,
    readonly at: number,
  ) {}

  lock(): void {
    while (Atomics.compareExchange(this.words, this.at, 0, 1) !== 0);
  }

  unlock(): void {
    Atomics.store(this.words, this.at, 0);
  }
}

export class Stack {
  readonly #words: Int32Array;
  readonly #lock: SpinLock;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#lock = new SpinLock(this.#words, 0);
    this.#words[1] = 0; // ok: set up before it is shared
  }

  push(value: number): void {
    this.#lock.lock();
    const top = this.#words[1]!; // ok: guarded
    this.#words[2 + top] = value; // ok: guarded
    this.#words[1] = top + 1; // ok: guarded
    this.#lock.unlock();
  }

  get size(): number {
    return this.#words[1]!;
//         ^^^^^^^^^^^^^^ no-unguarded-shared-access: `this.#words[1]` is read without the lock
  }

  clear(): void {
    this.#words[1] = 0;
//  ^^^^^^^^^^^^^^^^^^ no-unguarded-shared-access: `this.#words[1]` is written without the lock
  }
}
