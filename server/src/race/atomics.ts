/**
 * For: Atomics as they are when this is loaded: before the program runs, and before the shim replaces them.
 */
export const {
  add: atomicAdd,
  sub: atomicSub,
  load: atomicLoad,
  store: atomicStore,
  exchange: atomicExchange,
  compareExchange: atomicCompareExchange,
  wait: atomicWait,
} = Atomics;
