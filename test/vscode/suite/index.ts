/**
 * For: mocha inside an extension host: `run` is what both the browser host and @vscode/test-electron call.
 * In and out: LOCKSTEP_SUITE names the suite; a line per test on the console, all results as JSON in LOCKSTEP_RESULTS.
 */
import { writeFileSync } from 'node:fs';
import type { Runner, Test } from 'mocha';

/** One test as run.mjs counts it. */
interface Result {
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  readonly error?: string;
}

export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const results: Result[] = [];
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: reporterInto(results) });
  // Puts `describe` and `it` on globalThis, as loading a file by its path would.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  if (process.env['LOCKSTEP_SUITE'] === 'restricted') await import('./restricted.test.ts');
  else await import('./product.test.ts');

  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  const file = process.env['LOCKSTEP_RESULTS'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results, null, 2));
  if (failures > 0) throw new Error(`${failures} failed`);
}

function reporterInto(results: Result[]): new (runner: Runner) => object {
  return class {
    constructor(runner: Runner) {
      const add = (test: Test, state: Result['state'], error?: Error): void => {
        const text = error === undefined ? {} : { error: error.stack ?? error.message };
        results.push({ title: test.fullTitle(), state, durationMs: test.duration ?? 0, ...text });
        const sign = state === 'passed' ? '✓' : state === 'failed' ? '✗' : '-';
        say(`${sign} ${test.fullTitle()} (${test.duration ?? 0} ms)`);
        if (error !== undefined) say(error.stack ?? error.message);
      };
      runner.on('pass', (test) => add(test, 'passed'));
      runner.on('fail', (test, error: Error) => add(test, 'failed', error));
      runner.on('pending', (test) => add(test, 'skipped'));
    }
  };
}

/** The mark lets run.mjs tell these lines from the workbench's own. */
function say(text: string): void {
  // eslint-disable-next-line no-console -- the console is what the host hands on
  console.log(`[suite] ${text}`);
}
