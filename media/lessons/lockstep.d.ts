/** The few names of `lockstep/sync` that the lessons use, so that their code checks without anything to install. */

declare module 'lockstep/sync' {
  export interface MutexHandle {
    readonly buffer: SharedArrayBuffer;
    readonly byteOffset: number;
  }
  export class Mutex {
    static create(): Mutex;
    static from(handle: MutexHandle): Mutex;
    /** Survives postMessage; `Mutex.from` makes the same lock of it in another agent. */
    readonly handle: MutexHandle;
    /** Waits and takes the lock. False when `timeoutMs` ran out first. Throws when this agent holds it already. */
    lock(timeoutMs?: number): boolean;
    unlock(): void;
  }
}
