/**
 * For: the detector without threads: a trace, one event a line, is replayed event by event.
 * In and out: text in; races, each with the line that has it, out. Deterministic.
 *
 *     main write x 0 4        bytes 0 to 3 of block x, plainly       main spawn T1      T1 starts after all so far
 *     T1 load x 0 4           load, store, rmw: Atomics              main join T1       T1 has ended
 *     T1 cas x 0 4            a compare-exchange that failed         T1 send m          main receive m
 *     T1 section x 0          one critical section of a waiters' list
 */
import { createDetector, newBlock, newSlot, type Detector } from './detector.ts';
import { createMemory } from './layout.ts';
import { LOAD, READ, RMW, STORE, WRITE, type Kind } from './records.ts';
import type { Snapshot } from './detector.ts';

export interface TraceRace {
  /** Lines count from 1. */
  readonly line: number;
  readonly before: number;
}

const ATOMIC: Readonly<Record<string, Kind>> = { load: LOAD, store: STORE, rmw: RMW, cas: LOAD };
const BLOCK_BYTES = 64;

export function replay(text: string): TraceRace[] {
  const memory = createMemory(
    { heapBytes: 1 << 21, shadowBytes: 1 << 20, history: 1024 },
    (bytes) => new ArrayBuffer(bytes),
  );
  const threads = new Map<string, { slot: number; detector: Detector }>();
  const blocks = new Map<string, number>();
  const messages = new Map<string, Snapshot>();
  const races: TraceRace[] = [];
  let line = 0;

  const start = (name: string, slot: number): void => {
    const detector = createDetector(memory, slot, {
      race: ({ before }) => void races.push({ line, before: before.site }),
      entered: () => undefined,
      ordered: () => undefined,
      told: () => undefined,
      stack: () => null,
    });
    threads.set(name, { slot, detector });
  };
  start('main', newSlot(memory, 0));

  for (const content of text.split('\n')) {
    line++;
    const [name, op, on, from, bytes] = content.replace(/#.*/, '').trim().split(/\s+/);
    if (name === undefined || op === undefined || on === undefined) continue;
    const thread = threads.get(name);
    if (thread === undefined) throw new Error(`line ${line}: no thread ${name} has been started`);
    const { detector } = thread;
    if (op === 'spawn') {
      const slot = newSlot(memory, threads.size);
      detector.fork(slot);
      // Made after the fork, so that it begins with the clock it was given.
      start(on, slot);
    } else if (op === 'join') detector.joinSlot(threads.get(on)!.slot);
    else if (op === 'send') messages.set(on, detector.snapshot());
    else if (op === 'receive') detector.acquire(messages.get(on)!);
    else {
      let block = blocks.get(on);
      if (block === undefined) blocks.set(on, (block = newBlock(memory, BLOCK_BYTES)));
      const byte = Number(from);
      const size = Number(bytes ?? 4);
      if (op === 'read' || op === 'write')
        detector.access(block, byte, size, op === 'read' ? READ : WRITE, line);
      else {
        const record = detector.begin(block, byte);
        const kind = ATOMIC[op];
        if (op === 'section') {
          detector.section(record, byte, size);
          detector.leave(record);
        } else if (kind !== undefined)
          detector.finish(record, byte, size, kind, line, NaN, NaN, op === 'cas', false);
        else throw new Error(`line ${line}: ${op} is no event of a trace`);
      }
    }
  }
  return races;
}
