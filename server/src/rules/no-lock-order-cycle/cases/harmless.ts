import { Mutex } from 'async-mutex';

class Account {
  readonly read = new Mutex();
  readonly write = new Mutex();

  async rename(): Promise<void> {
    await this.read.runExclusive(() => this.write.runExclusive(async () => {})); // ok: the same order everywhere
  }

  async close(): Promise<void> {
    const release = await this.read.acquire();
    await this.write.runExclusive(async () => {}); // ok: the same order everywhere
    release();
  }
}

const first = new Mutex();
const second = new Mutex();

/** One after the other, never one inside the other. */
export async function oneByOne(): Promise<void> {
  await second.runExclusive(async () => {});
  await first.runExclusive(async () => {}); // ok: `second` is free again
}

export async function nested(): Promise<void> {
  await first.runExclusive(() => second.runExclusive(async () => {})); // ok: nobody nests them the other way
}

export const accounts = [new Account()];
