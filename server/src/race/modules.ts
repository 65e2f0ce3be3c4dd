/**
 * For: Node's module hooks: ES modules and TypeScript files are instrumented as they are loaded.
 * In and out: `resolve` and `load` in the form of `module.registerHooks`; hooks.ts makes the form of `module.register`.
 * CommonJS is left to the hook of `Module.prototype._compile` (shim/load.ts).
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Transform } from './transform.ts';

const { existsSync, readFileSync } = fs;

export interface Loaded {
  format?: string | null | undefined;
  source?: string | ArrayBuffer | NodeJS.TypedArray | null | undefined;
  shortCircuit?: boolean;
}
export interface Resolved {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean;
}

const TYPESCRIPT = /\.[mc]?tsx?$/;

export const pathOf = (url: string): string => (url.startsWith('file:') ? fileURLToPath(url) : url);

/** `module` or `commonjs` for a TypeScript file, as Node decides for JavaScript. */
export function kindOf(path: string, text: string, transform: Transform): 'module' | 'commonjs' {
  if (path.endsWith('.mts')) return 'module';
  if (path.endsWith('.cts')) return 'commonjs';
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const { type } = JSON.parse(readFileSync(manifest, 'utf8')) as { type?: string };
      if (type === 'module' || type === 'commonjs') return type;
      break;
    }
    if (dirname(folder) === folder) break;
  }
  return transform.isModule(text) ? 'module' : 'commonjs';
}

/** A TypeScript file to load, if that is what the URL names; null where Node must do it. */
export function loadTypeScript(url: string, transform: Transform): Loaded | null {
  if (!url.startsWith('file:')) return null;
  const path = fileURLToPath(url);
  if (!TYPESCRIPT.test(path) || /[\\/]node_modules[\\/]/.test(path)) return null;
  const text = readFileSync(path, 'utf8');
  const kind = kindOf(path, text, transform);
  if (kind === 'commonjs') return { format: 'commonjs', source: null, shortCircuit: true };
  return {
    format: 'module',
    source: transform.run(transform.typescript(text, path, kind), path, kind).text,
    shortCircuit: true,
  };
}

export function instrumentLoaded(url: string, loaded: Loaded, transform: Transform): Loaded {
  if (loaded.source === null || loaded.source === undefined) return loaded;
  const kind = loaded.format === 'module' ? 'module' : loaded.format === 'commonjs' ? 'commonjs' : null;
  if (kind === null) return loaded;
  const text =
    typeof loaded.source === 'string'
      ? loaded.source
      : Buffer.from(loaded.source as Uint8Array).toString('utf8');
  return { ...loaded, source: transform.run(text, pathOf(url), kind).text };
}

/** The TypeScript file that `./x.js`, `./x` stand for, when Node found none. */
export function typescriptFor(specifier: string, parent: string | undefined): string | null {
  if (!/^\.{0,2}\/|^file:/.test(specifier) || !parent?.startsWith('file:')) return null;
  const target = new URL(specifier, parent);
  const path = fileURLToPath(target);
  const candidates = [
    path.replace(/\.([mc]?)js(x?)$/, '.$1ts$2'),
    `${path}.ts`,
    `${path}.tsx`,
    join(path, 'index.ts'),
  ];
  const found = candidates.find((one) => one !== path && TYPESCRIPT.test(one) && existsSync(one));
  return found === undefined ? null : pathToFileURL(found).href;
}
