import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { WorkerPool } from '../../server/src/runtime/index.ts';
import { bundled } from './support/agents.ts';

const script = bundled('./poolWorker.ts');
const started: Worker[] = [];
const worker = () => {
  const made = new Worker(script);
  started.push(made);
  return made;
};
const pools: WorkerPool<object, number>[] = [];
function poolOf(size: number): WorkerPool<object, number> {
  const pool = WorkerPool.create<object, number>({ worker, size });
  pools.push(pool);
  return pool;
}
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.terminate();
});
const closed = expect.objectContaining({ code: 'closed' }) as Error;

describe('WorkerPool', () => {
  test('gives each task to one worker and each answer to its task', async () => {
    const pool = poolOf(2);
    const results = await Promise.all(Array.from({ length: 40 }, (_, square) => pool.run({ square })));
    expect(results).toEqual(Array.from({ length: 40 }, (_, square) => square ** 2));
    expect(pool.pending).toEqual({ waiting: 0, running: 0 });
  });

  test('an error of a task is the rejection of its run, and the worker goes on', async () => {
    const pool = poolOf(1);
    await expect(pool.run({ fail: 'no such thing' })).rejects.toThrow(RangeError);
    expect(await pool.run({ square: 3 })).toBe(9);
    await expect(pool.run({ uncloneable: () => undefined })).rejects.toThrow(/could not be cloned/);
    expect(await pool.run({ square: 4 })).toBe(16);
  });

  test('a worker that ends rejects its task and is replaced', async () => {
    const pool = poolOf(1);
    const before = started.length;
    await expect(pool.run({ exit: 3 })).rejects.toThrow(/code 3/);
    expect(await pool.run({ square: 5 })).toBe(25);
    expect(started.length - before).toBe(1);
  });

  test('close lets accepted tasks finish, takes no more, and ends the workers', async () => {
    const pool = poolOf(1);
    const tasks = [1, 2, 3].map((square) => pool.run({ square }));
    const exited = new Promise((resolve) => started.at(-1)!.once('exit', resolve));
    const closing = pool.close();
    await expect(pool.run({ square: 4 })).rejects.toThrow(closed);
    expect(await Promise.all(tasks)).toEqual([1, 4, 9]);
    await closing;
    await exited;
    expect(pool.close()).toBe(closing);
  });

  test('terminate rejects what has not been answered', async () => {
    const pool = poolOf(1);
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const [running, waiting] = [pool.run({ gate }), pool.run({ square: 1 })];
    const both = Promise.allSettled([running, waiting]);
    await pool.terminate();
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(running).rejects.toThrow(closed);
  });

  test('an abort takes a waiting task back', async () => {
    const pool = poolOf(1);
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const running = pool.run({ gate });
    const stop = new AbortController();
    const waiting = pool.run({ square: 1 }, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(pool.run({}, { signal: stop.signal })).rejects.toThrow('enough');
    expect(pool.pending).toEqual({ waiting: 0, running: 1 });
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect(await running).toBe(0);
  });

  test('transfers what it is told to', async () => {
    const pool = poolOf(1);
    const bytes = new ArrayBuffer(24);
    expect(await pool.run({ bytes }, { transfer: [bytes] })).toBe(24);
    expect(bytes.byteLength).toBe(0);
  });

  test('await using closes it', async () => {
    let done: Promise<number>;
    {
      await using pool = WorkerPool.create<object, number>({ worker, size: 1 });
      done = pool.run({ square: 6 });
    }
    expect(await done).toBe(36);
  });

  test('speaks to Web Workers as well, and serves on a port that it is given', async () => {
    type Listener = (event: { data?: unknown; error?: unknown }) => void;
    /** Two ends of a channel with the events of the Web, in one agent. */
    class WebEnd {
      other!: WebEnd;
      listeners: Listener[] = [];
      addEventListener(type: string, listener: Listener) {
        if (type === 'message') this.listeners.push(listener);
      }
      postMessage(message: unknown) {
        const data = structuredClone(message);
        queueMicrotask(() => {
          for (const listener of this.other.listeners) listener({ data });
        });
      }
      terminate() {
        this.listeners = [];
      }
    }
    const pool = new WorkerPool<number, number>({
      size: 1,
      worker() {
        const [here, there] = [new WebEnd(), new WebEnd()];
        [here.other, there.other] = [there, here];
        WorkerPool.serve((task: number) => task + 1, there);
        return here;
      },
    });
    expect(await pool.run(1)).toBe(2);
    await pool.close();
  });

  test('says that serve belongs in a worker', () => {
    expect(() => WorkerPool.serve(() => undefined)).toThrow(/belongs in a worker/);
    expect(() => new WorkerPool({ worker, size: 0 })).toThrow(/at least 1/);
  });
});
