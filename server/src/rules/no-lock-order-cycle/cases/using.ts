//- main.ts
import { Mutex } from 'lockstep/sync';
const index = Mutex.create();
const tiles = Mutex.create();
const worker = new Worker(new URL('./worker.ts', import.meta.url));
worker.postMessage({ index: index.handle, tiles: tiles.handle });
export function save(): void {
  using _index = index.guard();
  using _tiles = tiles.guard();
  //             ^^^^^^^^^^^ no-lock-order-cycle: `tiles` is taken while `index` is held
}
export function look(): void {
  {
    using _tiles = tiles.guard();
  }
  using _index = index.guard(); // ok: the block has given `tiles` back
}
//- worker.ts
import { Mutex } from 'lockstep/sync';
onmessage = ({ data }) => {
  const index = Mutex.from(data.index);
  const tiles = Mutex.from(data.tiles);
  using _tiles = tiles.guard();
  using _index = index.guard();
  //             ^^^^^^^^^^^ no-lock-order-cycle: `index` is taken while `tiles` is held
};
