import { Mutex } from 'async-mutex';

export class Ledger {
  readonly #lock = new Mutex();
  #rows: string[] = [];

  async add(row: string): Promise<void> {
    const release = await this.#lock.acquire();
    try {
      this.#rows.push(row);
      await this.flush();
    } finally {
      release();
    }
  }

  async flush(): Promise<void> {
    await this.#lock.runExclusive(() => {
    //    ^^^^^^^^^^^^^^^^^^^^^^^ no-lock-reacquire: `#lock` is already held here
      this.#rows = [];
    });
  }
}
