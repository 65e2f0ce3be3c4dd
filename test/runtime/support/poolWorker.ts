import { WorkerPool } from '../../../server/src/runtime/index.ts';

interface Task {
  readonly square?: number;
  readonly fail?: string;
  readonly exit?: number;
  readonly gate?: Int32Array;
  readonly bytes?: ArrayBuffer;
}

WorkerPool.serve(async (task: Task) => {
  if (task.fail !== undefined) throw new RangeError(task.fail);
  if (task.exit !== undefined) process.exit(task.exit);
  if (task.gate !== undefined) {
    Atomics.add(task.gate, 1, 1);
    Atomics.wait(task.gate, 0, 0);
  }
  await Promise.resolve();
  return task.bytes?.byteLength ?? (task.square ?? 0) ** 2;
});
