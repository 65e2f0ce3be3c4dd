// Where syntax does not tell what the receiver is, its type does.
interface Query<T> { map<U>(f: (row: T) => U): Query<U>; add(f: () => void): void }

export function listen(listeners: Set<() => void>, byName: Map<string, () => void>, names: string[], run: (name: string) => void): void {
  for (var i = 0; i < names.length; i++) {
    listeners.add(() => run(names[i]!));
//                                ^ no-late-loop-variable: `i` will have its last value when the function in `listeners` runs
    byName.set(names[i]!, () => run(names[i]!));
//                                        ^ no-late-loop-variable: `i` will have its last value when the function in `byName` runs
  }
}

export function lazily(query: Query<string>, rows: string[], count: number, run: (n: number, row: string) => void): void {
  for (var n = 0; n < count; n++) {
    rows.map((row) => setTimeout(() => run(n, row), 0));
//                                         ^ no-late-loop-variable: `n` will have its last value when this timer callback runs
    query.map((row) => setTimeout(() => run(n, row), 0)); // ok: nobody here knows when a query calls back
    query.add(() => run(n, '')); // ok: no set, and what it does with the function is not in sight
  }
}
