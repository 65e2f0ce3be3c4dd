/** Numbers that a seed determines (xorshift32, G. Marsaglia, "Xorshift RNGs", 2003), from 0 to `below` - 1. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
