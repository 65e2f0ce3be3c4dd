/** For: the built parts that tests of lessons start: the runner, the lessons' programs, the panel's script; in a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { launch, LIMITS } from '../../server/src/learn/launch.ts';
import type { RunEvent, RunLimits } from '../../server/src/learn/protocol.ts';
import { ROOT } from '../tools/sources.ts';

export interface Ended {
  readonly end: RunEvent & { type: 'end' };
  readonly counts: Readonly<Record<string, number>>;
  readonly lines: readonly string[];
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'lockstep-learn-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Returns the path of the built runner. */
export async function buildRunner(folder: string): Promise<string> {
  const outfile = join(folder, 'runner.js');
  await build({
    entryPoints: [join(ROOT, 'server/src/learn/runner.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
  });
  return outfile;
}

/** Returns the path of the panel's built script. */
export async function buildPanel(folder: string): Promise<string> {
  const outfile = join(folder, 'lesson.js');
  await build({
    entryPoints: [join(ROOT, 'client/webview/lesson.tsx')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome134',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  return outfile;
}

/** Runs a built program to its end. */
export function runToEnd(runner: string, entry: string, limits: Partial<RunLimits> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    let counts: Readonly<Record<string, number>> = {};
    const lines: string[] = [];
    launch({ runner, entry, limits: { ...LIMITS, ...limits } }, (event) => {
      if (event.type === 'line') lines.push(event.text);
      else if (event.type === 'tally') counts = event.counts;
      else resolve({ end: event, counts, lines });
    });
  });
}
