/**
 * For: `lockstep check`: lint files and folders, in the form that the reader or a machine asks for.
 * In and out: words in; results on stdout, errors on stderr, an exit code out.
 * Must never know: how anything is found.
 */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SEVERITIES, type Finding, type Severity } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import { didYouMean, helpText, parseCommandLine, type CommandHelp, type ParsedArgs } from './args.ts';
import { explain } from './explain.ts';
import { applySafeFixes, diskShelf, dryShelf, type FixRun } from './fix.ts';
import { printGithub } from './github.ts';
import { UsageError, type Command, type Io } from './io.ts';
import { printJson } from './json.ts';
import { readText, rulePages, type RulePages } from './pages.ts';
import { printPretty, statsTable } from './pretty.ts';
import {
  Places,
  compareFindings,
  compareText,
  relativeFile,
  reportFinding,
  reportProblem,
  type CheckReport,
} from './report.ts';
import { printSarif } from './sarif.ts';
import { styleFor } from './style.ts';
import { version } from './version.ts';
import { why } from './why.ts';

/** What `check` needs of the outside; tests bring their own. */
export interface CheckTools {
  createEngine(options: EngineOptions): Engine;
  readonly pages: RulePages;
}

export const run: Command = async (args, io) => {
  const { createEngine } = await import('../engine.ts');
  return check(args, io, { createEngine, pages: rulePages() });
};

const OPTIONS = {
  format: {
    kind: 'value',
    value: 'format',
    choices: ['pretty', 'json', 'sarif', 'github'],
    help: 'pretty (default), json, sarif or github',
  },
  fix: { kind: 'flag', help: 'apply safe fixes' },
  'fix-dry-run': { kind: 'flag', help: 'say what --fix would do and what would be left; write nothing' },
  rule: {
    kind: 'list',
    value: 'id=severity',
    help: 'off, hint, info, warning or error for one rule; may be repeated',
  },
  'min-severity': {
    kind: 'value',
    value: 'severity',
    choices: SEVERITIES,
    help: 'report from this severity on (default: warning)',
  },
  'max-warnings': { kind: 'value', value: 'n', help: 'exit 0 with up to n warnings (errors still count)' },
  config: {
    kind: 'value',
    value: 'file',
    help: 'this configuration instead of the nearest lockstep.config.json',
  },
  explain: { kind: 'value', value: 'rule', help: 'print the page of a rule' },
  why: { kind: 'value', value: 'file:line', help: 'say why nothing is reported on a line' },
  cache: { kind: 'flag', help: 'keep results between runs (default where node_modules exists)' },
  'no-cache': { kind: 'flag', help: 'keep nothing and read nothing kept' },
  'cache-dir': {
    kind: 'value',
    value: 'folder',
    help: 'where to keep them (default: node_modules/.cache/lockstep)',
  },
  stats: { kind: 'flag', help: 'show the time that each rule took' },
  help: { kind: 'flag', short: 'h', help: 'this text' },
} as const;

const HELP: CommandHelp = {
  usage: 'check [options] [paths…]',
  summary:
    'Lints files and folders; without paths, the project of the working directory. Exit code 0: nothing found, 1: findings, 2: wrong usage, unreadable input or bad configuration.',
  options: OPTIONS,
  examples: [
    'lockstep check',
    'lockstep check src --fix',
    'lockstep check --format sarif > lockstep.sarif',
    'lockstep check --why src/main.ts:12',
  ],
};

type Options = ParsedArgs<typeof OPTIONS>['options'];

export function check(args: readonly string[], io: Io, tools: CheckTools): number {
  const { options, positionals } = parseCommandLine('check', OPTIONS, args);
  if (options.help === true) {
    io.out(helpText(HELP));
    return 0;
  }
  if (options.explain !== undefined)
    return explain(options.explain, options.format ?? 'pretty', io, tools.pages);

  const started = performance.now();
  const maxWarnings = parseMaxWarnings(options['max-warnings']);
  const engineOptions = planEngine(options, positionals, io, tools.pages);
  if (options.fix === true && options['fix-dry-run'] === true)
    throw new UsageError('--fix and --fix-dry-run exclude each other: give one of them');

  const engine = tools.createEngine(engineOptions);
  if (options.why !== undefined) return why(options.why, options.format ?? 'pretty', io, engine);

  const files = filesAsked(engine, engineOptions.only ?? null, io);
  const least = SEVERITIES.indexOf((options['min-severity'] ?? 'warning') as Severity);
  const isShown = ({ severity }: Finding) => SEVERITIES.indexOf(severity) >= least;
  const progress = progressOn(io);
  const allFindings = () => {
    const found = files.flatMap((file, index) => {
      progress.show(index, files.length);
      return engine.findings(file);
    });
    progress.clear();
    return found;
  };

  const fixing = options.fix === true ? 'fixed' : options['fix-dry-run'] === true ? 'would-fix' : 'no-fixes';
  const fixRun: FixRun =
    fixing === 'no-fixes'
      ? { applied: [], refused: [] }
      : applySafeFixes(
          engine,
          () => allFindings().filter(isShown),
          fixing === 'fixed' ? diskShelf(engine) : dryShelf(engine),
        );
  const findings = allFindings();
  const places = new Places((file) => engine.text(file) ?? readText(file), io.cwd);
  const shown = findings.filter(isShown);
  const report: CheckReport = {
    files: files.length,
    findings: shown
      .map((finding) => reportFinding(finding, engine.fixes(finding), places))
      .sort(compareFindings),
    hidden: findings.length - shown.length,
    errors: engine
      .problems()
      .map((problem) => reportProblem(problem, places))
      .sort((a, b) => compareText(a.file, b.file) || compareText(a.message, b.message)),
    fixed: fixRun.applied.map(({ finding, fix }) => ({
      rule: finding.rule,
      file: places.file(finding.span.file),
      title: fix.title,
    })),
    ...(options.stats === true ? { stats: engine.ruleTimes() } : {}),
    durationMs: Math.round(performance.now() - started),
  };
  engine.save();

  print(report, options, fixing, io, engine, tools.pages);
  for (const { file, line, column, message } of report.errors)
    io.err(`${file}${line === undefined ? '' : `:${line}:${column}`}: ${message}\n`);
  for (const line of fixRun.refused) io.err(`${line}\n`);
  const isWhole = engine.problems().every(({ note }) => note === true);
  return isWhole ? exitCode(report, maxWarnings, fixRun) : 2;
}

/** A run that could not see all of its input is not to be read as "only these findings": 2 comes before 1. */
function exitCode({ findings }: CheckReport, maxWarnings: number | null, { refused }: FixRun): number {
  if (refused.length > 0) return 2;
  if (maxWarnings === null) return findings.length > 0 ? 1 : 0;
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return count('error') > 0 || count('warning') > maxWarnings ? 1 : 0;
}

function print(
  report: CheckReport,
  options: Options,
  fixing: 'no-fixes' | 'fixed' | 'would-fix',
  io: Io,
  engine: Engine,
  pages: RulePages,
): void {
  const machine = options.format ?? 'pretty';
  if (machine === 'json') io.out(printJson(report, fixing));
  else if (machine === 'sarif') io.out(printSarif(report, io.cwd, version(), (rule) => pages.page(rule)));
  else if (machine === 'github') io.out(printGithub(report));
  else {
    const text = (file: string) => engine.text(toFileId(io.cwd, file));
    io.out(printPretty(report, { style: styleFor(io), columns: io.columns, text, fixing }));
  }
  if (report.stats !== undefined && (machine === 'sarif' || machine === 'github'))
    io.err(statsTable(report.stats));
}

function planEngine(
  options: Options,
  positionals: readonly string[],
  io: Io,
  pages: RulePages,
): EngineOptions {
  const only = positionals.map((path) =>
    isPattern(path, io.cwd) ? toFileId(io.cwd, path) : existing(path, io.cwd),
  );
  const cwd = toFileId(io.cwd, '.');
  // A path outside the working directory is a root of its own: nothing between the two is read.
  const outside = only.filter((path) => !isBelow(cwd, path)).map(folderOf);
  const roots = only.length > 0 && outside.length === only.length ? outside : [cwd, ...outside];
  const cacheDir = cacheFolder(options, io.cwd);
  return {
    roots: [...new Set(roots)],
    ...(only.length === 0 ? {} : { only }),
    ...(options.rule === undefined ? {} : { rules: parseRules(options.rule, pages) }),
    ...(options.config === undefined ? {} : { configFile: existing(options.config, io.cwd) }),
    ...(cacheDir === null ? {} : { cacheDir }),
    log: (line) => io.err(`${line}\n`),
  };
}

function cacheFolder(options: Options, cwd: string): FileId | null {
  if (options['no-cache'] === true) {
    if (options.cache === true || options['cache-dir'] !== undefined)
      throw new UsageError('--no-cache and --cache exclude each other: give one of them');
    return null;
  }
  if (options['cache-dir'] !== undefined) return toFileId(cwd, options['cache-dir']);
  if (options.cache !== true && !existsSync(resolve(cwd, 'node_modules'))) return null;
  return toFileId(cwd, 'node_modules/.cache/lockstep');
}

/** The files to report on. A path that names a file must be one that can be linted; a folder may hold none. */
function filesAsked(engine: Engine, only: readonly FileId[] | null, io: Io): readonly FileId[] {
  const files = engine.files();
  if (only === null) return files;
  // What a pattern names, the engine knows.
  if (only.some((path) => isPattern(path, io.cwd))) return files;
  const asked = files.filter((file) => only.some((path) => isBelow(path, file)));
  for (const path of only) {
    if (asked.some((file) => isBelow(path, file))) continue;
    const name = relativeFile(path, io.cwd);
    if (statSync(path).isDirectory()) io.err(`${name}: no JavaScript or TypeScript files in this folder\n`);
    else if (!engine.problems().some(({ file }) => file === path))
      throw new UsageError(
        `${name}: not a file that can be linted; give a .js, .jsx, .mjs, .cjs, .ts, .tsx, .mts or .cts file that is not ignored, or a folder`,
      );
  }
  return asked;
}

function parseRules(words: readonly string[], pages: RulePages): Record<string, Severity | 'off'> {
  const known = pages.ids();
  const allowed: readonly string[] = ['off', ...SEVERITIES];
  const rules: Record<string, Severity | 'off'> = {};
  for (const word of words) {
    const [id = '', severity] = word.split('=', 2);
    if (severity === undefined || id === '')
      throw new UsageError(
        `--rule ${word}: write --rule <id>=<severity>, for example --rule ${id || 'rule-id'}=off`,
      );
    if (!allowed.includes(severity))
      throw new UsageError(
        `--rule ${word}: ${severity} is not one of ${allowed.join(', ')}${didYouMean(severity, allowed)}`,
      );
    if (!known.includes(id))
      throw new UsageError(`--rule ${word}: there is no rule ${id}${didYouMean(id, known)}`);
    rules[id] = severity as Severity | 'off';
  }
  return rules;
}

function parseMaxWarnings(word: string | undefined): number | null {
  if (word === undefined) return null;
  if (!/^\d+$/.test(word)) throw new UsageError(`--max-warnings ${word}: not a whole number from 0 on`);
  return Number(word);
}

function existing(path: string, cwd: string): FileId {
  if (!existsSync(resolve(cwd, path))) throw new UsageError(`${path}: no such file or folder`);
  return toFileId(cwd, path);
}

function toFileId(cwd: string, path: string): FileId {
  return resolve(cwd, path).replaceAll('\\', '/');
}

function folderOf(path: FileId): FileId {
  const star = path.search(/[*?]/);
  if (star >= 0 && !existsSync(path)) return path.slice(0, Math.max(path.lastIndexOf('/', star), 1));
  return statSync(path).isDirectory() ? path : toFileId(path, '..');
}

/** For shells that do not put the names in its place. */
function isPattern(path: string, cwd: string): boolean {
  return /[*?]/.test(path) && !existsSync(resolve(cwd, path));
}

function isBelow(folder: FileId, file: FileId): boolean {
  return file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** A line that is drawn over itself, on a terminal only, and at most every 50 ms. */
function progressOn(io: Io): { show(done: number, all: number): void; clear(): void } {
  if (!io.stderrIsTerminal) return { show: () => undefined, clear: () => undefined };
  let last = 0;
  return {
    show: (done, all) => {
      const now = performance.now();
      if (done > 0 && now - last < 50) return;
      last = now;
      io.err(`\r\u001b[Kchecking ${done + 1} of ${all} files`);
    },
    clear: () => io.err('\r\u001b[K'),
  };
}
