/**
 * For: mocha inside an extension host: `run` is what both the browser host and @vscode/test-electron call.
 * In and out: LOCKSTEP_SUITE names the suite; a line per test on the console, all results as JSON in LOCKSTEP_RESULTS.
 */
import { writeFileSync } from 'node:fs';
import type { Test } from 'mocha';

/** One test as run.mjs counts it. */
interface Result {
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  readonly error?: string;
}

export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  // The base of all reporters prints nothing by itself.
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: Mocha.reporters.Base });
  // Puts `describe` and `it` on globalThis, as loading a file by its path would.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  if (process.env['LOCKSTEP_SUITE'] === 'restricted') await import('./restricted.test.ts');
  else await import('./product.test.ts');

  const results: Result[] = [];
  const failures = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on('pass', (test) => results.push(tell(test, 'passed')))
      .on('fail', (test, error: Error) => results.push(tell(test, 'failed', error)))
      .on('pending', (test) => results.push(tell(test, 'skipped')));
  });
  const file = process.env['LOCKSTEP_RESULTS'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results, null, 2));
  if (failures > 0) throw new Error(`${failures} failed`);
}

function tell(test: Test, state: Result['state'], error?: Error): Result {
  const sign = state === 'passed' ? '✓' : state === 'failed' ? '✗' : '-';
  const durationMs = test.duration ?? 0;
  say(`${sign} ${test.fullTitle()} (${durationMs} ms)`);
  const text = error?.stack ?? error?.message;
  if (text !== undefined) say(text);
  return { title: test.fullTitle(), state, durationMs, ...(text === undefined ? {} : { error: text }) };
}

/** The mark lets run.mjs tell these lines from the workbench's own. */
function say(text: string): void {
  // eslint-disable-next-line no-console -- the console is what the host hands on
  console.log(`[suite] ${text}`);
}
