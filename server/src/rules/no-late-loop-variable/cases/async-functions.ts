// An async function runs at once up to its first await, and the rest later.
export function startAll(urls: string[], note: (text: string) => void): void {
  for (var i = 0; i < urls.length; i++) {
    void (async () => {
      note(`asking ${i}`); // ok: before the first await
      const response = await fetch(urls[i]!);
      note(`answer ${i}: ${response.status}`);
//                   ^ no-late-loop-variable: `i` will have its last value when this async function runs
    })();
  }
}

export async function oneAfterOther(urls: string[], note: (text: string) => void): Promise<void> {
  for (var i = 0; i < urls.length; i++) {
    const ask = async () => {
      const response = await fetch(urls[i]!);
      note(`answer ${i}: ${response.status}`); // ok: awaited in the round
    };
    await ask();
    const [first] = await Promise.all([(async () => { await null; return i; })()]); // ok: awaited in the round
    note(String(first));
  }
}

export function eachItem(rounds: string[][], send: (round: number, item: string) => Promise<void>): void {
  for (var round = 0; round < rounds.length; round++) {
    rounds[round]!.forEach(async (item) => {
      await Promise.resolve();
      await send(round, item);
//               ^^^^^ no-late-loop-variable: `round` will have its last value when this async function runs
    });
  }
}
