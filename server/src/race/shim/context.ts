/**
 * For: what the parts of the shim share in one thread: the detector, the memory behind it, the log and the settings.
 */
import type { Held } from '../held.ts';
import { createDetector, type Detector, type Race } from '../detector.ts';
import { type Memory, PAIR_CAPACITY, PAIRS, SITE_TOP, SLOT_OF, THREAD_OF } from '../layout.ts';
import { S_RECORD, syncByte } from '../records.ts';
import { tracing } from './trace.ts';
import { frames, openLog, type Frame, type Log } from './log.ts';
import { atomics } from './real.ts';

/** What the command line hands to the program's process, as JSON in LOCKSTEP_RACE. */
export interface Settings {
  /** A directory of this run alone. */
  readonly directory: string;
  readonly history: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly halt: boolean;
  readonly nudge: boolean;
  readonly seed: number;
  readonly trace: boolean;
  /** Secret of this run that marks wrapped messages. */
  readonly mark: string;
}

export interface Context {
  readonly settings: Settings;
  readonly memory: Memory;
  readonly heap: Int32Array;
  readonly detector: Detector;
  readonly log: Log;
  readonly thread: number;
  /** This file, left out of stacks. */
  readonly own: string;
  stack(): Frame[];
  /** A number for a place that instrumenting could not name. */
  siteHere(): number;
  limit(text: string): void;
}

export function createContext(settings: Settings, memory: Memory, thread: number, own: string): Context {
  const { heap } = memory;
  const log = openLog(settings.directory, thread);
  const stack = () => frames(own);
  const places = new Map<string, number>();
  const limits = new Set<string>();
  /** For each site: how often it was entered, to note its stack at the 1st, 2nd, 4th … time. */
  let entered = new Uint32Array(1024);
  let random = (settings.seed + thread * 7919) >>> 0;

  const detector: Detector = createDetector(memory, heap[SLOT_OF + thread]!, {
    race: report,
    entered(site, n) {
      if (site >= entered.length) {
        const larger = new Uint32Array(Math.max(site + 1, entered.length * 2));
        larger.set(entered);
        entered = larger;
      }
      const times = ++entered[site]!;
      if ((times & (times - 1)) === 0 && times <= 4096)
        log.write({ t: 'stack', thread, site, n, stack: stack() });
      accessed(site);
      if (settings.nudge) nudge();
    },
    ordered(held, wanted, { slot, n, clock }) {
      const key = `${held.map((one) => `${one.sync}@${one.site}`).join()}>${wanted.sync}@${wanted.site}`;
      if (limits.has(key) || limits.size > 2000) return;
      limits.add(key);
      const lockOf = ({ sync, site, blocking, stack: reached }: Held) => ({
        stack: reached,
        lock: sync,
        block: heap[heap[sync + S_RECORD]! + 1],
        byte: syncByte(heap, sync),
        site,
        blocking,
      });
      log.write({ t: 'order', thread, slot, n, clock, held: held.map(lockOf), wanted: lockOf(wanted) });
    },
    stack,
    told(sync, isLock) {
      log.write({ t: 'lock', sync, isLock });
    },
  });

  const traced = settings.trace
    ? tracing(detector, thread, log, () => limit('more events than a trace holds'))
    : null;

  function accessed(site: number): void {
    traced?.accessed(site);
  }

  function nudge(): void {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    if (random >>> 29 === 0) atomics.wait(heap, 63, 0, ((random >>> 16) & 15) / 8);
  }

  function report({ block, byte, size, now, before }: Race): void {
    if (!firstOfPair(now.site, before.site)) return;
    log.write({
      t: 'race',
      block,
      byte,
      size,
      now: { thread, site: now.site, kind: now.kind, stack: stack() },
      before: { thread: heap[THREAD_OF + before.slot], site: before.site, kind: before.kind, n: before.n },
    });
    if (settings.halt) {
      log.write({ t: 'halt' });
      process.kill(process.pid, 'SIGKILL');
    }
  }

  function firstOfPair(one: number, other: number): boolean {
    const low = Math.min(one, other);
    const high = Math.max(one, other) + 1;
    const start = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> 0;
    for (let probe = 0; probe < PAIR_CAPACITY; probe++) {
      const at = PAIRS + ((start + probe) % PAIR_CAPACITY) * 2;
      const seen = atomics.compareExchange(heap, at + 1, 0, high);
      if (seen === 0) {
        heap[at] = low;
        return true;
      }
      // The other word may be on its way; reporting a pair twice is mended where reports are made.
      if (seen === high && heap[at] === low) return false;
    }
    return false;
  }

  function limit(text: string): void {
    if (limits.has(text)) return;
    limits.add(text);
    log.write({ t: 'limit', text });
  }

  return {
    settings,
    memory,
    heap,
    detector: traced ?? detector,
    log,
    thread,
    own,
    stack,
    siteHere() {
      const [frame] = frames(own, 1);
      const key = frame === undefined ? '' : frame.join(' ');
      let site = places.get(key);
      if (site === undefined) {
        site = atomics.add(heap, SITE_TOP, 1);
        places.set(key, site);
        log.write({ t: 'place', site, frame });
      }
      return site;
    },
    limit,
  };
}
