import AwaitLock from 'await-lock';

const a = new AwaitLock();
const b = new AwaitLock();
const c = new AwaitLock();

export async function first(): Promise<void> {
  await a.acquireAsync();
  await b.acquireAsync();
  //    ^^^^^^^^^^^^^^ no-lock-order-cycle: `b` is taken while `a` is held
  b.release();
  a.release();
}

export async function second(): Promise<void> {
  await b.acquireAsync();
  await c.acquireAsync();
  //    ^^^^^^^^^^^^^^ no-lock-order-cycle: close the circle
  c.release();
  b.release();
}

export async function third(): Promise<void> {
  await c.acquireAsync();
  await a.acquireAsync();
  //    ^^^^^^^^^^^^^^ no-lock-order-cycle: `a` is taken while `c` is held
  a.release();
  c.release();
}
