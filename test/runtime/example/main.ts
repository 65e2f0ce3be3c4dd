/**
 * A weather station in small: two workers measure, the main thread collects. Each primitive does the one job that it is
 * for; the output is the same on every run.
 */
import { Worker } from 'node:worker_threads';
import {
  Barrier,
  Channel,
  Condition,
  LockFreeQueue,
  LockFreeStack,
  Mutex,
  Once,
  RingBuffer,
  RWMutex,
  Semaphore,
  SeqLock,
  SnapshotCell,
  WaitGroup,
  WorkerPool,
} from '../../../server/src/runtime/index.ts';
import type { Station } from './station.ts';
import { cells, READINGS, WORKERS } from './station.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

const mutex = Mutex.create();
const table = RWMutex.create();
const radios = Semaphore.create({ permits: 1, max: 1 });
const powered = Condition.create();
const days = Barrier.create({ parties: WORKERS });
const working = WaitGroup.create({ count: WORKERS });
const calibration = Once.create();
const readings = Channel.create({ capacity: 4 });
const sound = RingBuffer.create({ capacity: 64, kind: 'f32' });
const masts = LockFreeStack.create({ capacity: WORKERS, kind: 'u32' });
const sites = LockFreeQueue.create({ capacity: 16, kind: 'u32' });
const forecast = SnapshotCell.create({ size: 2, kind: 'f64' });
const position = SeqLock.create({ size: 2, kind: 'f64' });
const memory = new Int32Array(new SharedArrayBuffer(4 * cells.length));

for (let mast = 1; mast <= WORKERS; mast++) masts.push(mast);
for (let site = 0; site < 10; site++) sites.enqueue(site);

const station: Omit<Station, 'index'> = {
  mutex: mutex.handle,
  table: table.handle,
  radios: radios.handle,
  powered: powered.handle,
  days: days.handle,
  working: working.handle,
  calibration: calibration.handle,
  readings: readings.handle,
  sound: sound.handle,
  masts: masts.handle,
  sites: sites.handle,
  forecast: forecast.handle,
  position: position.handle,
  memory,
};
const script = new URL('./worker.mjs', import.meta.url);
const workers = Array.from(
  { length: WORKERS },
  (_, index) => new Worker(script, { workerData: { ...station, index } }),
);

const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));

// Condition: the workers wait until there is power.
await mutex.runExclusive(() => {
  memory[cells.indexOf('power')] = 1;
  powered.notifyAll();
});

// Channel: every reading comes once. The channel ends when the last worker closes it.
let sum = 0;
let count = 0;
for await (const reading of readings) {
  sum += reading;
  count++;
}
say(`channel       ${count} readings, sum ${sum}`);

// RingBuffer: the first worker streams, this thread listens.
const heard = new Float32Array(200);
for (let length = 0; length < heard.length;) {
  await sound.waitReadableAsync();
  length += sound.pop(heard.subarray(length));
}
say(
  `ring buffer   ${heard.length} samples, ${heard.every((value, index) => value === index) ? 'in' : 'out of'} order`,
);

// WaitGroup: all workers are done, and what they wrote is here.
await working.waitAsync();
const value = (name: (typeof cells)[number]) => memory[cells.indexOf(name)];
say(`mutex         ${value('counted')} counted`);
say(`rwmutex       ${table.withRLock(() => value('written'))} writes, ${value('torn')} torn reads`);
say(`semaphore     at most ${value('mostOnAir')} on air`);
say(`barrier       ${value('early')} left a day early`);
say(`once          calibrated ${value('calibrated')} time`);
say(`stack         ${[masts.pop()!, masts.pop()!].sort().join(' and ')} are back, then ${masts.pop()}`);
say(`queue         ${value('visited')} sites visited, then ${sites.dequeue()}`);
say(`snapshot      ${forecast.read(([sunny, rainy]) => `${sunny} sunny, ${rainy} rainy`)}`);
say(`seqlock       at ${position.read((place) => [...place].join(', '))}`);
await ended;

// WorkerPool: no shared memory at all.
const pool = new WorkerPool<number, number>({
  size: WORKERS,
  worker: () => new Worker(new URL('./pool.mjs', import.meta.url)),
});
const squares = await Promise.all([1, 2, 3, 4, 5].map((n) => pool.run(n)));
await pool.close();
say(`worker pool   ${squares.join(' ')}`);
say(`condition     woke ${value('woken')} workers, of which each took ${READINGS} readings`);
