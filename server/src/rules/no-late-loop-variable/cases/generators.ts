// A generator hands out functions, and its loop goes on when the next one is asked for.
export function* thunks(count: number): Generator<() => number> {
  let n = 0;
  while (n < count) {
    yield () => n;
//              ^ no-late-loop-variable: `n` will have its last value when the yielded function runs
    n++;
  }
}

export function* thunksWell(count: number): Generator<() => number> {
  for (let n = 0; n < count; n++) yield () => n; // ok: each round has its own
}

export function* driven(jobs: Promise<string>[], log: (text: string) => void): Generator<Promise<void>> {
  for (var i = 0; i < jobs.length; i++) {
    yield jobs[i]!.then((text) => log(`${i} ${text}`)); // ok: whoever drives it waits
  }
}

export function lazyRows(rows: number[][]): Iterable<number>[] {
  const made: Iterable<number>[] = [];
  for (var r = 0; r < rows.length; r++) {
    made.push((function* () { yield* rows[r]!; })());
//                                        ^ no-late-loop-variable: `r` will have its last value
  }
  return made;
}
