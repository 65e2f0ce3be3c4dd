// Node's modules call back when the system has answered.
import { readFile } from 'node:fs';
import fs = require('node:fs');
import * as dns from 'node:dns';
import { readFile as read } from 'node:fs/promises';

export function sizes(names: string[], done: (sizes: number[]) => void): void {
  const found: number[] = [];
  for (var i = 0; i < names.length; i++) {
    readFile(names[i]!, (error, data) => {
      if (error === null) found[i] = data.length;
//                              ^ no-late-loop-variable: `i` will have its last value when this callback runs
      if (i === names.length - 1) done(found);
    });
    dns.lookup(names[i]!, function (error, address) { console.log(names[i], error, address); });
//                                                                      ^ no-late-loop-variable: `i` will have its last value
    fs.writeFileSync(names[i]!, [1].map((n) => String(n + i)).join('')); // ok: it ends before it returns
  }
}

export async function oneByOne(names: string[]): Promise<number> {
  var total = 0;
  for (var i = 0; i < names.length; i++) {
    total += await read(names[i]!).then((data) => data.length + i); // ok: the round waits for it
  }
  return total;
}
