export function left(): Promise<void> {
  return navigator.locks.request('cache', () => navigator.locks.request('index', async () => {}));
  //                                            ^^^^^^^^^^^^^^^^^^^^^^^ no-lock-order-cycle: `index` is taken while `cache` is held
}

export function right(): Promise<void> {
  return navigator.locks.request('index', () => navigator.locks.request('cache', async () => {}));
  //                                            ^^^^^^^^^^^^^^^^^^^^^^^ no-lock-order-cycle: `cache` is taken while `index` is held
}

export function tries(): Promise<void> {
  // Asked for only if it is free: it never waits, so it cannot be part of a circle.
  return navigator.locks.request('log', () => navigator.locks.request('cache', { ifAvailable: true }, async () => {})); // ok: never waits
}

export function logs(): Promise<void> {
  return navigator.locks.request('cache', () => navigator.locks.request('log', async () => {})); // ok: the other side only tries
}
