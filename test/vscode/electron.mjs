/**
 * For: `npm run test:electron` — the suite of test/vscode/suite under @vscode/test-electron, where VS Code can be downloaded.
 * The environment variable VSCODE_VERSION chooses the version; default: stable.
 */
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { buildIfDue } from '../../.ci/project.mjs';
import { RESULTS, ROOT, bundleSuites, makeWorkspace } from './prepare.mjs';

async function main() {
  if ((await buildIfDue()) !== 0) return 1;
  const version = process.env.VSCODE_VERSION ?? 'stable';
  let executable;
  try {
    executable = await downloadAndUnzipVSCode({
      version,
      cachePath: join(ROOT, '.cache/vscode'),
      timeout: 60_000,
    });
  } catch (error) {
    console.error(
      `VS Code ${version} cannot be downloaded here (${error.message}): nothing was tested. ` +
        'The same suite runs in a browser host with: npm run test:vscode',
    );
    return 1;
  }
  const workspace = makeWorkspace();
  try {
    return await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: ROOT,
      extensionTestsPath: await bundleSuites(),
      launchArgs: [workspace.folder, '--disable-extensions', '--disable-workspace-trust', '--no-sandbox'],
      extensionTestsEnv: {
        LOCKSTEP_SUITE: 'product',
        LOCKSTEP_RESULTS: join(RESULTS, 'electron.json'),
      },
    });
  } finally {
    workspace.remove();
  }
}

process.exitCode = await main();
