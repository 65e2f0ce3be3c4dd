/**
 * For: `npm run package` — lockstep-<version>.vsix, staged from what ships and nothing else.
 * Exit code 1 where it is larger than a download should be.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, buildIfDue, formatSize, installIfDue, run } from './project.mjs';

const LIMIT_BYTES = 3_000_000;
const STAGE = join(ROOT, '.cache/package');

/** What ships beside the manifest. The build's own stamp stays behind. */
const SHIPPED = ['dist', 'media', 'snippets', 'README.md', 'CHANGELOG.md', 'LICENSE'];
const LEFT_BEHIND = /[/\\](dist[/\\]\.built|media[/\\]lessons|media[/\\]screenshots)$/;

async function main() {
  if ((await installIfDue()) !== 0 || (await buildIfDue()) !== 0) return 1;
  rmSync(STAGE, { recursive: true, force: true });
  mkdirSync(STAGE, { recursive: true });
  for (const path of SHIPPED) {
    if (!existsSync(join(ROOT, path))) throw new Error(`${path} is not there, and it ships`);
    cpSync(join(ROOT, path), join(STAGE, path), {
      recursive: true,
      filter: (from) => !LEFT_BEHIND.test(from),
    });
  }
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  delete manifest.devDependencies;
  delete manifest.scripts;
  delete manifest.files;
  writeFileSync(join(STAGE, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);

  const vsix = join(ROOT, `lockstep-${manifest.version}.vsix`);
  rmSync(vsix, { force: true });
  const vsce = join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--out', vsix];
  const code = await run(process.execPath, [vsce, ...args], { cwd: STAGE });
  if (code !== 0) return code;
  const { size } = statSync(vsix);
  console.log(`lockstep-${manifest.version}.vsix: ${formatSize(size)} (at most ${formatSize(LIMIT_BYTES)})`);
  if (size <= LIMIT_BYTES) return 0;
  console.error('the package is too large: the sizes above show what grew');
  return 1;
}

process.exitCode = await main();
