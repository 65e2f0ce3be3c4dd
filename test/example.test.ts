/** The bundled example: what is planted in it is found, what only looks wrong stays silent, and it compiles. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { lineStarts, positionAt } from '../server/src/base/text.ts';
import { check, ROOT as PROJECT } from './harness.ts';
import { ROOT } from './tools/sources.ts';

const EXAMPLE = join(ROOT, 'media/example');
const FILES = new Map(
  readdirSync(join(EXAMPLE, 'src')).map((name) => [
    `src/${name}`,
    readFileSync(join(EXAMPLE, 'src', name), 'utf8'),
  ]),
);

/** File, the line of code that the finding begins on, and the rule. */
const PLANTED = [
  // A counter that every worker of the pool updates.
  ['src/worker.ts', 'progress[0]++;', 'no-plain-shared-update'],
  // A flag that the page stores with Atomics and the workers read plainly.
  ['src/worker.ts', 'if (control[STOP] === 1) break;', 'no-mixed-atomics'],
  // A result that is announced by a plain flag: both the flag and the result race, on both sides.
  ['src/analyst.ts', 'control[HISTOGRAM_READY] = 1;', 'no-unordered-shared-access'],
  ['src/analyst.ts', 'histogram.set(counts);', 'no-unordered-shared-access'],
  ['src/main.ts', 'if (control[HISTOGRAM_READY] === 1) {', 'no-unordered-shared-access'],
  [
    'src/main.ts',
    'if (histogram[bin] > histogram[brightest]) brightest = bin;',
    'no-unordered-shared-access',
  ],
  // Two locks, taken in opposite orders in two files.
  ['src/cache.ts', 'this.tilesLock.lock();', 'no-lock-order-cycle'],
  ['src/janitor.ts', 'cache.indexLock.lock();', 'no-lock-order-cycle'],
  // A click that looks at the loop's variable after the loop.
  ['src/toolbar.ts', 'develop(FILTER_NAMES[index]);', 'no-late-loop-variable'],
] as const;

/** Lines that tempt: bands of rows, an atomic flag, a message, a loop variable of its own. */
const TEMPTING = [
  ['src/worker.ts', 'target[at] = red;'],
  ['src/worker.ts', 'const [red, green, blue] = apply(source[at], source[at + 1], source[at + 2]);'],
  ['src/analyst.ts', 'for (let at = 0; at < preview.length; at++) preview[at] = source[at * step];'],
  ['src/main.ts', 'show(`the preview begins with ${preview[0]}`);'],
  ['src/main.ts', 'for (let at = 0; at < source.length; at++) source[at] = (at * 31) % 251;'],
  ['src/main.ts', 'const first = target[0];'],
  ['src/main.ts', 'const rows = Atomics.load(progress, 0);'],
  ['src/cache.ts', 'this.index[slot] = 1;'],
  ['src/cache.ts', 'this.tiles[slot] = checksum;'],
  ['src/toolbar.ts', 'console.info(`stopped by ${label}`);'],
] as const;

describe('the example', () => {
  const { findings } = check(FILES);
  const found = findings.map(({ span, rule }) => {
    const file = span.file.slice(PROJECT.length + 1);
    const text = FILES.get(file)!;
    const { line } = positionAt(lineStarts(text), span.start);
    return `${file}: ${text.split('\n')[line]!.trim()}: ${rule}`;
  });

  it('shows what is planted in it, and nothing else', () => {
    expect([...new Set(found)].sort()).toEqual(PLANTED.map((each) => each.join(': ')).sort());
  });

  it('names the other side of each race in another file or instance', () => {
    for (const finding of findings) {
      if (finding.category === 'loop-capture') continue;
      expect(finding.related.length, finding.message).toBeGreaterThan(0);
    }
  });

  it('calls everything by the names that the code has', () => {
    for (const { message } of findings) expect(message).not.toContain('``');
  });

  it('stays silent where it only looks wrong', () => {
    for (const [file, line] of TEMPTING) {
      expect(
        FILES.get(file)!
          .split('\n')
          .map((each) => each.trim()),
      ).toContain(line);
      expect(found.filter((each) => each.startsWith(`${file}: ${line}: `))).toEqual([]);
    }
  });

  it('compiles under strict', () => {
    const config = ts.readConfigFile(join(EXAMPLE, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'));
    const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, EXAMPLE);
    expect(options.strict).toBe(true);
    const faults = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
    expect(
      faults.map(
        ({ file, messageText }) =>
          `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
    ).toEqual([]);
  }, 60_000);
});
