import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-example-'));
beforeAll(async () => {
  await build({
    entryPoints: ['main', 'worker', 'pool'].map((name) =>
      fileURLToPath(new URL(`./example/${name}.ts`, import.meta.url)),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the example uses each primitive across workers, and says the same on every run', async () => {
  for (let run = 0; run < 3; run++) {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, 'main.mjs')], {
      timeout: 25_000,
    });
    expect(stderr).toBe('');
    // 2 workers × 100 readings of 0 … 99: 2 × 4950.
    expect(stdout.trimEnd().split('\n')).toEqual([
      'channel       200 readings, sum 9900',
      'ring buffer   200 samples, in order',
      'mutex         2000 counted',
      'rwmutex       200 writes, 0 torn reads',
      'semaphore     at most 1 on air',
      'barrier       0 left a day early',
      'once          calibrated 1 time',
      'stack         1 and 2 are back, then undefined',
      'queue         10 sites visited, then undefined',
      'snapshot      10 sunny, 11 rainy',
      'seqlock       at 47, 48',
      'worker pool   1 4 9 16 25',
      'condition     woke 2 workers, of which each took 100 readings',
    ]);
  }
});
