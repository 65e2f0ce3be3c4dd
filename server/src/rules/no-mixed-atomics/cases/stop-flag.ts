// The same flag with and without Atomics, across files and through a helper.
//- flags.ts
export enum Flag {
  Stop,
  Pause,
}

export const isSet = (flags: Int32Array, flag: Flag): boolean => flags[flag] === 1;
//                                                               ^^^^^^^^^^^ no-mixed-atomics: is read without Atomics
export const isSetSafely = (flags: Int32Array, flag: Flag): boolean => Atomics.load(flags, flag) === 1; // ok: atomic
//- main.ts
import { Flag } from './flags.ts';

const flags = new Int32Array(new SharedArrayBuffer(8));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(flags);
export const stop = (): number => Atomics.store(flags, Flag.Stop, 1);
export const pause = (): number => Atomics.store(flags, Flag.Pause, 1);
//- worker.ts
import { Flag, isSet, isSetSafely } from './flags.ts';

self.onmessage = ({ data: flags }: MessageEvent<Int32Array>) => {
  while (!isSet(flags, Flag.Stop)) if (isSetSafely(flags, Flag.Pause)) break;
};
