/**
 * WorkerPool: a fixed number of workers that are given one task at a time, by messages.
 *
 * | worker | means                                                                  |
 * |--------|------------------------------------------------------------------------|
 * | idle   | takes the next task                                                    |
 * | busy   | has one task; its answer makes it idle                                 |
 * | gone   | has ended or failed: its task rejects, a new worker takes its place    |
 *
 *     open --close()--> closing: no new tasks, those accepted are finished --> closed: all workers have ended
 *
 * Messages: `{ lockstep: number, task }` to a worker, `{ lockstep: number, result }` or `{ lockstep: number, error }` back.
 * Nothing is shared but what a task itself carries (a SharedArrayBuffer, a handle).
 *
 * Source: the worker pool of the Go tutorial tradition, in JavaScript's terms: HTML, Worker and postMessage;
 * Node, worker_threads.
 *
 * Happens-before: `run(task)` → the handler that gets the task · the end of the handler → the settled promise of `run`
 * (messages order what was done before sending with what is done on receipt: host-synchronizes-with).
 */
import { asyncDisposeSymbol, expectCount, SyncError } from './shared.ts';

/** What the pool needs of a worker: Web Workers and the workers of node:worker_threads both have it. */
export interface WorkerLike {
  postMessage(message: unknown, transfer?: never): void;
  terminate(): unknown;
}

/** What the worker's side needs of its port: `self`, or `parentPort` of node:worker_threads. */
export interface PortLike {
  postMessage(message: unknown): void;
}

export interface WorkerPoolOptions {
  /** Starts a worker, for example `() => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`. */
  readonly worker: () => WorkerLike;
  /** How many workers; default: one less than the machine has cores, at least 1. */
  readonly size?: number | undefined;
}

export interface RunOptions {
  /** Moved to the worker instead of copied. */
  readonly transfer?: readonly unknown[] | undefined;
  /** Takes the task back while it waits; a task that runs already is not stopped, but its promise rejects. */
  readonly signal?: AbortSignal | undefined;
}

interface Job {
  readonly task: unknown;
  readonly transfer: readonly unknown[] | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Member {
  readonly worker: WorkerLike;
  job: Job | undefined;
}

/**
 * Progress: `run` never blocks; tasks start in the order in which they came. A task that never answers keeps its worker.
 */
export class WorkerPool<Task = unknown, Result = unknown> {
  /**
   * The worker's side: calls `handler` for each task and sends its result, or its error, back.
   * @param port left out: the one way to the agent that started this worker
   */
  // A task comes from outside: `any`, unless the handler says what it expects.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-unnecessary-type-parameters
  static serve<Task = any>(handler: (task: Task) => unknown, port: PortLike = ownPort()): void {
    const answer = async (data: { readonly lockstep?: number; readonly task: Task }) => {
      if (typeof data.lockstep !== 'number') return;
      try {
        port.postMessage({ lockstep: data.lockstep, result: await handler(data.task) });
      } catch (error) {
        port.postMessage({ lockstep: data.lockstep, error: sendable(error) });
      }
    };
    listen(port, 'message', (data) => void answer(data as never));
  }

  /** A pool that `await using` closes. */
  static create<Task = unknown, Result = unknown>(
    options: WorkerPoolOptions,
  ): WorkerPool<Task, Result> & AsyncDisposable {
    const pool = new WorkerPool<Task, Result>(options);
    Object.defineProperty(pool, asyncDisposeSymbol, { value: () => pool.close() });
    return pool as WorkerPool<Task, Result> & AsyncDisposable;
  }

  readonly size: number;
  private readonly start: () => WorkerLike;
  private readonly members: Member[] = [];
  private waiting: Job[] = [];
  private ending: Promise<void> | undefined;
  private emptied: (() => void) | undefined;

  /** Starts all workers. @throws SyncError negative, bad-argument */
  constructor(options: WorkerPoolOptions) {
    this.start = options.worker;
    this.size = expectCount(options.size ?? defaultSize(), 1, 'WorkerPool size');
    for (let index = 0; index < this.size; index++) this.hire();
  }

  /** Tasks that wait for a worker, and tasks that run. */
  get pending(): { readonly waiting: number; readonly running: number } {
    return {
      waiting: this.waiting.length,
      running: this.members.filter(({ job }) => job !== undefined).length,
    };
  }

  /**
   * Has a worker do the task. Resolves to what the worker's handler returned; rejects with what it threw, or if the
   * worker ended before it answered. Tasks and results are copied as postMessage copies.
   * @throws SyncError closed, as a rejection, after `close` or `terminate`
   */
  run(task: Task, options: RunOptions = {}): Promise<Result> {
    const { signal } = options;
    if (this.ending !== undefined)
      return Promise.reject(new SyncError('closed', 'WorkerPool.run() after close(): start a new pool'));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise<Result>((resolve, reject) => {
      const job: Job = { task, transfer: options.transfer, resolve, reject };
      signal?.addEventListener('abort', () => {
        this.waiting = this.waiting.filter((other) => other !== job);
        this.checkEmpty();
        reject(signal.reason as Error);
      });
      this.waiting.push(job);
      this.deal();
    });
  }

  /** Takes no more tasks, lets those accepted finish, ends the workers; resolves when they have been told to end. */
  close(): Promise<void> {
    this.ending ??= new Promise<void>((resolve) => {
      this.emptied = resolve;
    }).then(() => this.dismiss());
    this.checkEmpty();
    return this.ending;
  }

  /** Ends the workers at once; tasks that have not been answered reject. */
  terminate(): Promise<void> {
    const error = new SyncError('closed', 'WorkerPool.terminate() before the task was done');
    const jobs = [...this.waiting, ...this.members.flatMap(({ job }) => job ?? [])];
    this.waiting = [];
    for (const member of this.members) member.job = undefined;
    for (const job of jobs) job.reject(error);
    return this.close();
  }

  private hire(): void {
    const worker = this.start();
    const member: Member = { worker, job: undefined };
    this.members.push(member);
    listen(worker, 'message', (data) => {
      const answer = data as { readonly lockstep?: number; readonly error?: unknown; readonly result: never };
      const { job } = member;
      if (typeof answer.lockstep !== 'number' || job === undefined) return;
      member.job = undefined;
      if ('error' in answer) job.reject(answer.error);
      else job.resolve(answer.result);
      this.deal();
    });
    listen(worker, 'error', (error) => this.replace(member, error));
    listen(worker, 'exit', (code) =>
      this.replace(member, new Error(`The worker ended with code ${String(code)} before it answered`)),
    );
  }

  /** A worker is gone. A new one comes when there is work for it, so that a worker that cannot start does not start for ever. */
  private replace(member: Member, error: unknown): void {
    const index = this.members.indexOf(member);
    if (index < 0) return;
    this.members.splice(index, 1);
    const { job } = member;
    member.job = undefined;
    member.worker.terminate();
    job?.reject(error);
    this.deal();
  }

  private deal(): void {
    while (this.waiting.length > 0) {
      let member = this.members.find(({ job }) => job === undefined);
      if (member === undefined && this.members.length < this.size) {
        this.hire();
        member = this.members.at(-1)!;
      }
      if (member === undefined) return;
      const job = this.waiting.shift()!;
      member.job = job;
      try {
        member.worker.postMessage({ lockstep: 1, task: job.task }, (job.transfer ?? []) as never);
      } catch (error) {
        // The task cannot be cloned: the worker has not got it.
        member.job = undefined;
        job.reject(error);
      }
    }
    this.checkEmpty();
  }

  private checkEmpty(): void {
    if (this.waiting.length === 0 && this.members.every(({ job }) => job === undefined)) this.emptied?.();
  }

  private async dismiss(): Promise<void> {
    const workers = this.members.splice(0).map(({ worker }) => worker);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

type Listener = (data: unknown) => void;
interface Emitter {
  on?(event: string, listener: Listener): unknown;
  addEventListener?(event: string, listener: (event: { data?: unknown; error?: unknown }) => void): unknown;
}

/** Node hands over the value itself, the Web an event around it. */
function listen(target: unknown, event: 'message' | 'error' | 'exit', listener: Listener): void {
  const emitter = target as Emitter;
  if (typeof emitter.on === 'function') emitter.on(event, listener);
  else
    emitter.addEventListener?.(event, (around) =>
      listener(event === 'message' ? around.data : (around.error ?? around)),
    );
}

/** The way back to the agent that started this one. */
function ownPort(): PortLike {
  const home = globalThis as unknown as {
    readonly process?: {
      getBuiltinModule?(name: string): { readonly parentPort: PortLike | null } | undefined;
    };
    readonly postMessage?: unknown;
    readonly document?: unknown;
  };
  const port = home.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (port !== undefined && port !== null) return port;
  if (typeof home.postMessage === 'function' && home.document === undefined) return globalThis;
  throw new SyncError(
    'bad-argument',
    'WorkerPool.serve() belongs in a worker, and this agent has no port to who started it: pass one',
  );
}

/** An error that postMessage can copy: itself, or its text. */
function sendable(error: unknown): unknown {
  if (error instanceof Error) return error;
  try {
    return structuredClone(error);
  } catch {
    return new Error(String(error));
  }
}

function defaultSize(): number {
  const cores = (globalThis as unknown as { readonly navigator?: { readonly hardwareConcurrency?: number } })
    .navigator?.hardwareConcurrency;
  const process = (
    globalThis as unknown as {
      readonly process?: { getBuiltinModule?(name: string): { availableParallelism?(): number } | undefined };
    }
  ).process;
  return Math.max(1, (cores ?? process?.getBuiltinModule?.('node:os')?.availableParallelism?.() ?? 2) - 1);
}
