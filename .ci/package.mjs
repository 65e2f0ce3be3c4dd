/**
 * For: `npm run package [-- --out <file>]` — lockstep-<version>.vsix, staged from what ships and nothing else.
 * Exit code 1 where it is larger than a download should be.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ROOT, buildIfDue, formatSize, installIfDue } from './project.mjs';

/** The page of the extension shows the README away from its folder. */
const REPOSITORY = 'https://github.com/lockstep-js/lockstep';
const WHERE_LINKS_LEAD = [
  ...['--baseContentUrl', `${REPOSITORY}/blob/main`],
  ...['--baseImagesUrl', `${REPOSITORY}/raw/main`],
];

const LIMIT_BYTES = 3_000_000;
const STAGE = join(ROOT, '.cache/package');

/** What ships beside the manifest. The build's own stamp stays behind. */
const SHIPPED = ['dist', 'media', 'snippets', 'package.nls.json', 'README.md', 'CHANGELOG.md', 'LICENSE'];
const LEFT_BEHIND = /[/\\](dist[/\\]\.built|media[/\\]screenshots)$/;

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

  const vsix = target() ?? join(ROOT, `lockstep-${manifest.version}.vsix`);
  rmSync(vsix, { force: true });
  const vsce = join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const result = spawnSync(
    process.execPath,
    [vsce, 'package', '--no-dependencies', ...WHERE_LINKS_LEAD, '--out', vsix],
    {
      cwd: STAGE,
      encoding: 'utf8',
    },
  );
  if (result.status !== 0) {
    console.error(`${result.stdout}${result.stderr}vsce could not make the package`);
    return 1;
  }
  const { size } = statSync(vsix);
  console.log(`${basename(vsix)}: ${formatSize(size)} (at most ${formatSize(LIMIT_BYTES)})`);
  if (size <= LIMIT_BYTES) return 0;
  console.error('the package is too large: the sizes above show what grew');
  return 1;
}

function target() {
  const at = process.argv.indexOf('--out');
  return at < 0 || process.argv[at + 1] === undefined ? null : resolve(process.argv[at + 1]);
}

process.exitCode = await main();
