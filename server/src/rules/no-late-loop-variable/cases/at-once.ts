// Functions that are called before the call returns read the value of their own round.
export function table(rows: number[][], lookup: Map<string, number>, text: string): string[] {
  const lines: string[] = [];
  var total = 0;
  for (var r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    lines.push(row.map((cell) => `${r}:${cell}`).join()); // ok: map
    row.forEach((cell) => { total += cell * r; }); // ok: forEach
    row.sort((a, b) => (a - b) * r); // ok: sort
    total += row.reduce((sum, cell) => sum + cell * r, 0); // ok: reduce
    lookup.forEach((value, key) => lines.push(`${key}${value}${r}`)); // ok: of a map
    lines.push(text.replace(/#/g, () => String(r))); // ok: replace
    lines.push(...Array.from({ length: 2 }, (_, c) => `${r}${c}`)); // ok: Array.from
    lines.push(Object.keys(rows).filter((key) => Number(key) > r).join()); // ok: filter
    lines.push(JSON.stringify(row, (_key, value: unknown) => (value === r ? null : value))); // ok: JSON
    new Float64Array(2).fill(1).map((x) => x * r); // ok: of a typed array
    (() => lines.push(`now ${r}`))(); // ok: called on the spot
    (function () { lines.push(`now ${r}`); }).call(null); // ok: called on the spot
    const show = () => lines.push(`show ${r}`); // ok: called in the round
    show();
    apply(() => lines.push(`applied ${r}`)); // ok: a helper that calls it at once
    new Promise<number>((resolve) => resolve(r)).catch(() => undefined); // ok: the executor runs at once
  }
  return lines;
}

function apply(work: () => void): void {
  work();
}
