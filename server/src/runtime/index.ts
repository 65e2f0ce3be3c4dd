/**
 * `lockstep/sync`: synchronisation over a SharedArrayBuffer, for every agent that holds the buffer.
 *
 * In and out: shared memory and offsets; each primitive is one file, and needs `shared.ts` beside it and nothing else.
 * Must never know: any other folder, any package, Node or a browser beyond what is detected when it runs.
 *
 * Common shape: `X.create(options)` allocates; `X.initialize(buffer, byteOffset, options)` prepares memory once, and
 * `new X(buffer, byteOffset)` attaches to it in any agent; `X.byteLength(options)` and `X.alignment` in bytes;
 * `x.handle` survives postMessage, and `X.from(handle)` rebuilds the primitive.
 */
export type { Guard, LockOptions, SyncErrorCode, SyncHandle, WaitOptions } from './shared.ts';
export { agentId, canBlock, SyncError } from './shared.ts';
export type { LockOrderReport } from './debug.ts';
export { onLockOrder } from './debug.ts';
export { Mutex } from './mutex.ts';
export { RWMutex } from './rwMutex.ts';
export type { SemaphoreOptions } from './semaphore.ts';
export { Semaphore } from './semaphore.ts';
export type { Lockable } from './condition.ts';
export { Condition } from './condition.ts';
export type { BarrierOptions } from './barrier.ts';
export { Barrier } from './barrier.ts';
export type { WaitGroupOptions } from './waitGroup.ts';
export { WaitGroup } from './waitGroup.ts';
export { Once } from './once.ts';
export type { NumericArrays, NumericKind } from './shared.ts';
export type { ChannelOptions, ChannelValue, SelectCase, Selected } from './channel.ts';
export { Channel } from './channel.ts';
export type { RingBufferOptions } from './ringBuffer.ts';
export { RingBuffer } from './ringBuffer.ts';
export type { LockFreeStackOptions } from './lockFreeStack.ts';
export { LockFreeStack } from './lockFreeStack.ts';
export type { LockFreeQueueOptions } from './lockFreeQueue.ts';
export { LockFreeQueue } from './lockFreeQueue.ts';
export type { SnapshotCellOptions } from './snapshotCell.ts';
export { SnapshotCell } from './snapshotCell.ts';
export type { SeqLockOptions } from './seqLock.ts';
export { SeqLock } from './seqLock.ts';
export type { PortLike, RunOptions, WorkerLike, WorkerPoolOptions } from './workerPool.ts';
export { WorkerPool } from './workerPool.ts';
