/**
 * For: edges and identities that travel with messages. While memory is shared, a message goes as a list of six: a mark,
 * the program's value, the shared buffers in it with their ids, the sender's clock, and the ports it moves. Structured
 * clone keeps identity within one message, so the buffers of the list are the buffers in the value.
 * In and out: what the program posts is wrapped, what it receives is unwrapped before any code of it runs.
 *
 * Limit: a port moved to another vm context (`moveMessagePortToContext`) would receive wrapped messages, so its own side
 * is left unwrapped and gives no edge.
 */
import workerThreads from 'node:worker_threads';
import { BLIND, LIVE } from '../layout.ts';
import type { Snapshot } from '../detector.ts';
import type { Context } from './context.ts';
import { disguise, native } from './disguise.ts';
import { type Accessor, apply, clone, isView, propertyOf } from './real.ts';
import { isShared, type Watch } from './watch.ts';

export interface Cargo {
  readonly buffers: readonly SharedArrayBuffer[];
  readonly memories: readonly WebAssembly.Memory[];
  readonly ids: readonly number[];
}

export interface Messages {
  /** Shared buffers in a value, made reachable for others. */
  load(value: unknown): Cargo;
  unload(cargo: Cargo): void;
  /** Messages through these ports and to these workers are wrapped. */
  own(ports: readonly unknown[]): void;
  wrap(value: unknown, transfer?: unknown): unknown;
  unwrap(value: unknown): unknown;
}

type Wrapped = [mark: string, value: unknown, cargo: Cargo, clock: Snapshot, ports: unknown[], end: 0];
type Method = (...rest: unknown[]) => unknown;

const DISPATCH = Symbol.for('nodejs.internal.kHybridDispatch');
const RECEIVING = Symbol.for('nodejs.internal.kCurrentlyReceivingPorts');
/** Parts of a value that are looked through for buffers; after that every buffer of the thread goes along. */
const PARTS = 200_000;

export function installMessages(context: Context, watch: Watch): Messages {
  const { detector, heap, settings } = context;
  const { mark } = settings;
  const owned = new WeakSet<object>();
  const memoryBuffers = new WeakMap<WebAssembly.Memory, number>();
  const isPort = (value: unknown): value is object => value instanceof workerThreads.MessagePort;

  /** Everything structured clone would reach, without running getters; null if that cannot be known. */
  function search(
    root: unknown,
  ): { buffers: Set<SharedArrayBuffer>; memories: Set<WebAssembly.Memory> } | null {
    const buffers = new Set<SharedArrayBuffer>();
    const memories = new Set<WebAssembly.Memory>();
    if (typeof root !== 'object' || root === null) return { buffers, memories };
    const seen = new Set<object>([root]);
    const todo: object[] = [root];
    let parts = 0;
    const add = (value: unknown): void => {
      if (typeof value === 'object' && value !== null && !seen.has(value)) {
        seen.add(value);
        todo.push(value);
      }
    };
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (isShared(at)) buffers.add(at);
      else if (isView(at)) {
        const { buffer } = at as unknown as Uint8Array;
        if (isShared(buffer)) buffers.add(buffer);
      } else if (at instanceof WebAssembly.Memory) {
        memories.add(at);
      } else if (Array.isArray(at)) {
        if ((parts += at.length) > PARTS) return null;
        for (const value of at as unknown[]) if (typeof value === 'object') add(value);
      } else if (at instanceof Map) {
        if ((parts += at.size) > PARTS) return null;
        for (const [key, value] of at) {
          add(key);
          add(value);
        }
      } else if (at instanceof Set) {
        if ((parts += at.size) > PARTS) return null;
        for (const value of at) add(value);
      } else if (!isPort(at)) {
        for (const name of Object.keys(at)) {
          if (++parts > PARTS) return null;
          const property = Object.getOwnPropertyDescriptor(at, name);
          if (property === undefined) continue;
          if (!('value' in property)) return null;
          add(property.value);
        }
        if (Object.hasOwn(at, 'cause')) add((at as { cause?: unknown }).cause);
      }
    }
    return { buffers, memories };
  }

  function load(value: unknown): Cargo {
    const found = watch.knowsAny()
      ? search(value)
      : { buffers: new Set<SharedArrayBuffer>(), memories: new Set<WebAssembly.Memory>() };
    const buffers = found === null ? watch.known() : [...found.buffers];
    const memories = found === null ? [] : [...found.memories].filter((one) => isShared(one.buffer));
    return {
      buffers,
      memories,
      ids: [
        ...buffers.map((one) => watch.escape(one)),
        ...memories.map((one) => watch.escape(one.buffer as unknown as SharedArrayBuffer)),
      ],
    };
  }

  function unload({ buffers, memories, ids }: Cargo): void {
    buffers.forEach((buffer, index) => watch.tag(buffer, ids[index]!));
    memories.forEach((memory, index) => {
      const id = ids[buffers.length + index]!;
      memoryBuffers.set(memory, id);
      watch.tag(memory.buffer as unknown as SharedArrayBuffer, id);
    });
  }

  const portsIn = (transfer: unknown): object[] => {
    const list = Array.isArray(transfer)
      ? transfer
      : ((transfer as { transfer?: unknown } | null | undefined)?.transfer ?? []);
    return Array.isArray(list) ? list.filter(isPort) : [];
  };

  function wrap(value: unknown, transfer?: unknown): unknown {
    if (heap[LIVE] === 0 && !watch.knowsAny()) return value;
    const cargo = load(value);
    if (heap[LIVE] === 0) return value;
    return [mark, value, cargo, detector.snapshot(), portsIn(transfer), 0] satisfies Wrapped;
  }

  function unwrap(data: unknown): unknown {
    if (!Array.isArray(data) || data.length !== 6 || data[0] !== mark) return data;
    const [, value, cargo, clock, ports] = data as Wrapped;
    unload(cargo);
    own(ports);
    detector.acquire(clock);
    return value;
  }

  function own(ports: readonly unknown[]): void {
    for (const port of ports) if (isPort(port) || port instanceof workerThreads.Worker) owned.add(port);
  }

  const ports = workerThreads.MessagePort.prototype as unknown as Record<string | symbol, Method>;
  const realPost = ports['postMessage']!;
  define(
    ports,
    'postMessage',
    disguise('postMessage', realPost.length, function (this: unknown, ...rest: unknown[]): unknown {
      if (rest.length === 0 || !owned.has(this as object)) return apply(realPost, this, rest);
      return apply(realPost, this, [wrap(rest[0], rest[1]), ...rest.slice(1)]);
    }),
  );
  const realDispatch =
    ports[DISPATCH] ?? (EventTarget.prototype as unknown as Record<symbol, Method>)[DISPATCH]!;
  define(
    ports,
    DISPATCH,
    function (this: Record<symbol, unknown>, data: unknown, ...rest: unknown[]): unknown {
      const moved = this[RECEIVING];
      if (Array.isArray(moved)) own(moved);
      return apply(realDispatch, this, [rest[0] === 'message' ? unwrap(data) : data, ...rest]);
    },
  );

  const worker = workerThreads.Worker.prototype as unknown as Record<string, Method>;
  const realWorkerPost = worker['postMessage']!;
  define(
    worker,
    'postMessage',
    disguise('postMessage', realWorkerPost.length, function (this: unknown, ...rest: unknown[]): unknown {
      // Node's own worker for module hooks is one too, and knows nothing of wrapping.
      if (rest.length === 0 || !owned.has(this as object)) return apply(realWorkerPost, this, rest);
      return apply(realWorkerPost, this, [wrap(rest[0], rest[1]), ...rest.slice(1)]);
    }),
  );

  const channel = workerThreads.BroadcastChannel.prototype as unknown as Record<string, Method>;
  const realBroadcast = channel['postMessage']!;
  define(
    channel,
    'postMessage',
    disguise('postMessage', realBroadcast.length, function (this: unknown, ...rest: unknown[]): unknown {
      if (rest.length === 0) return apply(realBroadcast, this, rest);
      return apply(realBroadcast, this, [wrap(rest[0]), ...rest.slice(1)]);
    }),
  );

  const realReceive = workerThreads.receiveMessageOnPort as unknown as Method;
  (workerThreads as unknown as Record<string, unknown>)['receiveMessageOnPort'] = disguise(
    'receiveMessageOnPort',
    realReceive.length,
    (...rest: unknown[]) => {
      const result = apply(realReceive, undefined, rest) as { message: unknown } | undefined;
      if (result !== undefined) {
        result.message = unwrap(result.message);
        if (isPort(result.message)) own([result.message]);
        else if (typeof result.message === 'object' && result.message !== null)
          own(Object.values(result.message));
      }
      return result;
    },
  );

  const RealChannel = workerThreads.MessageChannel;
  const Channel = new Proxy(RealChannel, {
    construct(target, given, newTarget): object {
      const made = Reflect.construct(target, given, newTarget) as MessageChannel;
      own([made.port1, made.port2]);
      return made;
    },
  });
  native(Channel, RealChannel);
  workerThreads.MessageChannel = Channel;
  Object.defineProperty(globalThis, 'MessageChannel', {
    value: Channel,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  if (workerThreads.parentPort !== null) own([workerThreads.parentPort]);

  globalThis.structuredClone = disguise('structuredClone', clone.length, (...rest: unknown[]): unknown => {
    if (rest.length === 0 || !watch.knowsAny()) return apply(clone as unknown as Method, undefined, rest);
    const found = search(rest[0]);
    const buffers = found === null ? watch.known() : [...found.buffers];
    if (buffers.length === 0) return apply(clone as unknown as Method, undefined, rest);
    const [value, copies] = apply(clone as unknown as Method, undefined, [
      [rest[0], buffers],
      ...rest.slice(1),
    ]) as [unknown, SharedArrayBuffer[]];
    copies.forEach((copy, index) => watch.alias(copy, buffers[index]!));
    return value;
  });

  // The buffer of a shared wasm memory is a new object after each growth, and the same block.
  const memory = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer')!;
  const realBuffer = (memory as Accessor).get!;
  Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', {
    ...memory,
    get: disguise('get buffer', 0, function (this: WebAssembly.Memory): unknown {
      const result = apply(realBuffer, this, []);
      if (isShared(result)) {
        const id = memoryBuffers.get(this);
        if (id !== undefined) watch.tag(result, id);
        else memoryBuffers.set(this, watch.blockOf(result, true).id);
      }
      return result;
    }),
  });

  wasmInstances(context);
  return { load, unload, own, wrap, unwrap };
}

/** What is done inside wasm is not seen. Once it can reach shared memory, it can order what it likes. */
function wasmInstances(context: Context): void {
  const sees = (imports: unknown): boolean =>
    Object.values((imports ?? {}) as Record<string, unknown>).some((group) =>
      Object.values((group ?? {}) as Record<string, unknown>).some(
        (one) => one instanceof WebAssembly.Memory && isShared(one.buffer),
      ),
    );
  const note = (imports: unknown): void => {
    if (!sees(imports)) return;
    context.heap[BLIND] = 1;
    context.limit(
      'WebAssembly code works on shared memory; its accesses and the order it gives are not seen, so no race is reported from there on',
    );
  };
  const realInstantiate = propertyOf(WebAssembly, 'instantiate').value!;
  WebAssembly.instantiate = disguise('instantiate', realInstantiate.length, (...rest: unknown[]) => {
    note(rest[1]);
    return apply(realInstantiate, WebAssembly, rest);
  }) as typeof WebAssembly.instantiate;
  const RealInstance = WebAssembly.Instance;
  const Instance = new Proxy(RealInstance, {
    construct(target, given, newTarget): object {
      note(given[1]);
      return Reflect.construct(target, given, newTarget) as object;
    },
  });
  native(Instance, RealInstance);
  RealInstance.prototype.constructor = Instance;
  WebAssembly.Instance = Instance;
}

function define(owner: Record<string | symbol, unknown>, name: string | symbol, value: unknown): void {
  Object.defineProperty(owner, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: typeof name === 'string' && Object.prototype.propertyIsEnumerable.call(owner, name),
  });
}
