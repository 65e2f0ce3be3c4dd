import { describe, expect, test } from 'vitest';
import {
  agentId,
  Barrier,
  Condition,
  Mutex,
  Once,
  onLockOrder,
  RWMutex,
  Semaphore,
  WaitGroup,
} from '../../server/src/runtime/index.ts';
import type { LockOrderReport } from '../../server/src/runtime/index.ts';

/** The same lock, as if an agent other than this one held it. */
function heldElsewhere(mutex: Mutex): { release(): void } {
  const words = new Int32Array(mutex.buffer, mutex.byteOffset);
  Atomics.store(words, 1, 1);
  words[2] = agentId + 1;
  return {
    release() {
      words[2] = 0;
      if (Atomics.exchange(words, 1, 0) === 2) Atomics.notify(words, 1, 1);
    },
  };
}

describe('Mutex', () => {
  test('is held by one, by whatever handle', () => {
    const mutex = Mutex.create();
    const same = Mutex.from(mutex.handle);
    expect(mutex.lock()).toBe(true);
    expect([mutex.locked, same.locked, same.heldHere]).toEqual([true, true, true]);
    expect(same.tryLock()).toBe(false);
    same.unlock();
    expect([mutex.locked, mutex.heldHere]).toEqual([false, false]);
  });

  test('refuses an unlock without holding', () => {
    const mutex = Mutex.create();
    expect(() => mutex.unlock()).toThrow(/nobody holds it/);
    heldElsewhere(mutex);
    expect(() => mutex.unlock()).toThrow(/another agent holds it/);
    expect(mutex.locked).toBe(true);
  });

  test('refuses to wait for itself', () => {
    const mutex = Mutex.create();
    mutex.lock();
    expect(() => mutex.lock()).toThrow(expect.objectContaining({ code: 'self-deadlock' }));
    expect(() => mutex.lock(10)).toThrow(expect.objectContaining({ code: 'self-deadlock' }));
    mutex.unlock();
    expect(mutex.lock()).toBe(true);
  });

  test('gives up after the timeout, and only then', () => {
    const mutex = Mutex.create();
    const elsewhere = heldElsewhere(mutex);
    expect(mutex.lock(0)).toBe(false);
    expect(mutex.lock(5)).toBe(false);
    elsewhere.release();
    expect(mutex.lock(5)).toBe(true);
    for (const bad of [-1, NaN, 'x' as never])
      expect(() => Mutex.from(mutex.handle).lock(bad)).toThrow(/number of milliseconds|already holds/);
  });

  test('lockAsync serves tasks of one agent in order, and nobody twice', async () => {
    const mutex = Mutex.create();
    const order: number[] = [];
    mutex.lock();
    const tasks = [1, 2, 3].map((task) =>
      mutex.runExclusive(async () => {
        order.push(task);
        await Promise.resolve();
        order.push(task);
      }),
    );
    expect(order).toEqual([]);
    mutex.unlock();
    await Promise.all(tasks);
    expect(order).toEqual([1, 1, 2, 2, 3, 3]);
    expect(mutex.locked).toBe(false);
  });

  test('an unlock really releases, even when tasks wait: the turn may go on and lock again', async () => {
    const mutex = Mutex.create();
    mutex.lock();
    const task = mutex.lockAsync();
    mutex.unlock();
    expect(mutex.lock()).toBe(true);
    mutex.unlock();
    expect(await task).toBe(true);
    mutex.unlock();
  });

  test('lockAsync waits for other agents, gives up in time, and obeys its signal', async () => {
    const mutex = Mutex.create();
    const elsewhere = heldElsewhere(mutex);
    expect(await mutex.lockAsync({ timeout: 0 })).toBe(false);
    expect(await mutex.lockAsync({ timeout: 5 })).toBe(false);
    const stop = new AbortController();
    const aborted = mutex.lockAsync({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(mutex.lockAsync({ signal: stop.signal })).rejects.toThrow('enough');
    const waiting = mutex.lockAsync();
    elsewhere.release();
    expect(await waiting).toBe(true);
    mutex.unlock();
    expect(mutex.locked).toBe(false);
  });

  test('a task that gave up does not swallow the wake-up of another agent', async () => {
    const mutex = Mutex.create();
    const elsewhere = heldElsewhere(mutex);
    const words = new Int32Array(mutex.buffer);
    expect(await mutex.lockAsync({ timeout: 5 })).toBe(false);
    // The pump of that task still sleeps, first in the list; behind it, a waiter as another agent has it.
    const behind = Atomics.waitAsync(words, 1, 2);
    expect(behind.async).toBe(true);
    elsewhere.release();
    expect(await behind.value).toBe('ok');
  });

  test('withLock releases whatever happens, and refuses a promise', () => {
    const mutex = Mutex.create();
    expect(mutex.withLock(() => 5)).toBe(5);
    expect(() =>
      mutex.withLock(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(() => mutex.withLock(() => Promise.resolve())).toThrow(/use runExclusive/);
    expect(mutex.locked).toBe(false);
  });

  test('runExclusive holds until the promise settles, and times out with an error', async () => {
    const mutex = Mutex.create();
    const first = mutex.runExclusive(async () => {
      await Promise.resolve();
      expect(mutex.heldHere).toBe(true);
      throw new Error('inside');
    });
    await expect(first).rejects.toThrow('inside');
    heldElsewhere(mutex);
    await expect(mutex.runExclusive(() => 1, { timeout: 5 })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );
  });

  test('using and await using release at the end of the block', async () => {
    const mutex = Mutex.create();
    {
      using held = mutex.guard();
      expect(mutex.locked).toBe(true);
      expect(held).toHaveProperty('release');
    }
    expect(mutex.locked).toBe(false);
    {
      await using held = await mutex.guardAsync();
      held.release();
      expect(mutex.locked).toBe(false);
      mutex.lock();
    }
    // Releasing early does not release what was taken afterwards.
    expect(mutex.locked).toBe(true);
  });
});

describe('debug mode', () => {
  const line = (place: string) => Number(/:(\d+):\d+$/.exec(place)?.[1]);

  test('reports a self-deadlock with both places', () => {
    const mutex = Mutex.create({ debug: true, name: 'accounts' });
    mutex.lock();
    expect(() => mutex.lock()).toThrow(
      /taken at .*locks\.test\.ts:\d+:\d+, wanted again at .*locks\.test\.ts:\d+:\d+/,
    );
  });

  test('reports an inversion with both places of both orders, before it can deadlock', () => {
    const accounts = Mutex.create({ debug: true, name: 'accounts' });
    const log = RWMutex.create({ debug: true, name: 'log' });
    accounts.withLock(() => log.withRLock(() => undefined));
    // Rebuilt from its handle, as another agent would have it: what was seen lies in the memory.
    const again = Mutex.from(accounts.handle);
    const reports: LockOrderReport[] = [];
    onLockOrder((report) => reports.push(report));
    log.lock();
    again.lock();
    again.unlock();
    log.unlock();
    onLockOrder(undefined);
    expect(reports).toHaveLength(1);
    const [report] = reports;
    expect([report!.held, report!.wanted, report!.otherAgent]).toEqual(['log', 'accounts', agentId]);
    expect(line(report!.wantedAt) - line(report!.heldAt)).toBe(1);
    expect(line(report!.otherHeldAt)).toBe(line(report!.otherWantedAt));
    expect(line(report!.heldAt) - line(report!.otherHeldAt)).toBe(5);
    log.lock();
    expect(() => again.lock()).toThrow(/^Lock order inverted: accounts is wanted at/);
  });

  test('one order everywhere is no inversion, and tasks are not mixed up', async () => {
    const [a, b] = [Mutex.create({ debug: true }), Mutex.create({ debug: true })];
    for (let round = 0; round < 3; round++) a.withLock(() => b.withLock(() => undefined));
    // Two tasks, each with one lock: neither waits while it holds the other.
    await Promise.all([
      b.runExclusive(() => Promise.resolve()),
      a.runExclusive(() => Promise.resolve()),
      b.runExclusive(() => Promise.resolve()),
    ]);
    expect([a.locked, b.locked]).toEqual([false, false]);
  });
});

describe('RWMutex', () => {
  test('lets many read or one write', () => {
    const lock = RWMutex.create();
    expect([lock.rLock(), lock.rLock(), lock.state]).toEqual([true, true, 2]);
    expect(lock.tryLock()).toBe(false);
    expect(lock.lock(2)).toBe(false);
    lock.rUnlock();
    lock.rUnlock();
    expect(() => lock.rUnlock()).toThrow(expect.objectContaining({ code: 'not-held' }));
    lock.lock();
    expect([lock.tryRLock(), lock.tryLock(), lock.heldHere, lock.state]).toEqual([false, false, true, -1]);
    expect(() => lock.lock()).toThrow(expect.objectContaining({ code: 'self-deadlock' }));
    expect(() => lock.rLock()).toThrow(expect.objectContaining({ code: 'self-deadlock' }));
    expect(() => lock.rUnlock()).toThrow(expect.objectContaining({ code: 'not-held' }));
    lock.unlock();
    expect(() => lock.unlock()).toThrow(expect.objectContaining({ code: 'not-held' }));
  });

  test('a writer that waits keeps new readers out, and they come in after it', async () => {
    const lock = RWMutex.create();
    lock.rLock();
    const order: string[] = [];
    const writer = lock.lockAsync().then(() => order.push('writer'));
    expect(lock.tryRLock()).toBe(false);
    const reader = lock.rLockAsync().then(() => order.push('reader'));
    lock.rUnlock();
    await writer;
    expect(order).toEqual(['writer']);
    lock.unlock();
    await reader;
    expect(lock.state).toBe(1);
  });

  test('a writer that gives up, by timeout or signal, lets the readers behind it in', async () => {
    const lock = RWMutex.create();
    lock.rLock();
    const stop = new AbortController();
    const aborted = lock.lockAsync({ signal: stop.signal });
    const timed = lock.lockAsync({ timeout: 5 });
    const reader = lock.rLockAsync();
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(await timed).toBe(false);
    expect(await reader).toBe(true);
    expect(lock.state).toBe(2);
  });

  test('scopes release whatever happens', async () => {
    const lock = RWMutex.create();
    expect(lock.withRLock(() => lock.withRLock(() => lock.state))).toBe(2);
    expect(() => lock.withLock(() => Promise.resolve())).toThrow(/runExclusive/);
    expect(() => lock.withRLock(() => Promise.resolve())).toThrow(/runShared/);
    await expect(lock.runShared(() => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
    {
      using reading = lock.rGuard();
      expect([lock.state, typeof reading.release]).toEqual([1, 'function']);
    }
    {
      using writing = lock.guard();
      expect([lock.state, typeof writing.release]).toEqual([-1, 'function']);
    }
    expect(await lock.runExclusive(() => lock.state)).toBe(-1);
    expect(lock.state).toBe(0);
  });
});

describe('Semaphore', () => {
  test('counts permits', () => {
    const permits = Semaphore.create({ permits: 3 });
    expect([permits.acquire(2), permits.tryAcquire(2), permits.acquire(2, 2)]).toEqual([true, false, false]);
    permits.release(1);
    expect([permits.tryAcquire(2), permits.available]).toEqual([true, 0]);
  });

  test('refuses what cannot be', () => {
    const code = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return undefined;
    };
    const permits = Semaphore.create({ permits: 1, max: 2 });
    expect(code(() => permits.acquire(-1))).toBe('negative');
    expect(code(() => permits.acquire(0))).toBe('bad-argument');
    expect(code(() => permits.acquire(3))).toBe('bad-argument');
    expect(code(() => permits.release(2))).toBe('bad-argument');
    expect(code(() => permits.release(-1))).toBe('negative');
    expect(code(() => Semaphore.create({ permits: -1 }))).toBe('negative');
    expect(code(() => Semaphore.create({ permits: 3, max: 2 }))).toBe('bad-argument');
    expect(permits.available).toBe(1);
  });

  test('async: waits, gives up, aborts, and an abort loses no permit', async () => {
    const permits = Semaphore.create({ permits: 0 });
    expect(await permits.acquireAsync(1, { timeout: 5 })).toBe(false);
    const stop = new AbortController();
    const first = permits.acquireAsync(1, { signal: stop.signal });
    const second = permits.acquireAsync(1);
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    // The first one still stands first in the waiters' list: it must pass the notification on.
    permits.release();
    expect(await second).toBe(true);
    permits.release();
    expect(await permits.runExclusive(() => permits.available)).toBe(0);
    expect(permits.available).toBe(1);
  });
});

describe('Condition', () => {
  test('the mutex is let go while waiting and held again after it', async () => {
    const [mutex, changed] = [Mutex.create(), Condition.create()];
    await mutex.lockAsync();
    const waiting = changed.waitAsync(mutex);
    expect(mutex.locked).toBe(false);
    await mutex.runExclusive(() => changed.notifyOne());
    expect(await waiting).toBe(true);
    expect(mutex.heldHere).toBe(true);
    expect(changed.wait(mutex, 5)).toBe(false);
    expect(mutex.heldHere).toBe(true);
    mutex.unlock();
    expect(() => changed.wait(mutex, 5)).toThrow(expect.objectContaining({ code: 'not-held' }));
  });

  test('an aborted wait holds the mutex when it rejects, and passes its notification on', async () => {
    const [mutex, changed] = [Mutex.create(), Condition.create()];
    const stop = new AbortController();
    await mutex.lockAsync();
    const first = changed.waitAsync(mutex, { signal: stop.signal }).catch((error: unknown) => {
      expect(mutex.heldHere).toBe(true);
      mutex.unlock();
      throw error;
    });
    await mutex.lockAsync();
    const second = changed.waitAsync(mutex);
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    changed.notifyOne();
    expect(await second).toBe(true);
    mutex.unlock();
  });

  test('waitUntil checks again after each wake-up', async () => {
    const [mutex, changed] = [Mutex.create(), Condition.create()];
    let looks = 0;
    await mutex.lockAsync();
    const done = changed.waitUntilAsync(mutex, () => ++looks > 2);
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve));
      await mutex.runExclusive(() => changed.notifyAll());
    }
    expect(await done).toBe(true);
    expect(looks).toBe(3);
    expect(changed.waitUntil(mutex, () => false, 5)).toBe(false);
  });
});

describe('Barrier, WaitGroup, Once', () => {
  test('Barrier lets all go at once, in each round, and takes back who gives up', async () => {
    const gate = Barrier.create({ parties: 3 });
    for (let round = 0; round < 3; round++) {
      const first = gate.waitAsync();
      expect(gate.wait(2)).toBe(false);
      expect(gate.arrived).toBe(1);
      expect(await Promise.all([first, gate.waitAsync(), gate.waitAsync()])).toEqual([true, true, true]);
    }
    const stop = new AbortController();
    const aborted = gate.waitAsync({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(gate.arrived).toBe(0);
    expect(Barrier.create({ parties: 1 }).wait()).toBe(true);
    expect(() => Barrier.create({ parties: 0 })).toThrow(/at least 1/);
    expect(() => Barrier.create({ parties: 65_535 })).toThrow(/at most 65534/);
  });

  test('Barrier counts its generations modulo 2^16', () => {
    const gate = Barrier.create({ parties: 1 });
    for (let round = 0; round < 70_000; round++) gate.wait();
    expect(gate.arrived).toBe(0);
  });

  test('WaitGroup waits for its count, and refuses one below zero', async () => {
    const group = WaitGroup.create();
    expect(group.wait()).toBe(true);
    group.add(2);
    expect(group.wait(2)).toBe(false);
    const waiting = group.waitAsync();
    group.done();
    group.done();
    // A next round that begins at once does not keep those who waited for this one.
    group.add(1);
    expect(await waiting).toBe(true);
    group.done();
    expect(() => group.done()).toThrow(expect.objectContaining({ code: 'negative' }));
    expect(() => group.add(0.5)).toThrow(/whole number/);
    expect(group.count).toBe(0);
    expect(() => WaitGroup.create({ count: -1 })).toThrow(expect.objectContaining({ code: 'negative' }));
  });

  test('Once runs once, again after a failure, and refuses to wait for itself', async () => {
    const once = Once.create();
    expect(() =>
      once.do(() => {
        throw new Error('first');
      }),
    ).toThrow('first');
    expect(once.done).toBe(false);
    let runs = 0;
    const slow = once.doAsync(async () => {
      await Promise.resolve();
      runs++;
    });
    expect(() => once.do(() => runs++)).toThrow(expect.objectContaining({ code: 'self-deadlock' }));
    const other = once.doAsync(() => runs++);
    expect(await Promise.all([slow, other])).toEqual([true, true]);
    expect([once.do(() => runs++), runs, once.done]).toEqual([true, 1, true]);
    const nested = Once.create();
    expect(() => nested.do(() => nested.do(() => undefined))).toThrow(/inside its own work/);
    expect(() => Once.create().do(() => Promise.resolve())).toThrow(/doAsync/);
  });
});
