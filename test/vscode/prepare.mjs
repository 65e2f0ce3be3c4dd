/** For: what both ways of running the suites need: the bundled suites and a workspace that they may change. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const RESULTS = join(ROOT, 'test-results');

/** Bundles test/vscode/suite; mocha stays outside and is found in the project. Returns the module's path. */
export async function bundleSuites() {
  const outfile = join(ROOT, '.cache/suite/index.js');
  await esbuild.build({
    entryPoints: [join(ROOT, 'test/vscode/suite/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}

/** A copy of the example project in a temporary folder, which `remove` takes away again. */
export function makeWorkspace() {
  const parent = mkdtempSync(join(tmpdir(), 'lockstep-workspace-'));
  const folder = join(parent, 'example');
  cpSync(join(ROOT, 'media/example'), folder, { recursive: true });
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 3 }) };
}

/** An extension without content: the window that tests an installed extension still wants one under development. */
export function makeEmptyExtension(parent) {
  const folder = join(parent, 'tests-only');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'tests-only', publisher: 'lockstep', version: '0.0.1', engines: { vscode: '*' } }),
  );
  return folder;
}

/** The results that a suite wrote; one failure where it wrote none. */
export function readResults(file, suite) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  return [{ title: suite, state: 'failed', durationMs: 0, error: 'the suite ended without results' }];
}
