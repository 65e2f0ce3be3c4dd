import type { Timers } from './host.ts';

export const nodeTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
};

/** null where reading fails, for whatever reason. */
export function tryRead(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
