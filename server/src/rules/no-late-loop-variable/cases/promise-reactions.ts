// Reactions are jobs of their own: they run after the loop unless the round waits for them.
interface Row { id: number; next: Row | null }

export function save(head: Row | null, send: (row: Row) => Promise<void>, failed: Set<number>): void {
  let row = head;
  while (row !== null) {
    send(row).catch(() => failed.add(row!.id));
//                                   ^^^ no-late-loop-variable: `row` will have its last value when this promise reaction runs
    row = row.next;
  }
}

export async function saveWell(head: Row | null, send: (row: Row) => Promise<void>, failed: Set<number>): Promise<void> {
  let row = head;
  while (row !== null) {
    await send(row).catch(() => failed.add(row!.id)); // ok: awaited in the round
    const sent = send(row).then(() => failed.delete(row!.id)); // ok: awaited below, before `row` moves on
    const logged = send(row).finally(() => console.log(row!.id)); // ok: awaited below
    await Promise.all([sent, logged]);
    row = row.next;
  }
}

export async function batch(urls: string[], use: (url: string, text: string) => void): Promise<void> {
  const jobs: Promise<void>[] = [];
  let url: string | undefined;
  while ((url = urls.shift()) !== undefined) {
    jobs.push(fetch(url).then((response) => response.text()).then((text) => use(url!, text)));
//                                                                              ^^^ no-late-loop-variable: `url` will have its last value
  }
  await Promise.all(jobs);
}

export function first(urls: string[], use: (url: string) => void): Promise<void> | undefined {
  let url = '';
  for (url of urls) {
    if (url.startsWith('https:')) return fetch(url).then(() => use(url)); // ok: the loop is left right here
    if (url === '') break;
  }
  return undefined;
}
