/**
 * For: everything that becomes code in this thread: modules of both kinds, TypeScript, scripts given to `vm`, the text of
 * workers made by `eval`.
 */
import fs from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import {
  instrumentLoaded,
  loadTypeScript,
  kindOf,
  typescriptFor,
  type Loaded,
  type Resolved,
} from '../modules.ts';
import { createTransform } from '../transform.ts';
import type { SourceKind } from '../instrument.ts';
import type { Context } from './context.ts';
import { apply } from './real.ts';

type Method = (...rest: unknown[]) => unknown;

interface SyncHooks {
  registerHooks?: (hooks: {
    resolve: (
      specifier: string,
      context: { parentURL?: string },
      next: (specifier: string, context: object) => Resolved,
    ) => Resolved;
    load: (url: string, context: object, next: (url: string, context: object) => Loaded) => Loaded;
  }) => void;
}

/** Gives the function that instruments the text of a worker made by `eval`. */
export function installLoad(context: Context): { script(text: string): string } {
  const { settings, heap, own } = context;
  const rules = { directory: settings.directory, include: settings.include, exclude: settings.exclude };
  const transform = createTransform(rules, heap, own);
  const run = (text: string, file: string, kind: SourceKind): string => transform.run(text, file, kind).text;

  const sync = (module as unknown as SyncHooks).registerHooks;
  if (sync !== undefined)
    sync({
      resolve(specifier, given, next) {
        try {
          return next(specifier, given);
        } catch (error) {
          const url = typescriptFor(specifier, given.parentURL);
          if (url === null) throw error;
          return { url, shortCircuit: true };
        }
      },
      load: (url, given, next) =>
        loadTypeScript(url, transform) ?? instrumentLoaded(url, next(url, given), transform),
    });
  else
    module.register(pathToFileURL(join(dirname(own), 'hooks.mjs')).href, {
      data: { rules, heap, own },
    });

  const Module = module as unknown as {
    prototype: Record<string, Method>;
    _extensions: Record<string, (target: Record<string, Method>, file: string) => unknown>;
  };
  const realCompile = Module.prototype['_compile']!;
  Module.prototype['_compile'] = function (
    this: unknown,
    content: unknown,
    file: unknown,
    ...rest: unknown[]
  ): unknown {
    const code =
      typeof content === 'string' && rest[0] !== 'module' ? run(content, String(file), 'commonjs') : content;
    return apply(realCompile, this, [code, file, ...rest]);
  };
  for (const extension of ['.ts', '.cts', '.tsx']) {
    const known = Module._extensions[extension];
    Module._extensions[extension] = (target, file) => {
      if (/[\\/]node_modules[\\/]/.test(file) && known !== undefined) return known(target, file);
      const text = fs.readFileSync(file, 'utf8');
      // The program itself, or a worker's: Node hands every entry with an unknown extension to CommonJS.
      if ((target as { id?: unknown }).id === '.' && kindOf(file, text, transform) === 'module')
        return void import(pathToFileURL(file).href);
      return target['_compile']!(transform.typescript(text, file, 'commonjs'), file);
    };
  }

  scripts(run);
  return { script: (text) => run(text, '[worker eval]', 'script') };
}

/** Test runners run the files that they have transformed as scripts of this realm. */
function scripts(run: (text: string, file: string, kind: SourceKind) => string): void {
  const fileOf = (options: unknown): string =>
    typeof options === 'string' ? options : ((options as { filename?: string } | undefined)?.filename ?? '');
  const isFile = (file: string): boolean => /^(?:\/|file:|[A-Za-z]:[\\/])/.test(file);
  const realRun = vm.runInThisContext as unknown as Method;
  (vm as unknown as Record<string, unknown>)['runInThisContext'] = function runInThisContext(
    code: unknown,
    ...rest: unknown[]
  ): unknown {
    const file = fileOf(rest[0]);
    return apply(realRun, vm, [
      typeof code === 'string' && isFile(file) ? run(code, file, 'script') : code,
      ...rest,
    ]);
  };
  module.syncBuiltinESMExports();
}
