/**
 * For: `lockstep race`: a Node program, or a command that starts some, under the race and deadlock detector.
 * In and out: words in; the program's own output passes through, the report follows it; an exit code out.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { printReport } from '../race/pretty.ts';
import type { Report } from '../race/report.ts';
import { runProgram, type Outcome } from '../race/run.ts';
import { printSarif } from '../race/sarif.ts';
import { parseSuppressions, suppress, SuppressionError, type Suppression } from '../race/suppress.ts';
import { helpText, parseCommandLine, type CommandHelp } from './args.ts';
import { UsageError, type Command, type Io } from './io.ts';
import { version } from './version.ts';

const OPTIONS = {
  format: {
    kind: 'value',
    value: 'format',
    choices: ['pretty', 'json', 'sarif'],
    help: 'how to print the report (default: pretty)',
  },
  'report-file': { kind: 'value', value: 'file', help: 'write the report there, not to stdout' },
  suppress: {
    kind: 'list',
    value: 'file',
    help: 'leave out what this file names, one place and its reason a line',
  },
  'halt-on-error': { kind: 'flag', help: 'stop the program at the first race or deadlock' },
  exitcode: { kind: 'value', value: 'n', help: 'exit code if something is found (default: 66)' },
  timeout: {
    kind: 'value',
    value: 'seconds',
    help: 'stop the program after this time and report what was seen',
  },
  history: {
    kind: 'value',
    value: 'n',
    help: '2^n accesses remembered for each thread (default: 16, from 8 to 22)',
  },
  include: { kind: 'list', value: 'text', help: 'also watch files in node_modules whose path holds this' },
  exclude: { kind: 'list', value: 'text', help: 'do not watch files whose path holds this' },
  trace: {
    kind: 'value',
    value: 'file',
    help: 'write every ordering event with its vector clock there, as JSON',
  },
  nudge: { kind: 'flag', help: 'delay accesses at random, to make rare orders less rare' },
  seed: { kind: 'value', value: 'n', help: 'the seed of these delays, to repeat them (default: 1)' },
  help: { kind: 'flag', short: 'h', help: 'this text' },
} as const;

const HELP: CommandHelp = {
  usage: 'race [options] <program> [args…]   or   race [options] -- <command> [args…]',
  summary: 'Runs a Node program with all its workers and reports data races on shared memory and deadlocks.',
  options: OPTIONS,
  examples: [
    'lockstep race main.mjs',
    'lockstep race --format json --report-file races.json main.ts',
    'lockstep race -- npx vitest run',
  ],
};

/** Options that are one word: the next word is theirs only if they have no `=`. */
const FLAGS = new Set(['halt-on-error', 'nudge', 'help']);

export const run: Command = async (args, io) => {
  const { own, command, program } = split(args);
  const { options, positionals } = parseCommandLine('race', OPTIONS, own);
  if (options.help === true) {
    io.out(helpText(HELP));
    return 0;
  }
  if (positionals.length > 0)
    throw new UsageError(`lockstep race does not know what ${positionals[0]} is for`);
  const format = options.format ?? 'pretty';
  const exitCode = wholeNumber('exitcode', options.exitcode, 66, 0, 255);
  const suppressions = (options.suppress ?? []).flatMap((file) =>
    readSuppressions(file, io).map((one) => ({ file, one })),
  );

  const [first, ...rest] = program;
  if (first === undefined)
    throw new UsageError('lockstep race needs a program: `lockstep race main.mjs`, or a command after `--`');
  if (!command) checkProgram(first, io);

  const finish = (outcome: Outcome): number => {
    const { report, unused } = suppress(
      outcome.report,
      suppressions.map(({ one }) => one),
    );
    for (const one of unused) {
      const file = suppressions.find((each) => each.one === one)!.file;
      io.err(`lockstep: ${file}:${one.at}: suppresses nothing in this run\n`);
    }
    const text =
      format === 'json'
        ? `${JSON.stringify(report, null, 2)}\n`
        : format === 'sarif'
          ? printSarif(report, io.cwd, version())
          : printReport(report, (path, line) => outcome.sources.line(path, line));
    const file = options['report-file'];
    if (file === undefined) io.out(text);
    else writeReport(resolve(io.cwd, file), text);
    if (options.trace !== undefined)
      writeReport(resolve(io.cwd, options.trace), `${JSON.stringify(outcome.trace)}\n`, '--trace');
    if (outcome.timedOut)
      io.err(`lockstep: the program was stopped after ${options.timeout ?? ''} s (--timeout)\n`);
    if (outcome.halted)
      io.err('lockstep: the program was stopped at what was found first (--halt-on-error)\n');
    return exitOf(outcome, report, exitCode);
  };

  try {
    return await runProgram(
      {
        command: command ? first : process.execPath,
        args: command ? rest : [first, ...rest],
        cwd: io.cwd,
        env: io.env,
        shim: join(__dirname, 'race'),
        history: 2 ** wholeNumber('history', options.history, 16, 8, 22),
        include: options.include ?? [],
        exclude: options.exclude ?? [],
        halt: options['halt-on-error'] === true,
        trace: options.trace !== undefined,
        nudge: options.nudge === true,
        seed: wholeNumber('seed', options.seed, 1, 0, 2 ** 31 - 1),
        timeout: seconds(options.timeout) * 1000,
      },
      finish,
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new UsageError(`${first}: no such command; is it installed, and in the PATH?`);
    if (code === 'EACCES') throw new UsageError(`${first}: may not be run; is it a program?`);
    throw error;
  }
};

/** Our options end at the first word that is none; what follows belongs to the program. */
function split(args: readonly string[]): { own: string[]; command: boolean; program: string[] } {
  for (let index = 0; index < args.length; index++) {
    const word = args[index]!;
    if (word === '--') return { own: args.slice(0, index), command: true, program: args.slice(index + 1) };
    if (!word.startsWith('-') || word === '-')
      return { own: args.slice(0, index), command: false, program: args.slice(index) };
    if (word.startsWith('--') && !word.includes('=') && !FLAGS.has(word.slice(2))) index++;
  }
  return { own: [...args], command: false, program: [] };
}

function checkProgram(program: string, io: Io): void {
  const path = resolve(io.cwd, program);
  // Node itself looks for these, too.
  const found = [path, `${path}.js`, join(path, 'index.js'), join(path, 'package.json')].find((one) =>
    existsSync(one),
  );
  if (found === undefined)
    throw new UsageError(`${program}: no such program; give a file, or a command after \`--\``);
  if (statSync(found).size === 0 && statSync(found).isFile()) io.err(`lockstep: ${program} is empty\n`);
}

function readSuppressions(file: string, io: Io): Suppression[] {
  let text: string;
  try {
    text = readFileSync(resolve(io.cwd, file), 'utf8');
  } catch {
    throw new UsageError(`${file}: cannot be read; --suppress needs a file`);
  }
  try {
    return parseSuppressions(text);
  } catch (error) {
    if (error instanceof SuppressionError) throw new UsageError(`${file}:${error.line}: ${error.message}`);
    throw error;
  }
}

function writeReport(file: string, text: string, option = '--report-file'): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(
      `${file}: cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); ${option} needs a path in a folder that exists`,
    );
  }
}

function wholeNumber(
  name: string,
  given: string | undefined,
  otherwise: number,
  low: number,
  high: number,
): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < low || value > high)
    throw new UsageError(`--${name} needs a whole number from ${low} to ${high}, and got ${given}`);
  return value;
}

function seconds(given: string | undefined): number {
  if (given === undefined) return 0;
  const value = Number(given);
  if (!(value > 0 && value <= 86_400))
    throw new UsageError(`--timeout needs seconds, more than 0 and at most 86400, and got ${given}`);
  return value;
}

/** 66 if something was found; else as the program ended, signals as shells give them. */
function exitOf({ code, signal, timedOut }: Outcome, report: Report, found: number): number {
  if (report.races.length + report.deadlocks.length > 0) return found;
  if (timedOut) return 124;
  return signal === null ? (code ?? 0) : 128 + constants.signals[signal];
}
