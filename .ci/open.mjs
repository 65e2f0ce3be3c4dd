/**
 * For: `npm run open` — the example project in a VS Code window with the extension of this checkout loaded: the `code` on
 * the PATH, else the workbench in a browser, until Ctrl-C.
 * `--check` starts the workbench, sees that its address answers, and stops.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { NoHost, ensureHost, startServer, windowUrl } from '../test/vscode/host.mjs';
import { ROOT, buildIfDue, installIfDue, run } from './project.mjs';

const check = process.argv.includes('--check');

async function main() {
  if ((await installIfDue()) !== 0 || (await buildIfDue()) !== 0) return 1;
  const folder = join(ROOT, 'media/example');
  const code = check ? null : onPath('code');
  if (code !== null) return run(code, [`--extensionDevelopmentPath=${ROOT}`, folder]);
  return inBrowser(folder);
}

async function inBrowser(folder) {
  const host = await ensureHost(console.log);
  const server = await startServer(host);
  const address = windowUrl(server, { folder, extension: ROOT });
  if (check) {
    const answer = await fetch(address);
    await answer.text();
    await server.close();
    console.log(answer.ok ? 'the workbench answers' : `the workbench answers with ${answer.status}`);
    return answer.ok ? 0 : 1;
  }
  console.log(`open in a browser: ${address}\nCtrl-C ends it`);
  return server.ended;
}

function onPath(name) {
  const names = process.platform === 'win32' ? [`${name}.cmd`, `${name}.exe`] : [name];
  const folders = (process.env.PATH ?? '').split(delimiter);
  return (
    folders.flatMap((folder) => names.map((each) => join(folder, each))).find((path) => existsSync(path)) ??
    null
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof NoHost)) throw error;
  console.error(`${error.message}: ${error.mend}`);
  process.exitCode = 1;
}
