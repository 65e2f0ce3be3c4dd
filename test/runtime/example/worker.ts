import { workerData } from 'node:worker_threads';
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
} from '../../../server/src/runtime/index.ts';
import type { Station } from './station.ts';
import { cells, READINGS, WORKERS } from './station.ts';

const station = workerData as Station;
const { memory, index } = station;
const at = (name: (typeof cells)[number]) => cells.indexOf(name);
const working = WaitGroup.from(station.working);

try {
  waitForPower();
  calibrate();
  count();
  write();
  broadcast();
  goThroughDays();
  visit();
  update();
  send();
} finally {
  // Also when something fails: who waits must not wait for ever.
  working.done();
}
if (index === 0) stream();

function waitForPower(): void {
  const mutex = Mutex.from(station.mutex);
  const powered = Condition.from(station.powered);
  mutex.withLock(() => {
    while (memory[at('power')] === 0) powered.wait(mutex);
    memory[at('woken')]!++;
  });
}

function calibrate(): void {
  Once.from(station.calibration).do(() => {
    memory[at('calibrated')]!++;
  });
}

function count(): void {
  const mutex = Mutex.from(station.mutex);
  for (let round = 0; round < 1000; round++) {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held to the end of the block
    using _held = mutex.guard();
    memory[at('counted')]!++;
  }
}

function write(): void {
  const table = RWMutex.from(station.table);
  for (let round = 0; round < 100; round++) {
    table.withLock(() => {
      memory[at('written')]!++;
      memory[at('writtenTwin')]!++;
    });
    const torn = table.withRLock(() => memory[at('written')] !== memory[at('writtenTwin')]);
    if (torn) Atomics.add(memory, at('torn'), 1);
  }
}

function broadcast(): void {
  const radios = Semaphore.from(station.radios);
  for (let round = 0; round < 100; round++) {
    radios.acquire();
    const onAir = Atomics.add(memory, at('onAir'), 1) + 1;
    memory[at('mostOnAir')] = Math.max(memory[at('mostOnAir')]!, onAir);
    Atomics.sub(memory, at('onAir'), 1);
    radios.release();
  }
}

function goThroughDays(): void {
  const days = Barrier.from(station.days);
  for (let day = 1; day <= 20; day++) {
    memory[at('day0') + index] = day;
    days.wait();
    if (memory[at('day0')] !== day || memory[at('day1')] !== day) Atomics.add(memory, at('early'), 1);
    days.wait();
  }
}

function visit(): void {
  const masts = LockFreeStack.from<'u32'>(station.masts);
  const sites = LockFreeQueue.from<'u32'>(station.sites);
  const mast = masts.pop()!;
  while (sites.dequeue() !== undefined) Atomics.add(memory, at('visited'), 1);
  masts.push(mast);
}

function update(): void {
  SnapshotCell.from<'f64'>(station.forecast).update((draft) => {
    draft[index] = 10 + index;
  });
  SeqLock.from<'f64'>(station.position).write((place) => {
    place[index] = 47 + index;
  });
}

function send(): void {
  const readings = Channel.from(station.readings);
  for (let reading = 0; reading < READINGS; reading++) readings.send(reading);
  // The last sender closes: a channel is closed once, by the side that sends.
  if (Atomics.add(memory, at('open'), 1) === WORKERS - 1) readings.close();
}

function stream(): void {
  const sound = RingBuffer.from<'f32'>(station.sound);
  let block = Float32Array.from({ length: 200 }, (_, sample) => sample);
  while (block.length > 0) {
    sound.waitWritable();
    block = block.subarray(sound.push(block));
  }
}
