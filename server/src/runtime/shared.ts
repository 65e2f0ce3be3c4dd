/**
 * For: what every primitive needs and nothing else: checked memory, errors, sleeping, guards.
 * In and out: a SharedArrayBuffer and an offset in, a checked `Int32Array` out; sleeping on a cell, blocking or not.
 * Must never know: any primitive, any package, any host beyond what is detected here.
 *
 * A primitive's file and this one compile together under strict settings (lib es2020, dom or node types): that is
 * all there is to copy.
 */

/** What went wrong, for code that must tell cases apart. The message tells people. */
export type SyncErrorCode =
  | 'not-shared'
  | 'misaligned'
  | 'too-small'
  | 'not-initialised'
  | 'already-initialised'
  | 'bad-argument'
  | 'cannot-block'
  | 'not-held'
  | 'self-deadlock'
  | 'lock-order'
  | 'async-body'
  | 'negative'
  | 'closed';

/** Every misuse that a primitive can see is reported with this class, before anything is changed. */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: SyncErrorCode;
  constructor(code: SyncErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A plain object that survives `postMessage` and `workerData`; `X.from(handle)` rebuilds the primitive. */
export interface SyncHandle<Type extends string = string> {
  readonly type: Type;
  readonly buffer: SharedArrayBuffer;
  /** In bytes from the start of `buffer`. */
  readonly byteOffset: number;
}

/** How long an async form may wait, and what may end the wait. */
export interface WaitOptions {
  /** In milliseconds; left out: no limit. */
  readonly timeout?: number | undefined;
  /** On abort the promise rejects with the signal's reason, and nothing has been taken. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a lock. `debug` makes it record who holds it, where, and what was held before (see `debug.ts`). */
export interface LockOptions {
  readonly debug?: boolean | undefined;
  /** Names the lock in the reports of debug mode; the first 32 characters are kept. */
  readonly name?: string | undefined;
}

declare global {
  // Empty where the compiler's library does not know them, so that this file compiles there too.
  /* eslint-disable @typescript-eslint/no-empty-object-type */
  interface Disposable {}
  interface AsyncDisposable {}
  /* eslint-enable @typescript-eslint/no-empty-object-type */
}

/** Held until released; `using` and `await using` release it. Releasing twice does nothing the second time. */
export interface Guard extends Disposable, AsyncDisposable {
  release(): void;
}

/**
 * Names this agent (main thread or worker) in shared memory: 31 random bits, never 0.
 * Kept on the global object, so that two copies of the library in one agent agree on it.
 * Limit: two agents share a name with probability 2^-31; misuse checks would then be wrong, locking would not.
 */
export const agentId: number = (() => {
  const key = Symbol.for('lockstep.sync.agent');
  const home = globalThis as unknown as Record<symbol, number | undefined>;
  return (home[key] ??= Math.floor(Math.random() * 0x7fff_fffe) + 1);
})();

/**
 * AgentCanSuspend() of this agent, asked once: `Atomics.wait` throws before it compares where blocking is forbidden
 * (DoWait, ECMA-262), and returns at once on a cell that holds something else.
 */
export const canBlock: boolean = (() => {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
})();

/** A view of `byteLength` bytes at `byteOffset`, or the error that says why there cannot be one. */
export function cellsOf(
  buffer: SharedArrayBuffer,
  byteOffset: number,
  byteLength: number,
  alignment: number,
  type: string,
): Int32Array<SharedArrayBuffer> {
  if (typeof SharedArrayBuffer === 'undefined')
    throw new SyncError(
      'not-shared',
      `${type} needs SharedArrayBuffer, which this page does not have: serve it cross-origin isolated (COOP and COEP)`,
    );
  if (!(Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'))
    throw new SyncError(
      'not-shared',
      `${type} needs a SharedArrayBuffer: memory that is copied by postMessage cannot be shared by agents`,
    );
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % alignment !== 0)
    throw new SyncError(
      'misaligned',
      `${type} at byte ${byteOffset} is misaligned: the offset must be a multiple of ${alignment}`,
    );
  if (byteOffset + byteLength > buffer.byteLength)
    throw new SyncError(
      'too-small',
      `${type} does not fit: it needs ${byteLength} bytes from byte ${byteOffset} on, and the buffer has ${buffer.byteLength}`,
    );
  return new Int32Array(buffer, byteOffset, byteLength >> 2);
}

/**
 * Prepares memory: writes `words` from word 1 on, then publishes the tag in word 0.
 * Invariant: a tag is written once, so of two agents that initialise the same place one gets the error.
 */
export function claim(cells: Int32Array, tag: number, words: readonly number[], type: string): void {
  const before = Atomics.load(cells, 0);
  if (before !== tag) {
    words.forEach((word, index) => Atomics.store(cells, index + 1, word));
    if (Atomics.compareExchange(cells, 0, before, tag) === before) return;
  }
  throw new SyncError(
    'already-initialised',
    `This place already holds a ${type}: initialise it once, and attach with new ${type}(buffer, byteOffset) elsewhere`,
  );
}

/** Refuses memory that `initialize` has not prepared for this type. */
export function expectTag(cells: Int32Array, tag: number, type: string): void {
  if (Atomics.load(cells, 0) !== tag)
    throw new SyncError(
      'not-initialised',
      `No ${type} at this place: call ${type}.initialize(buffer, byteOffset) once before attaching to it`,
    );
}

export function expectHandle(handle: SyncHandle, type: string): void {
  if ((handle as SyncHandle | undefined)?.type !== type)
    throw new SyncError(
      'bad-argument',
      `${type}.from() needs the handle of a ${type}, as its handle property gives it`,
    );
}

/** A whole number of at least `least`, or an error that names it. */
export function expectCount(value: number, least: number, what: string): number {
  if (Number.isInteger(value) && value >= least && value <= 0x7fff_ffff) return value;
  const code = typeof value === 'number' && value < 0 ? 'negative' : 'bad-argument';
  throw new SyncError(code, `${what} must be a whole number of at least ${least}, and is ${String(value)}`);
}

/** The moment at which a wait of `timeoutMs` ends, in the clock of `performance.now()`. */
export function deadlineOf(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined) return Infinity;
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs) || timeoutMs < 0)
    throw new SyncError(
      'bad-argument',
      `A timeout is a number of milliseconds of at least 0, and not ${String(timeoutMs)}`,
    );
  return timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs;
}

/** Milliseconds until `deadline`, at most 0 when it has passed. */
export function remaining(deadline: number): number {
  return deadline === Infinity ? Infinity : deadline - performance.now();
}

export function cannotBlock(what: string): SyncError {
  return new SyncError(
    'cannot-block',
    `${what} cannot block here: this agent may not be suspended (a window, or a service worker); use the async form, or the try form`,
  );
}

/** Throws where blocking is forbidden, even when nothing would have to be waited for: a call that fails only under contention passes every test. */
export function expectBlocking(what: string): void {
  if (!canBlock) throw cannotBlock(what);
}

/** `Atomics.wait` with an error that explains itself. Returns for any reason at all: callers check again in a loop. */
export function sleep(
  cells: Int32Array,
  index: number,
  expected: number,
  deadline: number,
  what: string,
): void {
  const left = remaining(deadline);
  if (left <= 0) return;
  try {
    Atomics.wait(cells, index, expected, left);
  } catch (error) {
    if (error instanceof TypeError) throw cannotBlock(what);
    throw error;
  }
}

type WaitAsync = (
  cells: Int32Array,
  index: number,
  expected: number,
  timeout?: number,
) => { readonly async: false } | { readonly async: true; readonly value: Promise<string> };

/**
 * `Atomics.waitAsync`, or where it is missing a short pause that ends in 'ok'. The pause is a spurious wake-up, which
 * every loop of this library allows; it joins no list of waiters, so it takes nobody's notification.
 */
export const waitAsync: WaitAsync =
  (Atomics as unknown as { readonly waitAsync?: WaitAsync }).waitAsync?.bind(Atomics) ??
  ((cells, index, expected, timeout = Infinity) =>
    Atomics.load(cells, index) === expected && timeout > 0
      ? { async: true, value: pause(Math.min(timeout, 4)) }
      : { async: false });

function pause(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('ok'), ms));
}

/**
 * Resolves once the cell may hold something other than `expected`, for any reason at all: callers check again in a
 * loop. Rejects with the signal's reason.
 *
 * A registered waiter cannot be taken back. When one that was given up is notified, it passes the notification on, so
 * that an abort loses no wake-up (the woken one may not be the only one who waited).
 */
export function sleepAsync(
  cells: Int32Array,
  index: number,
  expected: number,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
  const left = remaining(deadline);
  if (left <= 0) return Promise.resolve();
  const waiter = waitAsync(cells, index, expected, left);
  if (!waiter.async) return Promise.resolve();
  keepAlive();
  return new Promise((resolve, reject) => {
    let open = true;
    const settle = () => {
      open = false;
      letGo();
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      settle();
      reject(reasonOf(signal!));
    };
    signal?.addEventListener('abort', abort);
    void waiter.value.then((outcome) => {
      if (open) {
        settle();
        resolve();
      } else if (outcome === 'ok') Atomics.notify(cells, index, 1);
    });
  });
}

/** What an aborted promise rejects with. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}

/**
 * Node ends an agent whose only business is a pending `waitAsync`: its waiters keep no event loop alive. One timer
 * that never matters does, while somebody waits.
 */
let waiting = 0;
let timer: { ref?(): unknown; unref?(): unknown } | undefined;

export function keepAlive(): void {
  if (waiting++ > 0) return;
  if (timer === undefined) {
    const made: unknown = setInterval(() => undefined, 0x7fff_ffff);
    // A browser's timer is a number and its agents do not end by themselves: nothing to keep alive.
    if (typeof made === 'number') clearInterval(made);
    timer = typeof made === 'object' && made !== null ? made : {};
  }
  timer.ref?.();
}

export function letGo(): void {
  if (--waiting === 0) timer?.unref?.();
}

/**
 * `Symbol.dispose` where it is, and the registered symbol that compilers fall back to where it is not.
 * The `using` of TypeScript and of esbuild finds the method under either.
 */
export const disposeSymbol: symbol =
  (Symbol as unknown as { readonly dispose?: symbol }).dispose ?? Symbol.for('Symbol.dispose');
export const asyncDisposeSymbol: symbol =
  (Symbol as unknown as { readonly asyncDispose?: symbol }).asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** A guard that calls `release` once. */
export function guardOf(release: () => void): Guard {
  let held = true;
  const once = () => {
    if (!held) return;
    held = false;
    release();
  };
  const guard = {
    release: once,
    [disposeSymbol]: once,
    [asyncDisposeSymbol]: () => {
      once();
      return Promise.resolve();
    },
  };
  return guard as unknown as Guard;
}

/** A critical section ends when its function returns: one that returns a promise has only begun its work. */
export function expectNoPromise(result: unknown, what: string, instead: string): void {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function')
    throw new SyncError(
      'async-body',
      `The function given to ${what} returned a promise, and the lock is already released: use ${instead}`,
    );
}

/** Kinds of elements, and the typed array that holds each. */
export interface NumericArrays {
  i8: Int8Array;
  u8: Uint8Array;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  f32: Float32Array;
  f64: Float64Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
}
export type NumericKind = keyof NumericArrays;
/** `bigint` for the kinds of 64-bit integers, `number` for the others. */
export type ElementOf<Kind extends NumericKind> = Kind extends 'i64' | 'u64' ? bigint : number;

const ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
};
const KINDS = Object.keys(ARRAYS) as readonly NumericKind[];

/** The number under which a kind is kept in shared memory. */
export function kindNumber(kind: NumericKind, type: string): number {
  const number = KINDS.indexOf(kind);
  if (number >= 0) return number;
  throw new SyncError('bad-argument', `${type} knows the kinds ${KINDS.join(', ')}, and not ${kind}`);
}

export function kindOf(number: number): NumericKind {
  return KINDS[number]!;
}

/** In bytes. */
export function elementBytes(kind: NumericKind): number {
  return ARRAYS[kindOf(kindNumber(kind, 'lockstep/sync'))].BYTES_PER_ELEMENT;
}

export function arrayOf<Kind extends NumericKind>(
  kind: Kind,
  buffer: ArrayBuffer | SharedArrayBuffer,
  byteOffset: number,
  length: number,
): NumericArrays[Kind] {
  return new ARRAYS[kind](buffer as ArrayBuffer, byteOffset, length) as unknown as NumericArrays[Kind];
}

/** Refuses a value that the kind cannot hold at all; what does not fit is converted as a typed array converts it. */
export function expectElement(kind: NumericKind, value: unknown, what: string): void {
  const wanted = kind === 'i64' || kind === 'u64' ? 'bigint' : 'number';
  if (typeof value !== wanted)
    throw new SyncError(
      'bad-argument',
      `${what} of kind ${kind} takes a ${wanted}, and not a ${typeof value}`,
    );
}

/** What debug mode does for one lock. `debug.ts` provides it; a lock copied without that file simply has none. */
export interface LockRecorder {
  /** Where in the user's code the lock's method was called. */
  here(): string;
  /** Before waiting, at `place`: reports an inversion. */
  wanted(place: string): void;
  /** Held from here on by synchronous code: what it held before is remembered as taken earlier. */
  acquired(place: string): void;
  /** Held from here on by an async task. Which locks that task holds besides cannot be known: no order is recorded. */
  acquiredByTask(place: string): void;
  released(): void;
  /** Where the lock was taken that is held now. */
  heldAt(): string;
}

export interface DebugMode {
  prepare(block: Int32Array, name: string | undefined): void;
  attach(block: Int32Array, type: string): LockRecorder;
}

/** Bytes that debug mode adds to a lock. */
export const DEBUG_BYTES = 4552;
let debugMode: DebugMode | undefined;

export function installDebug(mode: DebugMode): void {
  debugMode = mode;
}

export function debugFor(type: string): DebugMode {
  if (debugMode !== undefined) return debugMode;
  throw new SyncError(
    'bad-argument',
    `Debug mode of ${type} lives in debug.ts: import that file once, or leave out the debug option`,
  );
}
