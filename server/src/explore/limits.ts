/** Bounds of the explorer. Each is said when it is hit: as an error with a place, or in `limits` of the result. */

/** UTF-16 units of a program's text. */
export const MAX_TEXT = 100_000;
export const MAX_THREADS = 8;
/** Accesses of one agent after loops are unrolled. */
export const MAX_STEPS = 256;
export const MAX_REPEAT = 32;
export const MAX_DEPTH = 32;
/** Bytes of one shared block. */
export const MAX_BLOCK = 4096;
/** Ways through the code of one agent. */
export const MAX_PATHS = 4096;
/** Writes that one read could take a byte from: they are numbered in one 32-bit mask beside the initial value. */
export const MAX_SOURCES = 30;
/** Ways in which one read can put its bytes together. */
export const MAX_WAYS = 100_000;
export const MAX_OUTCOMES = 250_000;
/** Choices made while searching executions; about ten seconds. */
export const MAX_CHOICES = 20_000_000;
/** States of the interleaving machine. */
export const MAX_STATES = 500_000;

/** A program that is too large for a bound above: the reader is told which one, never shown a part as the whole. */
export class TooLarge extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TooLarge';
  }
}
