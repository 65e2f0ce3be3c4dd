// Helpers in other files, generic ones and callbacks among them.
//- cells.ts
type Counts = Int32Array | Uint32Array;

export function bump<View extends Counts>(view: View, at: number): void {
  view[at] = view[at]! + 1;
//^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
}

export function update(view: Counts, at: number, change: (old: number) => number): void {
  view[at] = change(view[at]!);
//^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update
}
//- main.ts
import { bump, update } from './cells.ts';

const counts = new Uint32Array(new SharedArrayBuffer(64));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage([counts]);
bump(counts, 2);
update(counts, 3, (old) => old * 3);
//- worker.ts
import * as cells from './cells.ts';

self.onmessage = ({ data: [counts] }: MessageEvent<[Uint32Array]>) => {
  cells.bump(counts, 2);
  cells.update(counts, 3, (old) => old + 7);
};
