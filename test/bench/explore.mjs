/**
 * How fast the explorer is, beside the brute-force permutation check where that ends.
 * Prints one table on stdout; run it with `npm run bench:explore` on a machine that does nothing else.
 */
import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const RUNS = 15;
/** The brute-force check is given up after this many milliseconds. */
const PATIENCE = 3000;
/** Milliseconds that issue 4 allows. */
const LIMITS = { classic: 50, iriw: 20, large: 2000 };
const LARGE_MEGABYTES = 300;

/** In the child: one program by one method, reported with time and memory. */
async function child() {
  const engine = await import(pathToFileURL(process.argv[3]).href);
  process.once('message', ({ name, method }) => {
    const program = named(engine, name);
    const start = performance.now();
    const result = method === 'brute' ? engine.reference(program) : engine.explore(program);
    const ms = performance.now() - start;
    process.send(
      {
        ms,
        outcomes: result.outcomes.length,
        limits: result.limits ?? [],
        mb: process.resourceUsage().maxRSS / 1024,
      },
      () => process.disconnect(),
    );
  });
}

function named(engine, name) {
  return engine.benchPrograms.find((program) => program.name === name);
}

function inChild(bundle, name, method, patience) {
  return new Promise((done) => {
    const process_ = fork(fileURLToPath(import.meta.url), ['--child', bundle], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const timer = setTimeout(() => process_.kill(), patience);
    let answer = null;
    process_.on('message', (message) => (answer = message));
    process_.on('exit', () => {
      clearTimeout(timer);
      done(answer);
    });
    process_.send({ name, method });
  });
}

const ENTRY = `
import { load, program, store } from './server/src/explore/build.ts';
import { SPECIAL, SHAPES } from './test/explore/shapes.ts';
export { explore } from './server/src/explore/explore.ts';
export { readProgram } from './server/src/explore/validate.ts';
export { reference } from './test/explore/reference.ts';
const four = (name, order, thread) =>
  program(name, [0, 1, 2, 3].map((agent) => thread(agent, { order })));
const large = ['un', 'sc'].flatMap((order) => [
  four('4x4 store and three loads, ' + order, order, (i, d) => [store('x' + i, 1, d), ...[1, 2, 3].map((j) => load('x' + ((i + j) % 4), 'r' + i + j, d))]),
  four('4x4 two cells, ' + order, order, (i, d) => [store('x' + (i % 2), i + 1, d), load('x' + ((i + 1) % 2), 'a' + i, d), store('x' + ((i + 1) % 2), i + 5, d), load('x' + (i % 2), 'b' + i, d)]),
]);
const worst = four('4x4 one cell, sc', 'sc', (i, d) => [store('x', i + 1, d), load('x', 'a' + i, d), store('x', i + 5, d), load('x', 'b' + i, d)]);
const classic = SHAPES.flatMap((shape) => [
  { ...shape.build(0, 'i32'), name: shape.name + ' plain' },
  { ...shape.build((1 << shape.accesses) - 1, 'i32'), name: shape.name + ' atomic' },
  { ...shape.build(0, 'u8'), name: shape.name + ' plain, bytes' },
  { ...shape.build((1 << shape.accesses) - 1, 'u8'), name: shape.name + ' atomic, bytes' },
]);
export const groups = { classic: [...classic, ...SPECIAL], large: [...large, worst] };
export const benchPrograms = [...groups.classic, ...groups.large];
`;

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'));
  try {
    const bundle = join(folder, 'explore.mjs');
    await build({
      stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: bundle,
      logLevel: 'warning',
    });
    const engine = await import(pathToFileURL(bundle).href);
    const rows = [];
    for (const program of engine.groups.classic) {
      const { first, median, result } = measure(engine, program);
      const brute = await inChild(bundle, program.name, 'brute', PATIENCE);
      const limit = /^IRIW .*(plain|atomic)$/.test(program.name) ? LIMITS.iriw : LIMITS.classic;
      rows.push([
        program.name,
        result.outcomes.length,
        first,
        median,
        brute === null ? `> ${PATIENCE}` : brute.ms,
        limit,
        '',
      ]);
    }
    for (const program of await catalogue(engine)) {
      const { first, median, result } = measure(engine, program);
      rows.push([
        `catalogue: ${program.name}`,
        result.outcomes.length,
        first,
        median,
        '',
        LIMITS.classic,
        '',
      ]);
    }
    for (const program of engine.groups.large) {
      const answer = await inChild(bundle, program.name, 'fast', 60_000);
      const memory = answer === null ? '' : `${answer.mb.toFixed(0)} of ${LARGE_MEGABYTES} MB`;
      rows.push([
        program.name,
        answer?.outcomes ?? '?',
        answer?.ms ?? '> 60000',
        '',
        '',
        LIMITS.large,
        memory,
      ]);
    }
    print(rows);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function catalogue(engine) {
  const folder = join(root, 'media/litmus');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.litmus')).sort();
  return Promise.all(
    files.map(async (file) => engine.readProgram(await readFile(join(folder, file), 'utf8'), 'litmus')),
  );
}

function measure(engine, program) {
  const times = [];
  let result;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    result = engine.explore(program);
    times.push(performance.now() - start);
  }
  return { first: times[0], median: [...times].sort((a, b) => a - b)[RUNS >> 1], result };
}

function print(rows) {
  const head = ['program', 'outcomes', 'first ms', 'median ms', 'brute force ms', 'limit ms', 'peak memory'];
  const shown = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' && !Number.isInteger(cell) ? cell.toFixed(2) : String(cell))),
  );
  const widths = head.map((title, column) =>
    Math.max(title.length, ...shown.map((row) => row[column].length)),
  );
  for (const row of [head, ...shown]) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    );
  }
  const over = rows.filter(([, , first, median, , limit]) => (median === '' ? first : median) > limit);
  console.log(
    over.length === 0
      ? '\nall within their limits'
      : `\nover the limit: ${over.map(([name]) => name).join(', ')}`,
  );
}

await (process.argv[2] === '--child' ? child() : main());
