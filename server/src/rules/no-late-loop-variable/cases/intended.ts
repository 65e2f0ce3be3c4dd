// The newest value is the point.
export function flags(tasks: Promise<void>[], stop: () => void): void {
  let failed = false;
  for (const task of tasks) {
    task.catch(() => { failed = true; }).then(() => { if (failed) stop(); }); // ok: callbacks change it
  }
}

export function counted(items: string[], send: (item: string) => Promise<void>, done: (n: number) => void): void {
  let expected = 0;
  let answered = 0;
  for (const item of items) {
    if (item === '') continue;
    expected++;
    send(item).then(() => {
      answered++;
      if (answered === expected) done(expected); // ok: compared with what callbacks count
    });
  }
}

export async function latest(queries: AsyncIterable<string>, search: (query: string) => Promise<string>, show: (text: string) => void): Promise<void> {
  let newest = 0;
  for await (const query of queries) {
    const mine = ++newest;
    search(query).then((text) => { if (mine === newest) show(text); }); // ok: a token tells the newest from the old
  }
}

export function summed(sizes: number[], progress: (sum: number) => void): void {
  let sum = 0;
  for (const size of sizes) {
    sum += size;
    setTimeout(() => progress(sum), 0); // ok: a sum is asked for when it is whole
  }
}

export function once(names: string[], open: (name: string) => { close(): void }): void {
  let connection: { close(): void } | null = null;
  for (const name of names) {
    connection ??= open(name);
    setTimeout(() => connection?.close(), 10); // ok: set once
  }
}

export function same(this: object, names: string[], use: (self: object, name: string) => void): void {
  for (const name of names) {
    var self = this;
    setTimeout(function () { use(self, name); }, 0); // ok: the same in every round
  }
}

export function stopped(names: string[], send: (name: string) => Promise<void>): void {
  let stop = false;
  for (const name of names) {
    send(name).then(() => { if (!stop) console.log(name); }); // ok: a flag
    if (name === 'end') {
      stop = true;
    }
  }
}

declare let connectionCount: number;

export function shared(names: string[]): void {
  for (const name of names) {
    connectionCount++;
    setTimeout(() => console.log(name, connectionCount), 0); // ok: belongs to somebody else
  }
}
