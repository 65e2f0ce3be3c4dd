/**
 * For: `--trace`: every event that orders threads, and the first access at each place in each stretch, with its vector
 * clock, so that the order shown is the order that must be.
 * In and out: a detector in, the same detector out, telling the log of what it is asked.
 */
import type { Detector } from '../detector.ts';
import { LOAD, RMW } from '../records.ts';
import type { Log } from './log.ts';

/** Events of one thread that are kept; what comes after is left out, and named. */
const MOST = 20_000;

export interface TraceEvent {
  readonly t: 'event';
  readonly thread: number;
  readonly op:
    'read' | 'write' | 'acquire' | 'release' | 'wait' | 'send' | 'receive' | 'spawn' | 'join' | 'access';
  readonly site?: number;
  readonly block?: number;
  readonly byte?: number;
  /** The other thread's slot, of a start or an end. */
  readonly slot?: number;
  /** The number of entries of each slot that happen before, or are, this event. */
  readonly clock: readonly number[];
}

export function tracing(
  detector: Detector,
  thread: number,
  log: Log,
  full: () => void,
): Detector & { accessed(site: number): void } {
  let count = 0;
  const tell = (event: Omit<TraceEvent, 't' | 'thread' | 'clock'>): void => {
    if (++count > MOST) full();
    else log.write({ t: 'event', thread, ...event, clock: detector.clock() });
  };
  return {
    ...detector,
    accessed: (site) => tell({ op: 'access', site }),
    finish(record, byte, size, kind, site, ...rest) {
      const sync = detector.finish(record, byte, size, kind, site, ...rest);
      if (kind === LOAD || kind === RMW) tell({ op: 'acquire', site, block: record, byte });
      if (kind !== LOAD) tell({ op: 'release', site, block: record, byte });
      return sync;
    },
    section(record, byte, size) {
      detector.section(record, byte, size);
      tell({ op: 'wait', block: record, byte });
    },
    snapshot() {
      const clock = detector.snapshot();
      tell({ op: 'send' });
      return clock;
    },
    acquire(clock) {
      detector.acquire(clock);
      tell({ op: 'receive' });
    },
    fork(slot) {
      detector.fork(slot);
      tell({ op: 'spawn', slot });
    },
    joinSlot(slot) {
      detector.joinSlot(slot);
      tell({ op: 'join', slot });
    },
  };
}
