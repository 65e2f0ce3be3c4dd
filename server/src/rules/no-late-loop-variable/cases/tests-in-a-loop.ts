// A test is registered in the loop and runs when all are known.
declare function describe(name: string, body: () => void): void;
declare function it(name: string, body: () => void | Promise<void>): void;
declare function expect(value: unknown): { toBe(other: unknown): void };

describe('parse', () => {
  const inputs = ['1', '2'];
  for (var input in inputs) {
    it(`reads ${input}`, () => expect(Number(inputs[input])).toBe(input));
//                                                  ^^^^^ no-late-loop-variable: `input` will have its last value when this test runs
  }
  for (const well of inputs) {
    it(`reads ${well}`, () => expect(Number(well)).toBe(well)); // ok: each round has its own
  }
});
