/** For: the thread of the monitor: looks every 50 ms, tells of waits that can never end. */
import { appendFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import {
  ALIVE,
  ENDED,
  MAIN_IDLE,
  SLOT_COUNT,
  SLOT_OF,
  THREAD_OF,
  WAIT_COUNT,
  WAIT_SITE,
  WAITS_AT,
} from './layout.ts';
import { LOCK, S_HOLDER, S_RECORD, S_STATE, syncByte } from './records.ts';
import type { MonitorData } from './shim/monitor.ts';

const { heap, directory, pid, halt } = workerData as MonitorData;
/** Looks in a row that must agree. */
const STEADY = 4;

interface Waiter {
  readonly slot: number;
  readonly sync: number;
  readonly site: number;
}

let last = '';
let steady = 0;
const told = new Set<string>();

setInterval(look, 50);

function look(): void {
  const waiters: Waiter[] = [];
  for (let slot = 0; slot < heap[SLOT_COUNT]!; slot++) {
    const sync = Atomics.load(heap, WAITS_AT + slot);
    if (sync !== 0 && heap[ENDED + slot] === 0) waiters.push({ slot, sync, site: heap[WAIT_SITE + slot]! });
  }
  const now = waiters.map(({ slot, sync }) => `${slot}:${sync}:${heap[WAIT_COUNT + slot]}`).join();
  steady = now === last ? steady + 1 : 0;
  last = now;
  if (waiters.length === 0 || steady < STEADY) return;
  const mainWaits = waiters.some(({ slot }) => slot === heap[SLOT_OF]);
  const mainIdle = !mainWaits && heap[MAIN_IDLE]! > STEADY;
  const nobodyRuns = waiters.length + (mainIdle ? 1 : 0) === heap[ALIVE];
  const inCycle = new Set<number>();
  for (const start of waiters) {
    const cycle = cycleFrom(start, waiters);
    if (cycle === null || inCycle.has(start.slot)) continue;
    if (!nobodyRuns && !cycle.every(({ sync }) => heap[sync + S_STATE] === LOCK)) continue;
    for (const one of cycle) inCycle.add(one.slot);
    tell(cycle.length === 1 ? 'self' : 'cycle', cycle);
  }
  if (nobodyRuns)
    for (const one of waiters)
      if (!inCycle.has(one.slot) && !leadsTo(one, waiters, inCycle)) tell('lost-wakeup', [one]);
}

function holderOf(waiter: Waiter, waiters: readonly Waiter[]): Waiter | undefined {
  const holder = heap[waiter.sync + S_HOLDER]! - 1;
  return waiters.find(({ slot }) => slot === holder);
}

function cycleFrom(start: Waiter, waiters: readonly Waiter[]): Waiter[] | null {
  const path: Waiter[] = [];
  let at: Waiter | undefined = start;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = holderOf(at, waiters);
  }
  return at === start ? path : null;
}

/** Waits for a lock whose holder waits for ever: a consequence, not a cause. */
function leadsTo(start: Waiter, waiters: readonly Waiter[], stuck: ReadonlySet<number>): boolean {
  const holder = holderOf(start, waiters);
  return holder !== undefined && (stuck.has(holder.slot) || holder !== start);
}

function tell(kind: string, waiters: readonly Waiter[]): void {
  const sorted = [...waiters].sort((a, b) => a.slot - b.slot);
  const key = `${kind} ${sorted.map(({ slot, sync }) => `${slot}:${sync}`).join()}`;
  if (told.has(key)) return;
  told.add(key);
  const line = {
    t: 'deadlock',
    kind,
    waits: waiters.map(({ slot, sync, site }) => ({
      thread: heap[THREAD_OF + slot],
      site,
      lock: sync,
      block: heap[heap[sync + S_RECORD]! + 1],
      byte: syncByte(heap, sync),
    })),
  };
  appendFileSync(`${directory}/log-${pid}-monitor.jsonl`, `${JSON.stringify(line)}\n`);
  if (!halt) return;
  appendFileSync(`${directory}/log-${pid}-monitor.jsonl`, '{"t":"halt"}\n');
  process.kill(pid, 'SIGKILL');
}
