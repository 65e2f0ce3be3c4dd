/** Develops one band of rows. Every worker of the pool runs this file. */
import { TileCache } from './cache.ts';
import { filterByName } from './filters.ts';
import { sweep } from './janitor.ts';
import { STOP, type Done, type Job, type SharedMemory } from './memory.ts';

const TILE_ROWS = 16;
const KEEP_TILES = 64;

self.onmessage = (event: MessageEvent<Job>) => {
  const { memory, filter, part, parts } = event.data;
  const control = new Int32Array(memory.control);
  const progress = new Int32Array(memory.progress);
  const cache = new TileCache(memory.cache);
  const rowsEach = Math.ceil(memory.height / parts);
  const first = part * rowsEach;
  const last = Math.min(memory.height, first + rowsEach);

  let rows = 0;
  for (let row = first; row < last; row++) {
    if (control[STOP] === 1) break;
    developRow(memory, filter, row);
    progress[0]++;
    rows++;
    const tile = Math.floor(row / TILE_ROWS);
    if (row % TILE_ROWS === 0 && cache.find(tile) === null) cache.store(tile, row);
  }
  sweep(cache, KEEP_TILES);
  const done: Done = { part, rows };
  self.postMessage(done);
};

/** A row belongs to the band of one worker, so plain writes are right here. */
function developRow(memory: SharedMemory, filter: string, row: number): void {
  const source = new Uint8Array(memory.source);
  const target = new Uint8Array(memory.target);
  const apply = filterByName(filter);
  const start = row * memory.width * 4;
  for (let at = start; at < start + memory.width * 4; at += 4) {
    const [red, green, blue] = apply(source[at], source[at + 1], source[at + 2]);
    target[at] = red;
    target[at + 1] = green;
    target[at + 2] = blue;
    target[at + 3] = source[at + 3];
  }
}
