import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Set by the bundler; absent when run from source. */
declare const LOCKSTEP_VERSION: string | undefined;

/** The one version number, from package.json. */
export function version(): string {
  if (typeof LOCKSTEP_VERSION === 'string') return LOCKSTEP_VERSION;
  for (let folder = __dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const found = versionIn(join(folder, 'package.json'));
    if (found !== null) return found;
  }
  return '0.0.0';
}

function versionIn(manifest: string): string | null {
  try {
    const { name, version: found } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
    return name === 'lockstep' && typeof found === 'string' ? found : null;
  } catch {
    return null;
  }
}
