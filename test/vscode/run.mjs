/**
 * For: `npm run test:vscode` — the product in a real VS Code:
 *   suite    the extension of this checkout, through the editor's API
 *   person   the same, as somebody sees and clicks it, in a light and a dark theme, with screenshots
 *   package  the .vsix, installed, in a workspace that is not trusted
 *   open     what `npm run open` starts, answers
 * Arguments choose among these; none means all. Results go to test-results/vscode.json.
 * Exit codes: 0 all passed, 1 some failed, 3 there can be no host here (the last line says why and what to do).
 */
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildIfDue, runNode } from '../../.ci/project.mjs';
import { NoHost, ensureHost, runInHost, startBrowser, startServer } from './host.mjs';
import { look } from './person.mjs';
import { RESULTS, ROOT, bundleSuites, makeEmptyExtension, makeWorkspace, readResults } from './prepare.mjs';

const SUITE_TIMEOUT_MS = 100_000;
const ALL_TIMEOUT_MS = 240_000;

const PARTS = { suite, person, package: packaged, open };

async function main() {
  const chosen = process.argv.slice(2);
  const unknown = chosen.find((part) => !(part in PARTS));
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${Object.keys(PARTS).join(', ')}`);
  mkdirSync(RESULTS, { recursive: true });
  const results = [];
  rmSync(join(RESULTS, 'vscode.json'), { force: true });
  try {
    if ((await buildIfDue()) !== 0) throw new Error('the build failed');
    const cx = { host: await ensureHost(console.log), browser: (await startBrowser()).browser };
    cx.tests = await bundleSuites();
    for (const part of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
      console.log(`\n${part}`);
      const got = await PARTS[part](cx);
      results.push(...got);
      writeFileSync(join(RESULTS, 'vscode.json'), JSON.stringify(results, null, 2));
    }
    await cx.browser.close();
  } catch (error) {
    if (error instanceof NoHost) {
      console.log(`left out, the tests in VS Code: ${error.message}; ${error.mend}`);
      return 3;
    }
    throw error;
  }
  const count = (state) => results.filter((result) => result.state === state).length;
  console.log(
    `\nin VS Code: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
  );
  return count('failed') > 0 || count('passed') === 0 ? 1 : 0;
}

async function suite({ host, browser, tests }) {
  return withWorkspace('suite', async ({ folder, log, trace }) => {
    const results = join(RESULTS, 'suite.json');
    rmSync(results, { force: true });
    const server = await startServer(host, {
      env: { LOCKSTEP_SUITE: 'product', LOCKSTEP_RESULTS: results },
      trace,
    });
    try {
      await runInHost(server, browser, { folder, extension: ROOT, tests, timeoutMs: SUITE_TIMEOUT_MS, log });
    } finally {
      await server.close();
    }
    return readResults(results, 'suite');
  });
}

async function person({ host, browser }) {
  return withWorkspace('person', async ({ folder, trace }) => {
    const server = await startServer(host, { trace });
    try {
      const results = [];
      for (const theme of ['light', 'dark']) {
        results.push(...(await look({ server, browser, folder, extension: ROOT, theme, say: console.log })));
      }
      return results;
    } finally {
      await server.close();
    }
  });
}

async function packaged({ host, browser, tests }) {
  const vsix = join(ROOT, '.cache/lockstep.vsix');
  if ((await runNode('.ci/package.mjs', ['--out', vsix])) !== 0) {
    return [{ title: 'package', state: 'failed', durationMs: 0, error: 'no package could be made' }];
  }
  return withWorkspace('package', async ({ folder, log, trace }) => {
    const results = join(RESULTS, 'package.json');
    rmSync(results, { force: true });
    const server = await startServer(host, {
      env: { LOCKSTEP_SUITE: 'restricted', LOCKSTEP_RESULTS: results },
      restricted: true,
      vsix,
      trace,
    });
    try {
      const extension = makeEmptyExtension(dirname(folder));
      await runInHost(server, browser, { folder, extension, tests, timeoutMs: SUITE_TIMEOUT_MS, log });
    } finally {
      await server.close();
    }
    return readResults(results, 'package');
  });
}

async function open() {
  const title = 'npm run open starts a workbench whose address answers';
  const started = Date.now();
  const code = await runNode('.ci/open.mjs', ['--check'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const durationMs = Date.now() - started;
  console.log(`  ${code === 0 ? '✓' : '✗'} ${title} (${durationMs} ms)`);
  if (code === 0) return [{ title, state: 'passed', durationMs }];
  return [{ title, state: 'failed', durationMs, error: `exit code ${code}` }];
}

/** Gives a part its workspace and its log: test-results/host-<part>.log takes what the workbench and the server say. */
async function withWorkspace(part, work) {
  const workspace = makeWorkspace();
  const file = createWriteStream(join(RESULTS, `host-${part}.log`));
  const trace = (text) => file.write(text);
  const log = (line) => {
    const ours = /^\[suite\] ([^]*)$/.exec(line);
    if (ours === null) trace(`${line}\n`);
    else console.log(`  ${ours[1].replaceAll('\n', '\n    ')}`);
  };
  try {
    return await work({ folder: workspace.folder, log, trace });
  } catch (error) {
    console.log(`  ✗ ${part}: ${error.stack ?? error}`);
    return [{ title: part, state: 'failed', durationMs: 0, error: String(error.stack ?? error) }];
  } finally {
    workspace.remove();
    file.end();
  }
}

const late = setTimeout(() => {
  console.error(`not done after ${ALL_TIMEOUT_MS / 1000} s`);
  // The signal's handler closes the servers and the browser.
  process.kill(process.pid, 'SIGTERM');
}, ALL_TIMEOUT_MS);
try {
  process.exitCode = await main();
} finally {
  clearTimeout(late);
}
