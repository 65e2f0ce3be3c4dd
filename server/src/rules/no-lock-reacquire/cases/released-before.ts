import { Mutex } from 'async-mutex';

const lock = new Mutex();

export async function twice(): Promise<void> {
  const release = await lock.acquire();
  release();
  await lock.runExclusive(async () => {}); // ok: it was given back
}

export async function later(): Promise<void> {
  await lock.runExclusive(async () => {
    void again(); // ok: nobody waits for it in here
  });
}

async function again(): Promise<void> {
  await lock.runExclusive(async () => {});
}

export async function conditional(quick: boolean): Promise<void> {
  const release = await lock.acquire();
  if (quick) {
    release();
    return;
  }
  release();
  await lock.runExclusive(async () => {}); // ok: both ways gave it back
}
