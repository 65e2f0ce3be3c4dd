/**
 * For: what the race detector costs: `node test/bench/race.mjs [runs]`. Each kernel runs in turn with and without it; a
 * slowdown is the ratio of the medians of processor time, which does not depend on what else the machine does.
 * Goals: median of the kernels at most 8, worst at most 20, without shared memory at most 1.3, memory at most 5.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import esbuild from 'esbuild';

const RUNS = Number(process.argv[2] ?? 5);
const HERE = fileURLToPath(new URL('./race/', import.meta.url));
const KERNELS = ['matrix', 'prefix', 'histogram', 'life', 'ring'];

const tools = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
const builder = fileURLToPath(new URL('../race/build.ts', import.meta.url));
await esbuild.build({
  entryPoints: [builder],
  outfile: join(tools, 'build.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  external: ['esbuild'],
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(builder).href) },
  plugins: [
    {
      name: 'here',
      setup: (build) =>
        build.onResolve({ filter: /^esbuild$/ }, () => ({
          path: import.meta.resolve('esbuild'),
          external: true,
        })),
    },
  ],
});
const { build } = await import(pathToFileURL(join(tools, 'build.mjs')).href);
const built = await build();

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const parse = ({ stdout, stderr }) => {
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`no figures: ${stdout}${stderr}`);
  if (stdout.includes('WARNING')) throw new Error(`a report where there is no race:\n${stdout}`);
  return JSON.parse(line);
};

async function compare(args) {
  const plain = [];
  const watched = [];
  for (let run = 0; run < RUNS; run++) {
    plain.push(parse(await built.plain(args, HERE)));
    watched.push(parse(await built.race(args, HERE)));
  }
  if (new Set([...plain, ...watched].map(({ sum }) => sum)).size !== 1)
    throw new Error(`${args}: results differ`);
  const of = (list, key) => median(list.map((one) => one[key]));
  return {
    cpu: of(plain, 'cpu'),
    cpuWatched: of(watched, 'cpu'),
    slowdown: of(watched, 'cpu') / of(plain, 'cpu'),
    clock: of(watched, 'ms') / of(plain, 'ms'),
    memory: of(watched, 'rss') / of(plain, 'rss'),
  };
}

const show = (name, { cpu, cpuWatched, slowdown, clock, memory }) =>
  console.log(
    `${name.padEnd(12)} ${cpu.toFixed(0).padStart(6)} ms ${cpuWatched.toFixed(0).padStart(7)} ms  × ${slowdown.toFixed(1).padStart(5)}   clock × ${clock.toFixed(1).padStart(5)}   memory × ${memory.toFixed(1)}`,
  );

try {
  const results = [];
  for (const name of KERNELS) {
    const result = await compare(['kernels.mjs', name]);
    results.push(result);
    show(name, result);
  }
  const alone = await compare(['alone.mjs']);
  show('not shared', alone);
  console.log(
    `median × ${median(results.map(({ slowdown }) => slowdown)).toFixed(1)} (goal 8), worst × ${Math.max(...results.map(({ slowdown }) => slowdown)).toFixed(1)} (goal 20), not shared × ${alone.slowdown.toFixed(2)} (goal 1.3), memory × ${Math.max(...results.map(({ memory }) => memory)).toFixed(1)} (goal 5)`,
  );
} finally {
  built.remove();
  rmSync(tools, { recursive: true, force: true });
}
