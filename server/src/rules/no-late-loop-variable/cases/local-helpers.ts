// What the file's own functions do with what they are given is looked up.
export class Scheduler {
  readonly #queue: (() => void)[] = [];

  plan(names: string[], run: (name: string) => void): void {
    for (var i = 0; i < names.length; i++) {
      this.#enqueue(() => run(names[i]!));
//                                  ^ no-late-loop-variable: `i` will have its last value when this function runs
      (function (work: () => void) { setTimeout(work, 10); })(() => run(names[i]!));
//                                                                            ^ no-late-loop-variable: this timer callback
      this.#now(() => run(names[i]!)); // ok: called at once
      later(() => run(names[i]!), 10);
//                          ^ no-late-loop-variable: this timer callback
      both(() => run(names[i]!)); // miss: calls at once what `later` does again; only its own body is looked at
    }
  }

  #enqueue(work: () => void): void {
    this.#queue.push(work);
  }

  #now(work: () => void): void {
    work();
  }

  drain(): void {
    for (const work of this.#queue.splice(0)) work();
  }
}

function later(work: () => void, delay: number): void {
  setTimeout(() => work(), delay);
}

function both(work: () => void): void {
  const again: unknown = work;
  console.log(again);
}

export function unknown(names: string[], library: { use(f: () => void): void }, run: (name: string) => void): void {
  for (var i = 0; i < names.length; i++) library.use(() => run(names[i]!)); // ok: nobody here knows when it is called
}
