import type { SyncHandle } from '../../../server/src/runtime/index.ts';

export const WORKERS = 2;
export const READINGS = 100;

/** What lies in the plain shared memory, a cell each, and which primitive guards it. */
export const cells = [
  'power', // mutex
  'woken', // mutex
  'counted', // mutex
  'written', // table
  'writtenTwin', // table
  'torn', // Atomics
  'onAir', // Atomics
  'mostOnAir', // radios
  'day0', // days
  'day1', // days
  'early', // Atomics
  'calibrated', // calibration
  'visited', // Atomics
  'open', // Atomics: workers that still send
] as const;

export interface Station {
  readonly index: number;
  readonly memory: Int32Array;
  readonly mutex: SyncHandle<'Mutex'>;
  readonly table: SyncHandle<'RWMutex'>;
  readonly radios: SyncHandle<'Semaphore'>;
  readonly powered: SyncHandle<'Condition'>;
  readonly days: SyncHandle<'Barrier'>;
  readonly working: SyncHandle<'WaitGroup'>;
  readonly calibration: SyncHandle<'Once'>;
  readonly readings: SyncHandle<'Channel'>;
  readonly sound: SyncHandle<'RingBuffer'>;
  readonly masts: SyncHandle<'LockFreeStack'>;
  readonly sites: SyncHandle<'LockFreeQueue'>;
  readonly forecast: SyncHandle<'SnapshotCell'>;
  readonly position: SyncHandle<'SeqLock'>;
}
