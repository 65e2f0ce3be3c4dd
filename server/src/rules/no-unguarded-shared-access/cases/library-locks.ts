// Locks of the library: readers and writers, and a lock around the whole method.
import { Mutex, RWMutex } from 'lockstep/sync';

export class Settings {
  readonly #lock: RWMutex;
  readonly #cells: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#lock = new RWMutex(buffer, 0);
    this.#cells = new Float64Array(buffer, 64);
  }

  get volume(): number {
    return this.#lock.withRLock(() => this.#cells[0]!); // ok: readers' lock
  }

  set volume(value: number) {
    this.#lock.withLock(() => {
      this.#cells[0] = value; // ok: writers' lock
    });
  }

  mute(): void {
    this.#cells[0] = 0;
//  ^^^^^^^^^^^^^^^^^^ no-unguarded-shared-access: `this.#cells[0]` is written without the lock
  }
}

export class Pair {
  readonly #lock: Mutex;
  readonly #cells: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#lock = new Mutex(buffer, 0);
    this.#cells = new Int32Array(buffer, 64);
  }

  swap(): void {
    this.#lock.lock();
    try {
      this.#exchange();
    } finally {
      this.#lock.unlock();
    }
  }

  first(): number {
    const value = this.#cells[0]!;
//                ^^^^^^^^^^^^^^ no-unguarded-shared-access: `this.#cells[0]` is read without the lock
    return value;
  }

  #exchange(): void {
    const [a, b] = [this.#cells[0]!, this.#cells[1]!]; // ok: only called with the lock held
    this.#cells[0] = b; // ok: only called with the lock held
    this.#cells[1] = a; // ok: only called with the lock held
  }
}
