/**
 * For: everything under dist/, as it ships: `node .ci/build.mjs`. With `--watch` it rebuilds the bundles whenever a
 * source changes, readable and with source maps.
 *
 * TypeScript is bundled once, beside its lib.*.d.ts, and every other bundle asks for that one. So it is not shipped
 * twice, a command that does not need it never loads it, and it finds its libraries as it does in its own package.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { BUILD_STAMP, ROOT, formatSize, formatTime, runNode, sourcesStamp } from './project.mjs';

const watch = process.argv.includes('--watch');
const DIST = join(ROOT, 'dist');

/** What must be there for a build to be whole. */
const BUNDLES = [
  { out: 'extension.js', from: 'client/src/extension.ts', for: 'host' },
  { out: 'server.js', from: 'server/src/lsp/main.ts', for: 'node' },
  { out: 'cli.js', from: 'server/src/cli/main.ts', for: 'node', script: true },
  { out: 'runner.js', from: 'server/src/learn/runner.ts', for: 'node' },
  { out: 'webview/lesson.js', from: 'client/webview/lesson.tsx', for: 'webview' },
  { out: 'race/shim.cjs', from: 'server/src/race/shim/main.ts', for: 'node' },
  { out: 'race/hooks.mjs', from: 'server/src/race/hooks.ts', for: 'module' },
  { out: 'race/instrument.cjs', from: 'server/src/race/instrumenting.ts', for: 'node' },
  { out: 'race/monitor.cjs', from: 'server/src/race/monitorThread.ts', for: 'node' },
  { out: 'sync/index.js', from: 'server/src/runtime/index.ts', for: 'esm' },
  { out: 'sync/index.cjs', from: 'server/src/runtime/index.ts', for: 'node' },
];

const TARGETS = {
  // The oldest VS Code that is supported (1.101) runs extensions on Node 22.
  host: { platform: 'node', format: 'cjs', target: 'node22', external: ['vscode'] },
  node: { platform: 'node', format: 'cjs', target: 'node20' },
  module: { platform: 'node', format: 'esm', target: 'node20' },
  esm: { platform: 'neutral', format: 'esm', target: 'es2022' },
  webview: {
    platform: 'browser',
    format: 'iife',
    target: 'chrome134',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  },
};

async function main() {
  const started = Date.now();
  const stamp = sourcesStamp();
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(join(DIST, 'lib'), { recursive: true });

  const missing = BUNDLES.filter((bundle) => !existsSync(join(ROOT, bundle.from)));
  for (const { out, from } of missing) console.log(`not built: dist/${out}, for there is no ${from}`);
  const present = BUNDLES.filter((bundle) => !missing.includes(bundle));

  await Promise.all([
    bundleTypeScript(),
    ...present.map(async (bundle) => {
      if (watch) {
        const context = await esbuild.context(optionsOf(bundle));
        await context.rebuild();
        await context.watch();
      } else await esbuild.build(optionsOf(bundle));
      if (bundle.script) chmodSync(join(DIST, bundle.out), 0o755);
    }),
    lessons(),
    declarations(),
  ]);
  libraries();
  rulePages();
  report(started);
  if (watch) {
    console.log('watching');
    return;
  }
  if (missing.length === 0) writeFileSync(join(ROOT, BUILD_STAMP), stamp);
  else if (process.env.CI) process.exitCode = 1;
}

function optionsOf({ out, from, for: target, script }) {
  return {
    ...TARGETS[target],
    entryPoints: [join(ROOT, from)],
    outfile: join(DIST, out),
    bundle: true,
    minify: !watch,
    sourcemap: watch ? 'linked' : false,
    legalComments: 'none',
    logLevel: 'warning',
    define: { LOCKSTEP_VERSION: JSON.stringify(VERSION) },
    banner: script ? { js: '#!/usr/bin/env node' } : {},
    plugins: [sharedTypeScript(out)],
    // ESM builds of these packages, where the default is UMD that cannot be bundled.
    mainFields: TARGETS[target].platform === 'node' ? ['module', 'main'] : ['module', 'browser', 'main'],
  };
}

const VERSION = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;

/** Every bundle asks for dist/lib/typescript.js, by the way from its own place. */
function sharedTypeScript(out) {
  const path = `${'../'.repeat(out.split('/').length - 1) || './'}lib/typescript.js`;
  return {
    name: 'shared-typescript',
    setup(build) {
      build.onResolve({ filter: /^typescript$/ }, () => ({ path, external: true }));
    },
  };
}

async function bundleTypeScript() {
  await esbuild.build({
    ...TARGETS.node,
    entryPoints: [join(ROOT, 'node_modules/typescript/lib/typescript.js')],
    outfile: join(DIST, 'lib/typescript.js'),
    bundle: true,
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
  });
}

/** The libraries of the language, the browser and its workers: what a program may name without importing it. */
function libraries() {
  const from = join(ROOT, 'node_modules/typescript/lib');
  for (const name of readdirSync(from)) {
    if (/^lib\..*\.?d\.ts$/.test(name)) copyFileSync(join(from, name), join(DIST, 'lib', name));
  }
}

function rulePages() {
  const rules = join(ROOT, 'server/src/rules');
  const pages = join(DIST, 'rules');
  for (const entry of readdirSync(rules, { withFileTypes: true })) {
    const page = join(rules, entry.name, 'doc.md');
    if (!entry.isDirectory() || !existsSync(page)) continue;
    mkdirSync(pages, { recursive: true });
    copyFileSync(page, join(pages, `${entry.name}.md`));
  }
}

/** media/lessons → dist/lessons/*.json, by the project's own renderer. */
async function lessons() {
  const renderer = join(ROOT, 'server/src/learn/build.ts');
  if (!existsSync(renderer)) {
    console.log('not built: dist/lessons, for there is no server/src/learn/build.ts');
    return;
  }
  // Inside the project, so that the packages that stay outside the bundle are found.
  const bundled = join(ROOT, '.cache/build-lessons.mjs');
  await esbuild.build({
    platform: 'node',
    format: 'esm',
    target: 'node20',
    entryPoints: [renderer],
    outfile: bundled,
    bundle: true,
    packages: 'external',
    logLevel: 'warning',
  });
  const { buildLessons } = await import(pathToFileURL(bundled).href);
  await buildLessons(join(ROOT, 'media/lessons'), join(DIST, 'lessons'));
}

/**
 * Types of `lockstep/sync`, once for `import` (.d.ts in a folder of modules) and once for `require` (.d.cts).
 * The compiler leaves `.ts` in the specifiers of declarations, so they are rewritten here.
 */
async function declarations() {
  const source = join(ROOT, 'server/src/runtime');
  const sync = join(DIST, 'sync');
  if (!existsSync(join(source, 'index.ts'))) return;
  mkdirSync(sync, { recursive: true });
  writeFileSync(join(sync, 'package.json'), '{ "type": "module" }\n');
  const out = join(ROOT, '.cache/sync-types');
  rmSync(out, { recursive: true, force: true });
  const settings = join(ROOT, '.cache/tsconfig.sync.json');
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeFileSync(
    settings,
    JSON.stringify({
      extends: '../server/tsconfig.json',
      include: [],
      files: [join(source, 'index.ts')],
      compilerOptions: {
        rootDir: source,
        outDir: out,
        composite: false,
        incremental: false,
        declaration: true,
        emitDeclarationOnly: true,
        stripInternal: true,
      },
    }),
  );
  const code = await runNode('node_modules/typescript/bin/tsc', ['-p', settings]);
  if (code !== 0) throw new Error('the types of lockstep/sync do not compile');
  for (const name of readdirSync(out).filter((each) => each.endsWith('.d.ts'))) {
    const text = readFileSync(join(out, name), 'utf8');
    const ending = (extension) =>
      text.replace(/((?:from|import\()\s*['"]\.[^'"]*)\.ts(['"])/g, `$1.${extension}$2`);
    writeFileSync(join(sync, name), ending('js'));
    writeFileSync(join(sync, `${basename(name, '.d.ts')}.d.cts`), ending('cjs'));
  }
}

function report(started) {
  const sizes = new Map();
  const add = (name, size) => sizes.set(name, (sizes.get(name) ?? 0) + size);
  const walk = (folder, group) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path, relative(DIST, path));
      else if (/\.c?js$/.test(entry.name)) add(relative(DIST, path), statSync(path).size);
      else add(join(group, `*.${entry.name.split('.').slice(1).at(-1)}`), statSync(path).size);
    }
  };
  walk(DIST, '');
  const rows = [...sizes].sort((a, b) => b[1] - a[1]);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, size] of rows) console.log(`  ${name.padEnd(width)}  ${formatSize(size).padStart(9)}`);
  const total = rows.reduce((sum, [, size]) => sum + size, 0);
  console.log(`built dist/ (${formatSize(total)}) in ${formatTime(Date.now() - started)}`);
}

try {
  await main();
} catch (error) {
  // What esbuild cannot build it has already said, with the place.
  if (error.errors === undefined) throw error;
  console.error('the build failed: see the lines above');
  process.exitCode = 1;
}
