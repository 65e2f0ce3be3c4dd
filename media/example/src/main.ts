/** The page: loads a picture, starts the pool, and shows how far it has come. */
import { allocate, HISTOGRAM_BINS, HISTOGRAM_READY, PREVIEW_READY } from './memory.ts';
import { Pool } from './pool.ts';
import { buildToolbar } from './toolbar.ts';

const WIDTH = 1920;
const HEIGHT = 1080;

const memory = allocate(WIDTH, HEIGHT);
const source = new Uint8Array(memory.source);
const target = new Uint8Array(memory.target);
const control = new Int32Array(memory.control);
const progress = new Int32Array(memory.progress);
const histogram = new Uint32Array(memory.histogram);
const preview = new Uint8Array(memory.preview);

// The picture is in place before any worker hears of it: a message carries everything that was done before it.
for (let at = 0; at < source.length; at++) source[at] = (at * 31) % 251;

const analyst = new Worker(new URL('./analyst.ts', import.meta.url), { type: 'module' });
analyst.postMessage(memory);
const pool = new Pool(memory, navigator.hardwareConcurrency);

async function develop(filter: string): Promise<void> {
  watch();
  const rows = await pool.develop(filter);
  // Every worker has answered, so all of their rows are here.
  const first = target[0];
  show(`${rows} rows, the first pixel is ${first}`);
}

/** Looks once per frame, without waiting for anybody: a page must not block. */
function watch(): void {
  if (control[HISTOGRAM_READY] === 1) {
    let brightest = 0;
    for (let bin = 0; bin < HISTOGRAM_BINS; bin++) {
      if (histogram[bin] > histogram[brightest]) brightest = bin;
    }
    show(`most pixels have brightness ${brightest}`);
  }
  if (Atomics.load(control, PREVIEW_READY) === 1) {
    show(`the preview begins with ${preview[0]}`);
  }
  const rows = Atomics.load(progress, 0);
  show(`${Math.round((100 * rows) / HEIGHT)} %`);
  if (rows < HEIGHT) requestAnimationFrame(watch);
}

function show(text: string): void {
  const line = document.querySelector('output');
  if (line !== null) line.textContent = text;
}

const bar = document.querySelector<HTMLElement>('#toolbar');
if (bar !== null) buildToolbar(bar, (filter) => void develop(filter), () => pool.stop());
