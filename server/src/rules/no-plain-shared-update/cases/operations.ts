// Every form of update, used as a statement and as a value; on arrays of numbers and of bigints.
//- main.ts
import { Worker } from 'node:worker_threads';

const numbers = new Int32Array(new SharedArrayBuffer(64));
const bigs = new BigInt64Array(new SharedArrayBuffer(64));
for (let n = 0; n < 3; n++) new Worker(new URL('./tally.ts', import.meta.url), { workerData: { numbers, bigs } });
//- tally.ts
import { workerData } from 'node:worker_threads';

const { numbers, bigs } = workerData as { numbers: Int32Array; bigs: BigInt64Array };

export function statements(by: number): void {
  numbers[0] += by;
//^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[1]--;
//^^^^^^^^^^^^ no-plain-shared-update
  numbers[2] |= 0b100;
//^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[3] = numbers[3]! ^ 1;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[4] = 3 + numbers[4]!;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[5] &= ~by;
//^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[6] = numbers[6]! - by;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[7] = by - numbers[7]!;
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[8] = Math.max(numbers[8]!, by);
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  numbers[9] <<= 1;
//^^^^^^^^^^^^^^^^ no-plain-shared-update
  if (by > 3) numbers[10] *= by;
//            ^^^^^^^^^^^^^^^^^ no-plain-shared-update
  bigs[0]++;
//^^^^^^^^^ no-plain-shared-update
  bigs[1] += 5n;
//^^^^^^^^^^^^^ no-plain-shared-update
  bigs[2] = bigs[2]! * 2n;
//^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
}

export function values(by: number): number[] {
  const before = numbers[11]++;
//               ^^^^^^^^^^^^^ no-plain-shared-update
  const after = ++numbers[12];
//              ^^^^^^^^^^^^^ no-plain-shared-update
  const sum = (numbers[13] += by) * 2;
//             ^^^^^^^^^^^^^^^^^ no-plain-shared-update
  return [before, after, sum, numbers[14] -= 2];
//                            ^^^^^^^^^^^^^^^^ no-plain-shared-update
}

export function inTwoLines(): number {
  const old = numbers[15]!;
  numbers[15] = old + 1;
//^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
  return old;
}
