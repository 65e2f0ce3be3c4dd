/** For: the detector as it ships, bundled into a folder of its own for these tests. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import esbuild from 'esbuild';

const ROOT = new URL('../..', import.meta.url).pathname;
export const PROGRAMS = join(ROOT, 'test/race/programs');

export interface Built {
  readonly folder: string;
  /** Runs `lockstep race` with these words. */
  race(args: readonly string[], cwd?: string): Promise<Ran>;
  /** Runs Node without the detector. */
  plain(args: readonly string[], cwd?: string): Promise<Ran>;
  remove(): void;
}

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ENTRY = `
import { run } from ${JSON.stringify(join(ROOT, 'server/src/cli/race.ts'))};
import { UsageError } from ${JSON.stringify(join(ROOT, 'server/src/cli/io.ts'))};
const io = { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text), cwd: process.cwd(), env: process.env,
  stdoutIsTerminal: false, stderrIsTerminal: false, columns: 80, stdin: async () => '' };
run(process.argv.slice(2), io).then((code) => (process.exitCode = code), (error) => {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write('lockstep: ' + error.message + '\\n');
  process.exitCode = 2;
});
`;

export async function build(): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-race-test-'));
  const source = (name: string) => join(ROOT, 'server/src/race', name);
  const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'error' } as const;
  const typescript: esbuild.Plugin = {
    name: 'typescript',
    setup(plugin) {
      plugin.onResolve({ filter: /^typescript$/ }, () => ({
        path: join(ROOT, 'node_modules/typescript/lib/typescript.js'),
        external: true,
      }));
    },
  };
  const to = (name: string) => join(folder, 'race', name);
  await Promise.all([
    esbuild.build({
      ...common,
      format: 'cjs',
      entryPoints: [source('shim/main.ts')],
      outfile: to('shim.cjs'),
    }),
    esbuild.build({ ...common, format: 'esm', entryPoints: [source('hooks.ts')], outfile: to('hooks.mjs') }),
    esbuild.build({
      ...common,
      format: 'cjs',
      entryPoints: [source('monitorThread.ts')],
      outfile: to('monitor.cjs'),
    }),
    esbuild.build({
      ...common,
      format: 'cjs',
      entryPoints: [source('instrumenting.ts')],
      outfile: to('instrument.cjs'),
      plugins: [typescript],
    }),
    esbuild.build({
      ...common,
      format: 'cjs',
      stdin: { contents: ENTRY, resolveDir: ROOT, loader: 'ts' },
      outfile: join(folder, 'cli.js'),
      mainFields: ['module', 'main'],
    }),
  ]);
  writeFileSync(join(folder, 'package.json'), '{}');
  return {
    folder,
    race: (args, cwd = PROGRAMS) => run([join(folder, 'cli.js'), ...args], cwd),
    plain: (args, cwd = PROGRAMS) => run(args, cwd),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((done, failed) => {
    const env = { ...process.env };
    delete env['NODE_OPTIONS'];
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', failed);
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }));
  });
}
