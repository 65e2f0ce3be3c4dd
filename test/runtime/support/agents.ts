/**
 * For: real agents in tests: worker threads that do one job (jobs.ts) with the shipped library.
 * In and out: the name of a job and its plain data in, its result out, as a promise.
 * Must never know: what the jobs are.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';

export interface Agent<T> {
  readonly worker: Worker;
  readonly done: Promise<T>;
}

/** Bundles a script of this repository once per test file, for workers, which know no TypeScript on every Node. */
export function bundled(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-agents-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'agent.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL(script, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}

let jobs: string | undefined;

export function startAgent<T = unknown>(job: string, data: object = {}): Agent<T> {
  jobs ??= bundled('./jobs.ts');
  const worker = new Worker(jobs, { workerData: { job, ...data } });
  const done = new Promise<T>((resolve, reject) => {
    worker.on('message', (message: { readonly result?: T; readonly failure?: string }) => {
      if (message.failure !== undefined) reject(new Error(`${job}: ${message.failure}`));
      else if ('result' in message) resolve(message.result);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`${job} ended with code ${code} and no result`)));
  });
  // Who kills an agent does not wait for its result.
  done.catch(() => undefined);
  return { worker, done };
}

/** Starts `count` agents on one job and waits for all results. */
export function runAgents<T = unknown>(
  job: string,
  count: number,
  data: (index: number) => object,
): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => startAgent<T>(job, data(index)).done));
}

/** How much longer than in CI a stress test runs: `LOCKSTEP_STRESS=10`. */
export const stress = Math.max(1, Number(process.env['LOCKSTEP_STRESS'] ?? 1) || 1);

/** Seeds of a test run, printed when it fails; `LOCKSTEP_SEED` runs one again. */
export function seedFor(test: string): number {
  const fixed = Number(process.env['LOCKSTEP_SEED']);
  const seed = Number.isInteger(fixed) && fixed > 0 ? fixed : Math.floor(Math.random() * 0x7fff_ffff) + 1;
  lastSeeds.set(test, seed);
  return seed;
}
export const lastSeeds = new Map<string, number>();

const CANARY = 0x5a5a_1234 | 0;
const FENCE = 64;

/** A buffer with `bytes` between two fences; the primitive lies at `offset`, and nothing may touch the fences. */
export function fenced(bytes: number): {
  readonly buffer: SharedArrayBuffer;
  readonly offset: number;
  readonly intact: () => boolean;
} {
  const size = Math.ceil(bytes / 8) * 8;
  const buffer = new SharedArrayBuffer(size + 2 * FENCE);
  const fences = [new Int32Array(buffer, 0, FENCE / 4), new Int32Array(buffer, FENCE + size, FENCE / 4)];
  for (const fence of fences) fence.fill(CANARY);
  return {
    buffer,
    offset: FENCE,
    intact: () => fences.every((fence) => fence.every((word) => word === CANARY)),
  };
}
