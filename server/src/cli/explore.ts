/** `lockstep explore`: outcomes of litmus programs, from files, folders or standard input. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { CommandHelp } from './args.ts';
import { helpText, parseCommandLine } from './args.ts';
import type { Command, Io } from './io.ts';
import { UsageError } from './io.ts';
import { parseShown } from '../explore/compare.ts';
import { explain } from '../explore/explain.ts';
import type { Exploration, Outcome } from '../explore/explore.ts';
import { explore, registersOf } from '../explore/explore.ts';
import { MAX_TEXT, TooLarge } from '../explore/limits.ts';
import { interleavings } from '../explore/machine.ts';
import type { Cmp, Comparison, InitMode, Model, Program } from '../explore/program.ts';
import type { TableRow } from '../explore/report.ts';
import {
  matching,
  outcomeText,
  refusalText,
  refusalsText,
  reportText,
  scheduleText,
  tableText,
  witnessText,
} from '../explore/report.ts';
import { LitmusError, didYouMean } from '../explore/source-error.ts';
import { formatOf, readProgram } from '../explore/validate.ts';
import type { Verdict } from '../explore/verdicts.ts';
import { comparisonsOf, forbiddenByAtomics, verdicts, weakOutcomes } from '../explore/verdicts.ts';
import { witness } from '../explore/witness.ts';

export const run: Command = async (args, io) => {
  const options = readArguments(args);
  if (options === 'help') {
    io.out(helpText(HELP));
    return 0;
  }
  const inputs = await readInputs(options.paths, io);
  const [only] = inputs.programs;
  if (inputs.table || only === undefined) return exploreAll(inputs.programs, options, io);
  return exploreOne(only, options, io);
};

const OPTIONS = {
  format: { kind: 'value', value: 'pretty|json', choices: ['pretty', 'json'], help: 'how to print' },
  model: {
    kind: 'value',
    value: 'es|es2017|sc|tso',
    choices: ['es', 'es2017', 'sc', 'tso'],
    help: 'the standard, the one before 2019, all interleavings, or x86',
  },
  init: {
    kind: 'value',
    value: 'literal|tear-free',
    choices: ['literal', 'tear-free'],
    help: 'initial zeros: one write per byte, as the text has it, or per cell',
  },
  why: { kind: 'value', value: 'outcome', help: 'show an execution with this outcome, or what forbids it' },
  help: { kind: 'flag', short: 'h', help: 'show this text' },
} as const;

const HELP: CommandHelp = {
  usage: 'explore [options] <file.litmus | file.litmus.json | folder | ->',
  summary:
    'Lists every outcome that the ECMAScript memory model allows for a small program over shared memory.\n' +
    'A folder prints a table of its programs. Exit code 1: a claim of a program does not hold.',
  options: OPTIONS,
  examples: [
    'lockstep explore sb.litmus',
    'lockstep explore sb.litmus --why "r0=0 r1=0"',
    'lockstep explore --format json - < sb.litmus.json',
  ],
};

interface Options {
  readonly format: 'pretty' | 'json';
  readonly model: Model;
  readonly init: InitMode;
  readonly why: string | null;
  readonly paths: readonly string[];
}

interface Input {
  /** As messages and tables name it. */
  readonly file: string;
  readonly program: Program;
}

function readArguments(args: readonly string[]): Options | 'help' {
  const { options, positionals } = parseCommandLine('explore', OPTIONS, args);
  if (options.help === true) return 'help';
  if (positionals.length === 0) {
    throw new UsageError(
      'name a .litmus file, a folder, or - for standard input; see lockstep explore --help',
    );
  }
  return {
    // The table has refused everything else.
    format: options.format === 'json' ? 'json' : 'pretty',
    model: (options.model ?? 'es') as Model,
    init: options.init === 'tear-free' ? 'tear-free' : 'literal',
    why: options.why ?? null,
    paths: positionals,
  };
}

async function readInputs(
  paths: readonly string[],
  io: Io,
): Promise<{ readonly programs: readonly Input[]; readonly table: boolean }> {
  const programs: Input[] = [];
  let table = paths.length > 1;
  for (const path of paths) {
    if (path === '-') {
      programs.push(parse('standard input', await io.stdin()));
      continue;
    }
    const full = resolve(io.cwd, path);
    const about = await stat(full).catch((error: unknown) => {
      throw new UsageError(`${path}: cannot be read: ${reason(error)}`);
    });
    if (!about.isDirectory()) {
      programs.push(parse(path, await readText(full, path, about.size)));
      continue;
    }
    table = true;
    const files = (await readdir(full, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && /\.litmus(\.json)?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (files.length === 0) throw new UsageError(`${path}: holds no .litmus or .litmus.json file`);
    for (const file of files) {
      const shown = relative(io.cwd, file).replaceAll('\\', '/');
      programs.push(parse(shown, await readText(file, shown, (await stat(file)).size)));
    }
  }
  return { programs, table };
}

async function readText(full: string, shown: string, bytes: number): Promise<string> {
  // A character takes at most four bytes: no need to read what is too long anyway.
  if (bytes > 4 * MAX_TEXT) {
    throw new UsageError(
      `${shown}:1:1: the text is ${bytes} bytes long, the explorer reads at most ${MAX_TEXT} characters`,
    );
  }
  return readFile(full, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${shown}: cannot be read: ${reason(error)}`);
  });
}

function parse(file: string, text: string): Input {
  try {
    const format = file.endsWith('.json') ? 'json' : file.endsWith('.litmus') ? 'litmus' : formatOf(text);
    return { file, program: readProgram(text, format) };
  } catch (error) {
    if (!(error instanceof LitmusError)) throw error;
    throw new UsageError(`${file}:${error.at.line + 1}:${error.at.column + 1}: ${error.message}`);
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

function exploreOne({ file, program }: Input, options: Options, io: Io): number {
  return bounded(file, () => {
    const start = performance.now();
    const found = explore(program, options);
    const durationMs = Math.round(performance.now() - start);
    for (const limit of found.limits) io.err(`${file}: ${limit}\n`);
    const checked = verdicts(program, found);
    const exitCode = checked.every(({ holds }) => holds) ? 0 : 1;
    if (options.why !== null) {
      io.out(why(program, found, readWhy(options.why, program), options));
    } else if (options.format === 'json') {
      io.out(json({ version: 1, ...resultJson(program, found, checked, durationMs) }));
    } else {
      const { weak, limits: notes } =
        options.model === 'sc'
          ? { weak: new Set<Outcome>(), limits: [] }
          : weakOutcomes(program, found.outcomes);
      const forbidden = forbiddenRows(program, found, options);
      io.out(reportText(program, found, { weak, forbidden, verdicts: checked, notes, durationMs }));
    }
    return exitCode;
  });
}

function exploreAll(inputs: readonly Input[], options: Options, io: Io): number {
  if (options.why !== null) throw new UsageError('--why asks about one program: name one file');
  const rows: (TableRow & { readonly durationMs: number })[] = [];
  for (const { file, program } of inputs) {
    bounded(file, () => {
      const start = performance.now();
      const found = explore(program, options);
      const durationMs = Math.round(performance.now() - start);
      for (const limit of found.limits) io.err(`${file}: ${limit}\n`);
      const weak = options.format === 'json' ? 0 : weakOutcomes(program, found.outcomes).weak.size;
      rows.push({ file, program, found, weak, verdicts: verdicts(program, found), durationMs });
    });
  }
  if (options.format === 'json') {
    const programs = rows.map(({ file, program, found, verdicts: checked, durationMs }) => ({
      file,
      ...resultJson(program, found, checked, durationMs),
    }));
    io.out(json({ version: 1, programs }));
  } else io.out(tableText(rows));
  return rows.every((row) => row.verdicts.every(({ holds }) => holds)) ? 0 : 1;
}

/** A bound that leaves nothing to show is wrong input, and names its file. */
function bounded<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof TooLarge) throw new UsageError(`${file}:1:1: too large: ${error.message}`);
    throw error;
  }
}

function resultJson(program: Program, found: Exploration, checked: readonly Verdict[], durationMs: number) {
  const { race, outcomes, executions, model, init, thinAir, limits } = found;
  return {
    name: program.name,
    outcomes,
    dataRace: race !== null,
    executions,
    durationMs,
    model,
    init,
    race:
      race === null
        ? null
        : {
            first: { agent: race.first.agent, text: race.first.text, kind: race.first.kind },
            second: { agent: race.second.agent, text: race.second.text, kind: race.second.kind },
            why: race.why,
          },
    thinAir,
    limits,
    ...(checked.length === 0 ? {} : { claims: checked.map(({ claim, holds }) => ({ ...claim, holds })) }),
  };
}

function json(value: unknown): string {
  const plain = (_: string, item: unknown): unknown => (typeof item === 'bigint' ? String(item) : item);
  return JSON.stringify(value, plain, 2) + '\n';
}

/** More would bury the table; the most telling come first since they are sorted like the outcomes. */
const MAX_FORBIDDEN = 12;

function forbiddenRows(
  program: Program,
  found: Exploration,
  { model, init }: Options,
): { outcome: Outcome; why: string }[] {
  if (found.limits.length > 0) return [];
  return forbiddenByAtomics(program, found)
    .slice(0, MAX_FORBIDDEN)
    .map((outcome) => {
      if (model === 'sc' || model === 'tso')
        return { outcome, why: `no run of the ${model} machine ends so` };
      const { refusals, more, none } = explain(program, comparisonsOf(outcome), {
        model,
        init,
        whole: true,
      });
      const rest = refusals.length - 1 + more;
      const first = refusals[0];
      return {
        outcome,
        why:
          first === undefined
            ? (none ?? '')
            : `${refusalText(first)}${rest > 0 ? ` (and ${rest} more candidates: --why "${outcomeText(outcome)}")` : ''}`,
      };
    });
}

function readWhy(text: string, program: Program): readonly Comparison[] {
  const registers = registersOf(program);
  const parts = text.split(/[\s,]+|&&/).filter((part) => part !== '');
  if (parts.length === 0) throw new UsageError('--why needs an outcome, like --why "r0=0 r1=0"');
  return parts.map((part) => {
    const match = /^([A-Za-z_$][\w$]*)(==|!=|<=|>=|=|<|>)(.+)$/.exec(part);
    if (match === null)
      throw new UsageError(`--why cannot read "${part}": write register=value, like --why "r0=0 r1=0"`);
    const [, reg, cmp, value] = match;
    if (!registers.includes(reg!)) {
      throw new UsageError(`--why: no outcome shows a register "${reg!}"${didYouMean(reg!, registers)}`);
    }
    return {
      reg: reg!,
      cmp: cmp === '=' ? '==' : (cmp as Cmp),
      value: parseShown(value!.replaceAll('"', '')),
    };
  });
}

function why(program: Program, found: Exploration, when: readonly Comparison[], options: Options): string {
  const [outcome] = matching(found, when);
  const { model, init } = options;
  if (model === 'sc' || model === 'tso') {
    const wanted = outcome === undefined ? null : JSON.stringify(outcome);
    const run = interleavings(program, model).outcomes.find((one) => JSON.stringify(one.outcome) === wanted);
    if (options.format === 'json')
      return json({ version: 1, allowed: run !== undefined, schedule: run?.schedule ?? null });
    return run === undefined ? `forbidden: no run of the ${model} machine ends so\n` : scheduleText(run);
  }
  if (outcome !== undefined) {
    const execution = witness(program, outcome, { model, init })!;
    return options.format === 'json'
      ? json({ version: 1, allowed: true, execution })
      : witnessText(execution);
  }
  const explanation = explain(program, when, { model, init });
  return options.format === 'json' ? json({ version: 1, ...explanation }) : refusalsText(when, explanation);
}
