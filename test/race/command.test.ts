/** The command: how a program's end passes through, what ends in which report, bad input. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../server/src/race/report.ts';
import { build, PROGRAMS, type Built } from './build.ts';

let built: Built;
let folder: string;
beforeAll(async () => {
  built = await build();
  folder = join(built.folder, 'work');
  mkdirSync(folder);
});
afterAll(() => built.remove());

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const RACY = `import { Worker, isMainThread, workerData } from 'node:worker_threads';
if (isMainThread) {
  const x = new Int32Array(new SharedArrayBuffer(8));
  new Worker(new URL(import.meta.url), { workerData: x });
  x[0] = 1;
  console.log('out');
  console.error('err');
} else workerData[0] = 2;
`;

describe('the end of the program passes through', () => {
  test.each([
    ['an exit code', 'process.exitCode = 7;\nconsole.log(1)', 7],
    ['process.exit', 'console.log(1); process.exit(9)', 9],
    [
      'process.exit in a worker',
      `new (require('worker_threads').Worker)('process.exit(4)', { eval: true }).on('exit', (code) => console.log(code))`,
      0,
    ],
    ['a signal', 'console.log(1); process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 1e4)', 143],
    ['an unhandled rejection', 'Promise.reject(new Error("no"))', 1],
    [
      'no more memory in a worker',
      `new (require('worker_threads').Worker)('const a = []; for (;;) a.push(new Array(1e5).fill(1))', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } }).on('error', (error) => console.log(error.code))`,
      0,
    ],
  ])('%s', async (name, text, code) => {
    const file = write(`${name.replace(/\W/g, '-')}.cjs`, text);
    const plain = await built.plain([file], folder);
    const watched = await built.race([file], folder);
    expect(watched.stdout).toBe(plain.stdout);
    expect(watched.code).toBe(code);
  });

  test('an uncaught error is told with the author’s line, columns and code', async () => {
    const file = write(
      'uncaught.cjs',
      `const a = [1];\nfunction f(o, i) {\n  return o[i].x[0] + a[0];\n}\nf([{}], a[0] - 1);\n`,
    );
    const plain = await built.plain([file], folder);
    const watched = await built.race([file], folder);
    // Node puts an empty line after the code of a file that has a source map.
    expect(watched.stderr.replace('\n\n\n', '\n\n')).toBe(plain.stderr.replace('\n\n\n', '\n\n'));
    expect(watched.code).toBe(1);
  });
});

describe('reports', () => {
  test('pretty, after the program’s own output', async () => {
    const { stdout, stderr, code } = await built.race([write('racy.mjs', RACY)], folder);
    expect(stdout.startsWith('out\n==================\nWARNING: DATA RACE\n')).toBe(true);
    expect(stdout).toContain(
      'Write by worker 1:\n  (top level)  racy.mjs:8:8\n    8 | } else workerData[0] = 2;\n               ^\n',
    );
    expect(stdout).toContain('Previous write by main:\n  (top level)  racy.mjs:5:3\n');
    expect(stdout).toContain('Memory: bytes 0–3 of the buffer allocated at racy.mjs:3\n');
    expect(stdout).toContain('Worker 1 created at racy.mjs:4:3\n');
    expect(stderr).toBe('err\n');
    expect(code).toBe(66);
  });

  test('--exitcode, --report-file and sarif', async () => {
    const { stdout, code } = await built.race(
      ['--exitcode', '3', '--report-file', 'out.sarif', '--format=sarif', write('racy.mjs', RACY)],
      folder,
    );
    expect([stdout, code]).toEqual(['out\n', 3]);
    const log = JSON.parse(readFileSync(join(folder, 'out.sarif'), 'utf8')) as {
      runs: { results: { ruleId: string }[] }[];
    };
    expect(log.runs[0]!.results.map(({ ruleId }) => ruleId)).toEqual(['data-race']);
  });

  test('what is suppressed with a reason is left out; what suppresses nothing is told', async () => {
    write('known.txt', '# known\nracy.mjs:5 racy.mjs:8: a benign store\nother.mjs: gone\n');
    const { stdout, stderr, code } = await built.race(
      ['--suppress', 'known.txt', write('racy.mjs', RACY)],
      folder,
    );
    expect([stdout, code]).toEqual(['out\n', 0]);
    expect(stderr).toContain('known.txt:3: suppresses nothing in this run');
  });

  test('--halt-on-error ends the program at the first race', async () => {
    const file = write(
      'forever.mjs',
      RACY.replace("console.error('err');", 'setInterval(() => x[0]++, 1);').replace(
        'else workerData[0] = 2;',
        'else setInterval(() => workerData[0]++, 1);',
      ),
    );
    const { stdout, code } = await built.race(['--halt-on-error', file], folder);
    expect(stdout).toContain('WARNING: DATA RACE');
    expect(code).toBe(66);
  });

  test('--trace: events with clocks, in an order that agrees with happens-before', async () => {
    await built.race(['--trace', 'trace.json', write('racy.mjs', RACY)], folder);
    const { events } = JSON.parse(readFileSync(join(folder, 'trace.json'), 'utf8')) as {
      events: { thread: string; op: string; line?: number; clock: number[] }[];
    };
    const below = (a: number[], b: number[]) => a.every((n, slot) => n <= (b[slot] ?? 0));
    for (const [index, { clock }] of events.entries())
      for (const later of events.slice(index + 1))
        expect(below(later.clock, clock) && !below(clock, later.clock)).toBe(false);
    const [main, worker] = ['main', 'worker 1'].map((name) =>
      events.find(({ thread, op }) => thread === name && op === 'write')!,
    );
    expect([main!.line, worker!.line]).toEqual([5, 8]);
    expect(below(main!.clock, worker!.clock) || below(worker!.clock, main!.clock)).toBe(false);
    expect(events[0]!.op).toBe('spawn');
  });

  test('a command after --: every Node process that it starts is watched', async () => {
    const file = write(
      'parent.cjs',
      `require('node:child_process').fork('./racy.mjs').on('exit', (code) => console.log('child', code))`,
    );
    write('racy.mjs', RACY);
    const { stdout, code } = await built.race(['--', process.execPath, file], folder);
    expect(stdout).toContain('child 0\n');
    expect(stdout).toContain('racy.mjs:5:3');
    expect(code).toBe(66);
  });
});

describe('threads that wait for ever', () => {
  test.each([
    ['cycle', 'cycle', 2],
    ['self', 'self', 1],
    ['lost', 'lost-wakeup', 1],
  ])('%s', async (name, kind, threads) => {
    const path = join(folder, `${name}.json`);
    const { code, stderr } = await built.race([
      '--halt-on-error',
      '--timeout',
      '25',
      '--format',
      'json',
      '--report-file',
      path,
      `${name}.mjs`,
    ]);
    const { deadlocks, races } = JSON.parse(readFileSync(path, 'utf8')) as Report;
    expect(races).toEqual([]);
    expect(deadlocks.map((one) => [one.kind, one.threads.length])).toEqual([[kind, threads]]);
    const stuck =
      readFileSync(join(PROGRAMS, `${name}.mjs`), 'utf8')
        .split('\n')
        .findIndex((line) => line.includes('// stuck')) + 1;
    for (const stack of deadlocks[0]!.stacks) expect(stack.map(({ line }) => line)).toContain(stuck);
    expect(code).toBe(66);
    expect(stderr).toContain('--halt-on-error');
  });
});

describe('bad input is told in one line', () => {
  test.each([
    [[], /needs a program/],
    [['missing.mjs'], /missing\.mjs: no such program/],
    [['--format', 'xml', 'racy.mjs'], /--format/],
    [['--timeout', '-1', 'racy.mjs'], /--timeout/],
    [['--history', '99', 'racy.mjs'], /--history needs a whole number from 8 to 22/],
    [['--suppress', 'none.txt', 'racy.mjs'], /none\.txt: cannot be read/],
    [['--suppress', 'bad.txt', 'racy.mjs'], /bad\.txt:2: no reason/],
    [['--', 'no-such-command-here'], /no-such-command-here: no such command/],
    [['--wrong', 'racy.mjs'], /wrong/],
  ])('%j', async (args, message) => {
    write('racy.mjs', RACY);
    write('bad.txt', '# comment\nracy.mjs:5\n');
    const { code, stderr, stdout } = await built.race(args, folder);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a program that does not parse: Node’s own words and code', async () => {
    const file = write('broken.mjs', 'const x = ;\n');
    const plain = await built.plain([file], folder);
    const watched = await built.race([file], folder);
    expect([watched.code, watched.stderr]).toEqual([plain.code, plain.stderr]);
  });

  test('a program that never ends is stopped with its workers', async () => {
    const file = write(
      'never.cjs',
      `const { Worker } = require('worker_threads'); new Worker('for (;;);', { eval: true }); require('fs').writeSync(1, String(process.pid)); for (;;);`,
    );
    const { code, stdout } = await built.race(['--timeout', '5', file], folder);
    expect(code).toBe(124);
    expect(stdout).toMatch(/^\d+$/);
    const running = execFileSync('ps', ['-A', '-o', 'pid='], { encoding: 'utf8' }).split('\n').map(Number);
    expect(running).not.toContain(Number(stdout.trim()));
  });
});
