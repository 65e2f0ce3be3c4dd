// `npm run bench [-- <project>]`: what the linter costs on a project of 100,000 lines, beside `tsc` in the same run.
// The project is any checkout with a tsconfig.json; without an argument typeorm is cloned at a fixed commit.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '../..');
const TYPEORM = { url: 'https://github.com/typeorm/typeorm.git', commit: '281bfba' };
const RUNS = 5;
const work = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));

try {
  const project = prepare();
  const rows = [];
  await command(project, rows);
  await keystrokes(project, rows);
  activation(rows);
  print(rows);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** A copy, so that nothing in the checkout changes: only `src` and its tsconfig, as `tsc` and the linter see it. */
function prepare() {
  const given = process.argv[2];
  const from = given === undefined ? clone() : resolve(given);
  if (!existsSync(join(from, 'src'))) throw new Error(`${from} has no folder src`);
  const project = join(work, 'project');
  cpSync(join(from, 'src'), join(project, 'src'), { recursive: true });
  const options = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['src'] }),
  );
  return project;
}

function clone() {
  const target = join(work, 'typeorm');
  execFileSync('git', ['clone', '--quiet', '--filter=blob:none', TYPEORM.url, target], { stdio: 'inherit' });
  execFileSync('git', ['-C', target, 'checkout', '--quiet', TYPEORM.commit], { stdio: 'inherit' });
  return target;
}

async function command(project, rows) {
  const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', project];
  const cli = join(ROOT, 'dist/cli.js');
  const cache = join(work, 'cache');
  const check = [cli, 'check', project, '--format', 'json'];
  const samples = { tsc: [], cold: [], warm: [] };
  // In turn, so that a machine that slows down slows all of them down.
  for (let run = 0; run < RUNS; run++) {
    samples.tsc.push(timed(tsc));
    samples.cold.push(timed([...check, '--no-cache']));
    if (run === 0) timed([...check, '--cache', '--cache-dir', cache]);
    samples.warm.push(timed([...check, '--cache', '--cache-dir', cache]));
  }
  const wall = (name) => median(samples[name].map((sample) => sample.wall));
  const memory = (name) => median(samples[name].map((sample) => sample.memory));
  const base = wall('tsc');
  rows.push(['tsc --noEmit', `${base.toFixed(2)} s`, `${memory('tsc').toFixed(0)} MB`, '', '']);
  rows.push([
    'lockstep check',
    `${wall('cold').toFixed(2)} s`,
    `${memory('cold').toFixed(0)} MB`,
    `${(wall('cold') / base).toFixed(2)} × tsc, ${(memory('cold') / memory('tsc')).toFixed(2)} × memory`,
    '≤ 0.70 ×, ≤ 1.20 ×',
  ]);
  rows.push([
    'lockstep check, again',
    `${wall('warm').toFixed(2)} s`,
    `${memory('warm').toFixed(0)} MB`,
    `${(wall('warm') / base).toFixed(2)} × tsc`,
    '≤ 0.25 ×',
  ]);
}

/** Wall time in seconds and peak memory in MB of one process; its exit code does not matter here. */
function timed(args) {
  const report = join(work, 'usage.json');
  const script = `process.on('exit',()=>require('fs').writeFileSync(${JSON.stringify(report)},String(process.resourceUsage().maxRSS)))`;
  const hook = join(work, 'hook.cjs');
  writeFileSync(hook, script);
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--require', hook, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wall = (performance.now() - start) / 1000;
  if (status === null || (args[0].endsWith('cli.js') && status > 1))
    throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return { wall, memory: Number(readFileSync(report, 'utf8')) / 1024 };
}

/** Typing in a long file: by the engine for what needs the file only, through the language server for everything. */
async function keystrokes(project, rows) {
  const file = longFile(project);
  const text = readFileSync(file, 'utf8');
  const versions = Array.from({ length: 24 }, (_, index) => insertInto(text, index));
  const quick = await engineSamples(project, file, versions);
  rows.push([
    'keystroke, this file only',
    `${median(quick).toFixed(0)} ms`,
    '',
    `p95 ${percentile(quick, 0.95).toFixed(0)} ms`,
    'median ≤ 60 ms',
  ]);
  const all = await serverSamples(project, file, text, versions);
  rows.push([
    'keystroke, all findings',
    `${median(all).toFixed(0)} ms`,
    '',
    `p95 ${percentile(all, 0.95).toFixed(0)} ms`,
    'median ≤ 300 ms, p95 ≤ 600 ms',
  ]);
}

function longFile(project) {
  const list = spawnSync('find', [join(project, 'src'), '-name', '*.ts', '-size', '+25k'], {
    encoding: 'utf8',
  })
    .stdout.trim()
    .split('\n');
  const sized = list.map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length }));
  sized.sort((a, b) => Math.abs(a.lines - 1000) - Math.abs(b.lines - 1000));
  return sized[0].file;
}

/** Another statement in a function body near the middle, as typing makes one. */
function insertInto(text, index) {
  const at = text.indexOf('{\n', Math.floor(text.length / 2)) + 2;
  return `${text.slice(0, at)}        void ${index};\n${text.slice(at)}`;
}

async function engineSamples(project, file, versions) {
  const out = join(work, 'engine.cjs');
  await build({
    entryPoints: [join(ROOT, 'server/src/engine.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: out,
    logLevel: 'error',
  });
  const { createRequire } = await import('node:module');
  const { createEngine } = createRequire(import.meta.url)(out);
  const engine = createEngine({ roots: [project], libDir: join(ROOT, 'node_modules/typescript/lib') });
  engine.findings(file);
  return versions.map((text) => {
    const start = performance.now();
    engine.apply({ opened: [{ file, text }] });
    engine.quickFindings(file);
    return performance.now() - start;
  });
}

async function serverSamples(project, file, text, versions) {
  const { createProtocolConnection, StreamMessageReader, StreamMessageWriter } =
    await import('vscode-languageserver/node');
  const child = spawn(process.execPath, [join(ROOT, 'dist/server.js'), '--stdio'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.onRequest(() => null);
  connection.listen();
  const uri = `file://${file}`;
  const capabilities = {
    textDocument: { diagnostic: { relatedDocumentSupport: true } },
    workspace: { workspaceFolders: true },
  };
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: `file://${project}`,
    workspaceFolders: [{ uri: `file://${project}`, name: 'project' }],
    capabilities,
  });
  await connection.sendNotification('initialized', {});
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'typescript', version: 1, text },
  });
  await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
  const samples = [];
  for (const [index, changed] of versions.entries()) {
    const start = performance.now();
    await connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: index + 2 },
      contentChanges: [{ text: changed }],
    });
    await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
    samples.push(performance.now() - start);
  }
  await connection.sendRequest('shutdown');
  await connection.sendNotification('exit');
  connection.dispose();
  return samples;
}

/** Loading the extension's code in a fresh process, with an editor that is not there: what the host pays at activation. */
function activation(rows) {
  const script = `
    const Module = require('node:module');
    const nothing = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => '' : nothing), apply: () => nothing, construct: () => nothing });
    const load = Module._load;
    Module._load = (name, ...rest) => (name === 'vscode' ? nothing : load(name, ...rest));
    const start = performance.now();
    require(${JSON.stringify(join(ROOT, 'dist/extension.js'))});
    process.stdout.write(String(performance.now() - start));`;
  const run = () => Number(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout);
  const samples = Array.from({ length: RUNS }, run);
  rows.push([
    'extension, loading its code',
    `${median(samples).toFixed(0)} ms`,
    '',
    `slowest ${Math.max(...samples).toFixed(0)} ms`,
    '≤ 50 ms',
  ]);
}

function median(values) {
  return percentile(values, 0.5);
}

function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function print(rows) {
  const size = statSync(join(ROOT, 'dist/cli.js')).size;
  const head = ['what', 'median', 'peak memory', 'compared', 'to reach'];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  for (const row of all)
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}\n`,
    );
  process.stdout.write(
    `${RUNS} runs of each command, in turn; Node ${process.version}; dist/cli.js ${(size / 1000).toFixed(0)} kB\n`,
  );
}
