/**
 * For: the functions of the platform as they are before the program runs, so that what the program (or this shim)
 * replaces later cannot change what the shim does.
 */
import fs from 'node:fs';
import workerThreads from 'node:worker_threads';

export const openSync = fs.openSync;
export const writeSync = fs.writeSync;
export const Worker = workerThreads.Worker;
export const SharedBuffer = SharedArrayBuffer;
export const RealError = Error;
export const clone = globalThis.structuredClone;
export const apply = Reflect.apply;
export const isView = ArrayBuffer.isView.bind(ArrayBuffer);
export const every = setInterval;

/** Parts of a property as plain functions: they are called with a receiver of their own (`apply`). */
export interface Accessor {
  readonly get?: (() => unknown) | undefined;
  readonly value?: ((...rest: unknown[]) => unknown) | undefined;
}
export const propertyOf = (owner: object, name: PropertyKey): Accessor =>
  Object.getOwnPropertyDescriptor(owner, name) ?? {};

/** Atomics as they are. */
export const atomics = {
  load: Atomics.load,
  store: Atomics.store,
  add: Atomics.add,
  sub: Atomics.sub,
  and: Atomics.and,
  or: Atomics.or,
  xor: Atomics.xor,
  exchange: Atomics.exchange,
  compareExchange: Atomics.compareExchange,
  wait: Atomics.wait,
  waitAsync: (Atomics as unknown as { waitAsync?: (...rest: unknown[]) => AsyncWait }).waitAsync,
  notify: Atomics.notify,
};

export interface AsyncWait {
  readonly async: boolean;
  readonly value: unknown;
}
