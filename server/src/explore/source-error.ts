import type { Position } from '../base/text.ts';

/** What is wrong with a program's text, where, and how to mend it. Line and column count from 0, as in `base/text.ts`. */
export class LitmusError extends Error {
  readonly at: Position;

  constructor(message: string, at: Position) {
    super(message);
    this.name = 'LitmusError';
    this.at = at;
  }
}

export const START: Position = { line: 0, column: 0 };

/** Where each op, value or list of a parsed program stands in its text. */
export type Places = WeakMap<object, Position>;

export interface Parsed<T> {
  readonly value: T;
  readonly places: Places;
}

/** The best of `known` for a word that is not among them, as the tail of a message; empty if none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let best = '';
  let least = Math.min(2, Math.floor(word.length / 2)) + 1;
  for (const candidate of known) {
    const away = distance(word.toLowerCase(), candidate.toLowerCase());
    if (away < least) {
      least = away;
      best = candidate;
    }
  }
  return best === '' ? '' : `: did you mean ${best}`;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same));
    }
    row = next;
  }
  return row[b.length]!;
}

/** For messages: the beginning of what stands there. */
export function quoted(text: string): string {
  return `"${text.length > 30 ? `${text.slice(0, 30)}…` : text}"`;
}
