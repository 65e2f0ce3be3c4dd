/** Finished tiles, kept for the next run. The index says which are there; the tiles lie behind a lock of their own. */
import { Lock } from './lock.ts';

export const SLOTS = 128;

const INDEX_LOCK = 0;
const TILES_LOCK = 1;
/** Bytes before the index: the two locks, and room to the next cache line. */
const HEAD = 64;

export class TileCache {
  readonly index: Int32Array<SharedArrayBuffer>;
  readonly tiles: Int32Array<SharedArrayBuffer>;
  readonly indexLock: Lock;
  readonly tilesLock: Lock;

  constructor(memory: SharedArrayBuffer) {
    const locks = new Int32Array(memory, 0, 2);
    this.indexLock = new Lock(locks, INDEX_LOCK);
    this.tilesLock = new Lock(locks, TILES_LOCK);
    this.index = new Int32Array(memory, HEAD, SLOTS);
    this.tiles = new Int32Array(memory, HEAD + SLOTS * 4, SLOTS);
  }

  /** The checksum of a tile that was developed before, or null. */
  find(tile: number): number | null {
    const slot = tile % SLOTS;
    this.indexLock.lock();
    try {
      if (this.index[slot] === 0) return null;
      this.tilesLock.lock();
      try {
        return this.tiles[slot];
      } finally {
        this.tilesLock.unlock();
      }
    } finally {
      this.indexLock.unlock();
    }
  }

  store(tile: number, checksum: number): void {
    const slot = tile % SLOTS;
    this.indexLock.lock();
    this.index[slot] = 1;
    this.indexLock.unlock();
    this.tilesLock.lock();
    this.tiles[slot] = checksum;
    this.tilesLock.unlock();
  }
}
