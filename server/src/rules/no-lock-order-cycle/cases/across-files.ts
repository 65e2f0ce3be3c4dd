//- locks.ts
import { Mutex } from 'async-mutex';
export const users = new Mutex();
export const orders = new Mutex();
//- place.ts
import { orders, users } from './locks.ts';
export async function place(): Promise<void> {
  const release = await users.acquire();
  try {
    await orders.runExclusive(async () => {});
    //    ^^^^^^^^^^^^^^^^^^^ no-lock-order-cycle: `notifyUser` takes them the other way round
  } finally {
    release();
  }
}
//- refund.ts
import { orders, users } from './locks.ts';
export async function refund(): Promise<void> {
  await orders.runExclusive(() => notifyUser());
}
async function notifyUser(): Promise<void> {
  await users.runExclusive(async () => {});
  //    ^^^^^^^^^^^^^^^^^^ no-lock-order-cycle: `users` is taken while `orders` is held
}
