/**
 * For: `npm test` — installs, builds and runs every check and test, all of them even if one fails.
 * The last line is `N passed, N failed, N skipped`: the tests of vitest and of the run in VS Code, and as one failure each
 * check that failed otherwise. The exit code is 0 only if nothing failed, and in CI only if nothing was left out.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, buildIfDue, formatTime, installIfDue, runNode } from './project.mjs';

const RESULTS = join(ROOT, 'test-results');

const STEPS = [
  { name: 'build', run: () => buildIfDue() },
  { name: 'types', run: () => runNode('node_modules/typescript/bin/tsc', ['-b']) },
  {
    name: 'lint',
    run: () =>
      runNode('node_modules/eslint/bin/eslint.js', [
        ...['--config', 'test/tools/eslint.config.mjs', '--max-warnings', '0'],
        ...['client', 'server', 'test', '.ci'],
      ]),
  },
  {
    name: 'format',
    run: () => runNode('node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  },
  {
    name: 'dead code',
    run: () =>
      runNode('node_modules/knip/bin/knip.js', ['--config', 'test/tools/knip.json', '--no-progress']),
  },
  {
    name: 'unit tests',
    results: 'vitest.json',
    count: countVitest,
    run: () =>
      runNode('node_modules/vitest/vitest.mjs', [
        ...['run', '--config', 'test/tools/vitest.config.mjs'],
        ...['--reporter=default', '--reporter=json', `--outputFile.json=${join(RESULTS, 'vitest.json')}`],
      ]),
  },
  {
    name: 'tests in VS Code',
    results: 'vscode.json',
    count: countInEditor,
    mayBeLeftOut: true,
    run: () => runNode('test/vscode/run.mjs'),
  },
  { name: 'package size', run: () => runNode('.ci/package.mjs', ['--out', '.cache/lockstep.vsix']) },
];

/** What test/vscode/run.mjs answers where there can be no host. */
const NO_HOST = 3;

async function main() {
  const started = Date.now();
  if ((await installIfDue()) !== 0) {
    console.error('the packages could not be installed: see npm’s lines above');
    return 1;
  }
  mkdirSync(RESULTS, { recursive: true });
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  let failed = false;
  for (const step of STEPS) {
    console.log(`\n── ${step.name} ${'─'.repeat(Math.max(0, 76 - step.name.length))}`);
    if (step.results) rmSync(join(RESULTS, step.results), { force: true });
    const from = Date.now();
    const code = await step.run();
    const time = formatTime(Date.now() - from);
    const leftOut = step.mayBeLeftOut === true && code === NO_HOST && !process.env.CI;
    const counts = leftOut ? NOTHING : countsOf(step);
    for (const key of Object.keys(total)) total[key] += counts[key];
    if (code !== 0 && !leftOut) {
      failed = true;
      // A check without tests of its own, or a run that broke outside its tests.
      if (counts.failed === 0) total.failed++;
    }
    const state = leftOut ? 'left out' : code === 0 ? 'ok' : 'FAILED';
    console.log(`${step.name}: ${state}, ${time}`);
    lines.push(`  ${state.padEnd(8)}  ${step.name.padEnd(18)} ${time}`);
  }
  console.log(`\n── summary ${'─'.repeat(69)}`);
  console.log(`${lines.join('\n')}\n  all in ${formatTime(Date.now() - started)}`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return failed ? 1 : 0;
}

const NOTHING = { passed: 0, failed: 0, skipped: 0 };

function countsOf(step) {
  if (!step.results) return NOTHING;
  const file = join(RESULTS, step.results);
  return existsSync(file) ? step.count(JSON.parse(readFileSync(file, 'utf8'))) : NOTHING;
}

function countVitest(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function countInEditor(results) {
  const count = (state) => results.filter((result) => result.state === state).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

process.exitCode = await main();
