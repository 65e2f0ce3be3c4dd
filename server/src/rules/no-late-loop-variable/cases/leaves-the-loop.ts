// When the loop is left right after the function was made, nothing changes the variable any more.
export function find(items: string[], later: (item: string) => void): void {
  for (var item of items) {
    if (item.startsWith('x')) {
      setTimeout(() => later(item), 0); // ok: break follows
      break;
    }
    if (item === 'throw') {
      setTimeout(() => later(item), 0); // ok: throw follows
      throw new Error(item);
    }
    if (item === 'skip') {
      setTimeout(() => later(item), 0);
//                           ^^^^ no-late-loop-variable: `item` will have its last value
      continue;
    }
  }
}

export function only(later: (n: number) => void): void {
  var n: number;
  do {
    n = Math.random();
    setTimeout(() => later(n), 0); // ok: one round
  } while (false);
}

export function outer(rows: string[][], later: (cell: string) => void): void {
  search: for (var row of rows) {
    for (var cell of row) {
      setTimeout(() => later(cell), 0); // ok: both loops are left
      break search;
    }
  }
}

export function inner(rows: string[][], later: (row: string[]) => void): void {
  for (var row of rows) {
    for (const cell of row) {
      if (cell !== '') setTimeout(() => later(row), 0);
//                                            ^^^ no-late-loop-variable: `row` will have its last value
      break;
    }
  }
}
