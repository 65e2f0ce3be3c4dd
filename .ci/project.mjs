/**
 * For: what the scripts of this folder share: where things are, how a step is run, whether installing or building is due.
 * Needs nothing but Node: it runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the project's root with its output shown. Resolves with the exit code (signals count as 1). */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Runs one of the project's own scripts or a package's, given by its path from the root. */
export function runNode(script, args = [], options = {}) {
  return run(process.execPath, [join(ROOT, script), ...args], options);
}

/** `npm ci` where node_modules is missing or older than the lock file. Resolves with the exit code. */
export async function installIfDue() {
  const lock = join(ROOT, 'package-lock.json');
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return 0;
  console.log('installing (npm ci)');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Builds into dist/ where a source has changed since the last complete build. Resolves with the exit code. */
export async function buildIfDue() {
  const stamp = join(ROOT, BUILD_STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesStamp()) return 0;
  return runNode('.ci/build.mjs');
}

/** Written by a complete build: what the sources looked like when it began. */
export const BUILD_STAMP = 'dist/.built';

/** Names, sizes and times of everything that a build reads, as one short text. */
export function sourcesStamp() {
  const hash = createHash('sha256');
  for (const path of BUILT_FROM) addTo(hash, join(ROOT, path));
  return hash.digest('hex');
}

export function formatTime(milliseconds) {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function formatSize(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

const BUILT_FROM = [
  '.ci/build.mjs',
  'client',
  'server',
  'media',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

function addTo(hash, path) {
  if (!existsSync(path)) return;
  const stat = statSync(path);
  if (!stat.isDirectory()) {
    hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
    return;
  }
  for (const name of readdirSync(path).sort()) addTo(hash, join(path, name));
}
