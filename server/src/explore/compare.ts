import type { Cmp, Comparison, Scalar } from './program.ts';

/** JavaScript's loose comparison of numbers, BigInts and the result strings of `wait`. */
export function compare(left: Scalar | string, cmp: Cmp, right: Scalar | string): boolean {
  if (typeof left === 'string' || typeof right === 'string') {
    // A number never equals `ok`; order between the two is refused by `validate`.
    return cmp === '==' ? left === right : cmp === '!=' ? left !== right : false;
  }
  switch (cmp) {
    case '==':
      // Number and BigInt of one value are equal under `==`, and only there.
      return left == right; // eslint-disable-line eqeqeq
    case '!=':
      return left != right; // eslint-disable-line eqeqeq
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** True if the outcome satisfies every comparison; a register that was never assigned satisfies none. */
export function satisfies(outcome: Readonly<Record<string, string>>, when: readonly Comparison[]): boolean {
  return when.every(({ reg, cmp, value }) => {
    const seen = outcome[reg];
    return seen !== undefined && compare(parseShown(seen), cmp, value);
  });
}

/** Back from what an outcome shows: digits become a number, exactly. */
export function parseShown(text: string): Scalar | string {
  if (/^-?\d+$/.test(text)) {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }
  if (text === 'NaN' || !Number.isNaN(Number(text))) return Number(text);
  return text;
}
