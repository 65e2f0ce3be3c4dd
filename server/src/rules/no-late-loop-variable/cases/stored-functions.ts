// Kept for later: in a list, a map, a property, an outer variable.
type Getter<T> = () => T;

export class Registry<T> {
  readonly #getters = new Map<string, Getter<T>>();
  readonly cleanups: (() => void)[] = [];
  last: Getter<T> | null = null;

  fill(source: Record<string, T>): void {
    for (var key in source) {
      this.cleanups.push(() => delete source[key]);
//                                           ^^^ no-late-loop-variable: `key` will have its last value when the function runs
      this.last = () => source[key]!;
//                             ^^^ no-late-loop-variable: `key` will have its last value when `last` runs
      Object.defineProperty(this, key, { get: () => source[key], enumerable: true });
//                                                         ^^^ no-late-loop-variable: `key` will have its last value
    }
  }

  fillWell(source: Record<string, T>): void {
    for (const key in source) this.#getters.set(key, () => source[key]!); // ok: each round has its own
  }
}

export function tasks(names: string[], run: (name: string) => void): { title: string; run(): void }[] {
  const made: { title: string; run(): void }[] = [];
  for (var i = 0; i < names.length; i++) {
    const task = { title: names[i]!, run: () => run(names[i]!) };
//                                                        ^ no-late-loop-variable: `i` will have its last value when the function in `made` runs
    made.push(task);
  }
  return made;
}

export function inOrder(steps: ((n: number) => void)[]): void {
  for (var n = 0; n < steps.length; n++) {
    const queue: (() => void)[] = [];
    queue.push(() => steps[n]!(n)); // ok: the list ends with the round
    for (const step of queue) step();
  }
}

export function byName(suites: Record<string, Record<string, () => string>>, values: Record<string, string>): void {
  for (var key in values) {
    suites.all![key] = function () { return values[key]!; };
//                                                 ^^^ no-late-loop-variable: `key` will have its last value when the function runs
  }
}

export function returned(rows: string[][], run: (row: number, cell: string) => void): (() => void)[] {
  const made: (() => void)[] = [];
  for (var r = 0; r < rows.length; r++) {
    made.push(...rows[r]!.map((cell) => () => run(r, cell)));
//                                                ^ no-late-loop-variable: `r` will have its last value when the function in `made` runs
    made.push((() => () => run(r, 'all'))());
//                             ^ no-late-loop-variable: `r` will have its last value when the function in `made` runs
    made.push((function (row) { return () => run(row, 'copied'); })(r)); // ok: a copy of the round's value
  }
  return made;
}

export function handed(names: string[], plugins: Map<string, (api: { write?(text: string): void }) => void>, write: (name: string, text: string) => void): void {
  let api: { write?(text: string): void };
  for (var name of names) {
    api = {};
    api.write = (text) => write(name, text); // ok: the object is of this round, and nobody here knows who keeps it
    plugins.get(name)?.(api);
  }
}

export class Machine {
  step: (() => void) | null = null;

  run(names: string[], use: (name: string) => void): void {
    for (var name of names) {
      this.step = () => use(name); // ok: called in the round
      this.step();
    }
  }
}

export function oneByOne(names: string[], run: (name: string) => void): void {
  const queue: (() => void)[] = [];
  let name: string | undefined;
  while ((name = names.pop()) !== undefined) {
    queue.push(() => run(name!)); // ok: taken out again in the same round
    queue.shift()!();
  }
}

export function everySecond(names: string[], run: (name: string) => void): void {
  const queue: (() => void)[] = [];
  for (var name of names) {
    queue.push(() => run(name)); // miss: the loop takes functions out again, one round too late for half of them
    if (queue.length === 2) for (const step of queue.splice(0)) step();
  }
}

export function workList(start: number, expand: (n: number) => number[]): void {
  const stack: (() => number[])[] = [() => [start]];
  let current: number | undefined;
  while (stack.length > 0) {
    const numbers = stack.pop()!();
    for (current of numbers) stack.push(() => expand(current!));
//                                                   ^^^^^^^ no-late-loop-variable: `current` will have its last value when the function in `stack` runs
  }
}
