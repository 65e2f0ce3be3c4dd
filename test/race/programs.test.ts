/** Every program of test/race/programs under the detector: each race found in each of five runs, nothing else reported. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../server/src/race/report.ts';
import { build, PROGRAMS, type Built } from './build.ts';

const RUNS = 5;
const BATCHES = readdirSync(PROGRAMS).filter((name) =>
  /^(?:elements|methods|views|atomics|edges|locks)\.mjs$|^common\.cjs$|^typed\.ts$/.test(name),
);

let built: Built;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

interface Marks {
  readonly programs: readonly string[];
  /** Per line: the program whose race, or whose opposite orders, this line is part of. */
  readonly race: readonly (string | undefined)[];
  readonly order: readonly (string | undefined)[];
}

function marksOf(file: string): Marks {
  const lines = readFileSync(join(PROGRAMS, file), 'utf8').split('\n');
  const mark = (word: string) => lines.map((line) => new RegExp(`// ${word}: (\\w+)`).exec(line)?.[1]);
  const programs = lines.flatMap(
    (line) => /^\s*(?:export (?:const|async function) |exports\.)(\w+)/.exec(line)?.[1] ?? [],
  );
  return { programs, race: mark('race'), order: mark('order') };
}

test('there are at least 60 programs, half of them racy', () => {
  const all = BATCHES.map(marksOf);
  const programs = all.flatMap(({ programs: names }) => names);
  const racy = new Set(all.flatMap(({ race }) => race.filter((name) => name !== undefined)));
  expect(programs.length).toBeGreaterThanOrEqual(60);
  expect(racy.size).toBeGreaterThanOrEqual(30);
  expect(programs.length - racy.size).toBeGreaterThanOrEqual(30);
  expect(programs.filter((name) => name.endsWith('Racy')).sort()).toEqual([...racy].sort());
});

/** Without the detector. Node 20 runs no TypeScript: what that file computes is known by hand. */
async function outputOf(file: string): Promise<string> {
  if (file.endsWith('.ts')) return 'typedFree [0,4]\ntypedRacy \n';
  const { code, stdout } = await built.plain(['batch.mjs', `./${file}`]);
  expect([code, stdout === '']).toEqual([0, false]);
  return stdout;
}

describe.each(BATCHES)('%s', (file) => {
  const marks = marksOf(file);
  let output: Promise<string> | undefined;
  const at = (list: readonly (string | undefined)[], place: { file: string; line: number }) =>
    place.file === file ? list[place.line - 1] : undefined;

  test.each(Array.from({ length: RUNS }, (_, run) => run + 1))(
    'run %i',
    { timeout: 120_000 },
    async (run) => {
      const path = join(built.folder, `${file}.${run}.json`);
      const { stdout, stderr } = await built.race([
        '--format',
        'json',
        '--report-file',
        path,
        'batch.mjs',
        `./${file}`,
      ]);
      expect(stderr).toBe('');
      expect(stdout).toBe(await (output ??= outputOf(file)));
      const report = JSON.parse(readFileSync(path, 'utf8')) as Report;

      const found = report.races.map(({ accesses: [one, other] }) => {
        const names = [at(marks.race, one), at(marks.race, other)];
        return names[0] !== undefined && names[0] === names[1]
          ? names[0]
          : `not expected: ${one.file}:${one.line} and ${other.file}:${other.line}`;
      });
      const racy = new Set(marks.race.filter((name) => name !== undefined));
      expect([...new Set(found)].sort()).toEqual([...racy].sort());

      const orders = report.deadlocks.map(({ kind, stacks }) => {
        const names = stacks.map((stack) =>
          stack.map((frame) => at(marks.order, frame)).find((name) => name !== undefined),
        );
        return kind === 'lock-order' && new Set(names).size === 1
          ? names[0]
          : `not expected: ${kind} ${JSON.stringify(stacks)}`;
      });
      expect([...new Set(orders)]).toEqual([...new Set(marks.order.filter((name) => name !== undefined))]);
      expect(report.limits).toEqual([]);
    },
  );
});
