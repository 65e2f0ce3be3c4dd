import { Cancelled, type CancelCheck } from '../base/cancel.ts';
import type { Timers } from './host.ts';

/** Long enough for almost every edit, so that almost nothing is done twice. */
const FIRST_SLICE_MS = 400;

/**
 * Runs synchronous work of unknown length without leaving messages unread: the work is stopped after a while, what has
 * arrived meanwhile (a cancellation, a newer edit) has its turn, and the work begins again where the engine's memory lets it.
 * The time allowed doubles with each attempt, so the work ends even if nothing of an attempt can be kept; it then costs at
 * most about twice its time.
 *
 * `proceed` throws when the answer is no longer wanted. `onLong` is called when the first slice was not enough.
 */
export async function inSlices<T>(
  timers: Timers,
  proceed: () => void,
  onLong: () => void,
  work: (cancelled: CancelCheck) => T,
): Promise<T> {
  for (let slice = FIRST_SLICE_MS; ; slice *= 2) {
    await timers.breathe();
    proceed();
    const end = timers.now() + slice;
    try {
      return work(() => timers.now() > end);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
    if (slice === FIRST_SLICE_MS) onLong();
  }
}
