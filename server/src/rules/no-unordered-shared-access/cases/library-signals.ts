// What `lockstep/sync` orders without a lock: a barrier, a wait group, a semaphore, a channel, a thing done once.
//- main.ts
import { Barrier, Channel, Semaphore, WaitGroup } from 'lockstep/sync';
import { Worker } from 'node:worker_threads';

const PARTS = 4;
const barrier = Barrier.create({ parties: PARTS });
const group = WaitGroup.create();
const shared = new SharedArrayBuffer(1024);
const filled = new Semaphore(shared, 0);
const news = Channel.create({ capacity: 4, kind: 'i32' });
const cells = new Float64Array(new SharedArrayBuffer(8 * PARTS));
const more = new Float64Array(shared, 512);
group.add(PARTS);
for (let id = 0; id < PARTS; id++) {
  const handles = { barrier: barrier.handle, group: group.handle, news: news.handle };
  new Worker(new URL('./part.ts', import.meta.url), { workerData: { shared, cells, id, handles } });
}
group.wait();
console.log(cells[0]); // ok: all have said that they are done
filled.acquire();
console.log(more[0]); // ok: released after it was written
console.log(news.receive(), more[1]); // ok: sent after it was written
console.log(more[2]);
//          ^^^^^^^ no-unordered-shared-access: `more[2]` is read while part.ts writes it
//- part.ts
import { Barrier, Channel, Once, Semaphore, WaitGroup } from 'lockstep/sync';
import { workerData } from 'node:worker_threads';

const { shared, cells, id, handles } = workerData;
const barrier = Barrier.from(handles.barrier);
const group = WaitGroup.from(handles.group);
const news = Channel.from(handles.news);
const once = new Once(shared, 64);
const filled = new Semaphore(shared, 0);
const more = new Float64Array(shared, 512);
cells[id] = id; // ok: nobody reads before all have met
barrier.wait();
const left = cells[(id + 1) % 4]; // ok: all have written
barrier.wait();
cells[id] = left; // ok: all have read
group.done();
once.do(() => {
  more[0] = 1; // ok: one agent does it, once
  filled.release();
  more[1] = 2; // ok: one agent does it, once
  news.send(1);
  more[2] = 3;
//^^^^^^^^^^^ no-unordered-shared-access: `more[2]` is written while the main thread reads it
});
