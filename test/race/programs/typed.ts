import { Worker, isMainThread, workerData } from 'node:worker_threads';
import type { Shared } from './types.ts';

interface Cells {
  readonly x: Int32Array<SharedArrayBuffer>;
  readonly racy: boolean;
}

const start = (cells: Cells): Promise<number> =>
  new Promise((done) => new Worker(new URL(import.meta.url), { workerData: cells }).once('exit', done));

export async function typedRacy(): Promise<unknown> {
  const x: Shared = new Int32Array(new SharedArrayBuffer(8));
  const ended = start({ x, racy: true });
  x[0] = (1 as number) + (1 as number); // race: typedRacy
  return await ended;
}

export async function typedFree(): Promise<unknown> {
  const x: Shared = new Int32Array(new SharedArrayBuffer(8));
  const code = await start({ x, racy: false });
  return [code, x[0]!];
}

if (!isMainThread) {
  const { x, racy } = workerData as Cells;
  if (racy) {
    x[0]! += 3; // race: typedRacy
  } else x[0] = 4;
}
