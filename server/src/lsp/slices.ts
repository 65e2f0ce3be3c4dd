import { Cancelled, type CancelCheck } from '../base/cancel.ts';
import type { Timers } from './host.ts';

/** Long enough for almost every edit, so that almost nothing is done twice. */
const FIRST_SLICE_MS = 400;
/** From the second attempt on, work goes on for this long although a message waits; doubled with each attempt. */
const PATIENCE_MS = 100;

/**
 * Runs synchronous work of unknown length without leaving messages unread: the work is stopped when one has arrived (where
 * that can be known, else after a while), it has its turn (it may be a cancellation, or a newer edit), and the work begins
 * again where the engine's memory lets it. The time allowed doubles with each attempt, so the work ends even if nothing of an
 * attempt can be kept and however many messages come.
 *
 * `proceed` throws when the answer is no longer wanted. `onLong` is called once if the first slice was not enough.
 */
export async function inSlices<T>(
  timers: Timers,
  proceed: () => void,
  onLong: () => void,
  work: (cancelled: CancelCheck) => T,
): Promise<T> {
  let isLong = false;
  for (let attempt = 0; ; attempt++) {
    await timers.breathe();
    proceed();
    const begun = timers.now();
    const isOver = limitOf(attempt, isLong, timers);
    try {
      return work(() => isOver(timers.now() - begun));
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    if (!isLong && timers.now() - begun >= FIRST_SLICE_MS) {
      isLong = true;
      onLong();
    }
  }
}

/** Says of the milliseconds spent whether they are enough for this attempt. */
function limitOf(attempt: number, isLong: boolean, timers: Timers): (spent: number) => boolean {
  if (timers.messageWaiting === undefined) {
    const slice = FIRST_SLICE_MS * 2 ** attempt;
    return (spent) => spent >= slice;
  }
  const patience = attempt === 0 ? 0 : PATIENCE_MS * 2 ** (attempt - 1);
  // The first slice also ends by time, so that the reader can be told that it takes longer.
  return (spent) =>
    (!isLong && spent >= Math.max(FIRST_SLICE_MS, patience)) ||
    (spent >= patience && timers.messageWaiting?.() === true);
}
