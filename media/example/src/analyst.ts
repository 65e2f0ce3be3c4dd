/** Looks at the picture once: how light it is, and a thumbnail of it. One worker of its own runs this file. */
import { HISTOGRAM_BINS, HISTOGRAM_READY, PREVIEW_READY, type SharedMemory } from './memory.ts';

self.onmessage = (event: MessageEvent<SharedMemory>) => {
  const memory = event.data;
  const control = new Int32Array(memory.control);

  shrink(memory);
  // The thumbnail is complete before its flag is raised, and whoever sees the flag sees all of it.
  Atomics.store(control, PREVIEW_READY, 1);

  countLight(memory);
  control[HISTOGRAM_READY] = 1;
};

function shrink(memory: SharedMemory): void {
  const source = new Uint8Array(memory.source);
  const preview = new Uint8Array(memory.preview);
  const step = Math.max(1, Math.floor(source.length / preview.length));
  for (let at = 0; at < preview.length; at++) preview[at] = source[at * step];
}

function countLight(memory: SharedMemory): void {
  const source = new Uint8Array(memory.source);
  const counts = new Uint32Array(HISTOGRAM_BINS);
  for (let at = 0; at < source.length; at += 4) counts[source[at]]++;
  const histogram = new Uint32Array(memory.histogram);
  histogram.set(counts);
}
