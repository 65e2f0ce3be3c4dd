import { workerData } from 'node:worker_threads';
import { Mutex, type MutexHandle } from 'lockstep/sync';
import { Meeting } from '../../stage.ts';

interface Desk {
  readonly pen: MutexHandle;
  readonly stamp: MutexHandle;
  readonly start: SharedArrayBuffer;
}

const desk = workerData as Desk;

export const pen = Mutex.from(desk.pen);
export const stamp = Mutex.from(desk.stamp);
export const meeting = new Meeting(2, desk.start);
export const TRIALS = 40;

/** A little work: about as long as it takes to look something up. */
export function think(): void {
  for (let sum = 0, round = 0; round < 2_000_000; round++) sum += round;
}
