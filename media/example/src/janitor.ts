/** Empties slots of the cache when it has grown too full. */
import { SLOTS, type TileCache } from './cache.ts';

/** Empties every slot from `keep` on; returns how many tiles there were. */
export function sweep(cache: TileCache, keep: number): number {
  let swept = 0;
  cache.tilesLock.lock();
  for (let slot = keep; slot < SLOTS; slot++) {
    if (cache.tiles[slot] === 0) continue;
    cache.tiles[slot] = 0;
    forget(cache, slot);
    swept++;
  }
  cache.tilesLock.unlock();
  return swept;
}

function forget(cache: TileCache, slot: number): void {
  cache.indexLock.lock();
  cache.index[slot] = 0;
  cache.indexLock.unlock();
}
