// Names that a pattern declares, shorthand properties, generic code.
interface Entry<K, V> { key: K; value: V }

export function publish<K, V>(entries: Iterable<Entry<K, V>>, send: (entry: Entry<K, V>) => void): void {
  for (var { key, value } of entries) {
    setTimeout(() => send({ key, value: value }), 0);
//                          ^^^ no-late-loop-variable: `key` will have its last value
//                                      ^^^^^ no-late-loop-variable: `value` will have its last value
  }
}

export function swap(pairs: [string, number][], later: (name: string, n: number) => void): void {
  let name = '';
  let n = 0;
  for ([name, n] of pairs) {
    queueMicrotask(() => later(name, n));
//                             ^^^^ no-late-loop-variable: `name` will have its last value
//                                   ^ no-late-loop-variable: `n` will have its last value
  }
}

export function options(items: { id: string; delay?: number }[], fire: (id: string) => void): void {
  for (const item of items) {
    var { id, delay = 10 } = item;
    setTimeout(() => fire(id), delay);
//                        ^^ no-late-loop-variable: `id` will have its last value
  }
}
