/** Thrown between two pieces of work when the reader no longer waits for the answer; caught only in `engine.ts` and the rims. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

/** True once the reader no longer waits. */
export type CancelCheck = () => boolean;

export function stopIf(cancelled: CancelCheck | undefined): void {
  if (cancelled?.() === true) throw new Cancelled();
}
