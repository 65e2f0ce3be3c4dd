/**
 * For: workers: each gets the shared state, a slot and its starter's clock; its end is an edge to whoever hears of it.
 * In and out: replaces Worker; what the new thread needs goes as environment data of that one start, in the same message
 * as workerData, so shared buffers keep their identity.
 */
import workerThreads, { type WorkerOptions } from 'node:worker_threads';
import { newSlot } from '../detector.ts';
import { ALIVE, CLOCKS, ENDED, MAX_THREADS, SLOT_OF, THREAD_OF, THREAD_TOP, type Memory } from '../layout.ts';
import { CLOCK_WORDS } from '../clock.ts';
import type { Context, Settings } from './context.ts';
import { disguise, native } from './disguise.ts';
import type { Cargo, Messages } from './messages.ts';
import { type Accessor, apply, atomics, Worker as RealWorker } from './real.ts';

export const KEY = 'lockstep.race';

export interface Start {
  readonly settings: Settings;
  readonly memory: Memory;
  readonly thread: number;
  readonly cargo: Cargo;
  readonly ports: readonly unknown[];
}

type Method = (...rest: unknown[]) => unknown;

export function installThreads(
  context: Context,
  messages: Messages,
  instrumentEval: (text: string) => string,
): void {
  const { detector, heap, memory, log } = context;
  const threads = new WeakMap<object, number>();
  /** Slots of ended workers whose end this thread knows: all they did is ordered before what a successor does. */
  const free: number[] = [];

  const Worker = new Proxy(RealWorker, {
    construct(target, given: [string | URL, WorkerOptions?], newTarget): object {
      const thread = atomics.add(heap, THREAD_TOP, 1) + 1;
      const reused = free.pop();
      const slot = thread >= MAX_THREADS ? -1 : (reused ?? newSlot(memory, thread));
      if (slot < 0) {
        context.limit('more threads at one time than can be told apart: nothing is reported from there on');
        return Reflect.construct(target, given, newTarget) as object;
      }
      heap[THREAD_OF + slot] = thread;
      heap[SLOT_OF + thread] = slot;
      heap[ENDED + slot] = 0;
      const [filename, options] = given;
      const cargo = messages.load(options?.workerData);
      detector.fork(slot);
      log.write({ t: 'thread', thread, by: context.thread, stack: context.stack() });
      const ports = Array.isArray(options?.transferList) ? options.transferList : [];
      const start: Start = { settings: context.settings, memory, thread, cargo, ports };
      workerThreads.setEnvironmentData(KEY, start);
      let made: InstanceType<typeof RealWorker>;
      try {
        const text =
          options?.eval === true && typeof filename === 'string' ? instrumentEval(filename) : filename;
        made = Reflect.construct(
          target,
          [text, withShim(options, context.own), ...given.slice(2)],
          newTarget,
        ) as typeof made;
      } catch (error) {
        free.push(slot);
        throw error;
      } finally {
        workerThreads.setEnvironmentData(KEY, undefined);
      }
      atomics.add(heap, ALIVE, 1);
      threads.set(made, thread);
      messages.own([made]);
      const own = Object.getOwnPropertyDescriptor(made, 'threadId');
      if (own?.writable === true) (made as { threadId: number }).threadId = thread;
      return made;
    },
  });
  native(Worker, RealWorker);
  RealWorker.prototype.constructor = Worker;
  workerThreads.Worker = Worker;

  const prototype = RealWorker.prototype as unknown as Record<string, Method>;
  const realEmit = prototype['emit']!;
  Object.defineProperty(prototype, 'emit', {
    value: function emit(this: object, ...rest: unknown[]): unknown {
      if (rest[0] === 'exit' || rest[0] === 'error') ended(this, rest[0] === 'exit');
      return apply(realEmit, this, rest);
    },
    writable: true,
    configurable: true,
    enumerable: false,
  });

  function ended(worker: object, left: boolean): void {
    const thread = threads.get(worker);
    if (thread === undefined) return;
    const slot = heap[SLOT_OF + thread]!;
    detector.joinSlot(slot);
    if (!left) return;
    heap[ENDED + slot] = 1;
    atomics.sub(heap, ALIVE, 1);
    threads.delete(worker);
    // A successor goes on counting where the ended thread stopped.
    if (heap[CLOCKS + slot * CLOCK_WORDS + slot]! < 1 << 20) free.push(slot);
  }

  const realTerminate = prototype['terminate']!;
  prototype['terminate'] = disguise(
    'terminate',
    realTerminate.length,
    function (this: object, ...rest: unknown[]): unknown {
      const thread = threads.get(this);
      if (thread !== undefined) heap[ENDED + heap[SLOT_OF + thread]!] = 1;
      return apply(realTerminate, this, rest);
    },
  );
  const id = Object.getOwnPropertyDescriptor(RealWorker.prototype, 'threadId');
  if (id?.get !== undefined) {
    const real = (id as Accessor).get!;
    Object.defineProperty(RealWorker.prototype, 'threadId', {
      ...id,
      get: disguise('get threadId', 0, function (this: object): unknown {
        const value = apply(real, this, []) as number;
        return value > 0 ? (threads.get(this) ?? value) : value;
      }),
    });
  }
}

/** The new thread loads the shim though it has options or an environment of its own. */
function withShim(options: WorkerOptions | undefined, shim: string): WorkerOptions | undefined {
  if (options?.execArgv === undefined && (options?.env === undefined || typeof options.env !== 'object'))
    return options;
  return { ...options, execArgv: ['--require', shim, ...(options.execArgv ?? process.execArgv)] };
}
