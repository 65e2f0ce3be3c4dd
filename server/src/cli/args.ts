/**
 * For: reading a command line by a table of options, and printing the same table as help.
 * In and out: words and a table in; values and the words left over out. Throws UsageError.
 * Must never know: what a command does.
 */
import { parseArgs } from 'node:util';
import { UsageError } from './io.ts';

interface OptionBase {
  readonly help: string;
  /** One letter, without the dash. */
  readonly short?: string;
}
export interface FlagOption extends OptionBase {
  readonly kind: 'flag';
}
export interface ValueOption extends OptionBase {
  readonly kind: 'value';
  /** How the value is named in the help, without brackets. */
  readonly value: string;
  /** The only values allowed, where they can be listed. */
  readonly choices?: readonly string[];
}
/** May stand several times. */
export interface ListOption extends OptionBase {
  readonly kind: 'list';
  readonly value: string;
}
/** Keys are the long names, without dashes. */
export type OptionTable = Readonly<Record<string, FlagOption | ValueOption | ListOption>>;

export interface ParsedArgs<T extends OptionTable> {
  /** Flags are true or absent, values are their last word, lists hold every word. */
  readonly options: {
    readonly [Name in keyof T]?: T[Name] extends FlagOption
      ? true
      : T[Name] extends ListOption
        ? readonly string[]
        : string;
  };
  readonly positionals: readonly string[];
}

export interface CommandHelp {
  /** As typed, without `lockstep`. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  readonly options: OptionTable;
  readonly examples?: readonly string[];
}

export function parseCommandLine<T extends OptionTable>(
  command: string,
  table: T,
  args: readonly string[],
): ParsedArgs<T> {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(table).map(([name, option]) => [
        name,
        {
          type: option.kind === 'flag' ? ('boolean' as const) : ('string' as const),
          ...(option.short === undefined ? {} : { short: option.short }),
        },
      ]),
    ),
  });
  const options: Record<string, true | string | string[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (option === undefined) throw unknownOption(command, table, token.rawName);
    if (option.kind === 'flag') {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
      options[token.name] = true;
      continue;
    }
    const isNextOption = !token.inlineValue && token.value?.startsWith('--') === true;
    if (token.value === undefined || token.value === '' || isNextOption)
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} <${option.value}>`);
    if (option.kind === 'list') {
      const list = options[token.name];
      options[token.name] = Array.isArray(list) ? [...list, token.value] : [token.value];
      continue;
    }
    if (option.choices !== undefined && !option.choices.includes(token.value))
      throw new UsageError(
        `${token.rawName} ${token.value}: not one of ${option.choices.join(', ')}${didYouMean(token.value, option.choices)}`,
      );
    options[token.name] = token.value;
  }
  return { options: options as ParsedArgs<T>['options'], positionals };
}

export function helpText(help: CommandHelp): string {
  const rows = Object.entries(help.options).map(([name, option]) => {
    const value = option.kind === 'flag' ? '' : ` <${option.value}>`;
    return [
      `${option.short === undefined ? '    ' : `-${option.short}, `}--${name}${value}`,
      option.help,
    ] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  const examples = (help.examples ?? []).map((example) => `  ${example}\n`).join('');
  return (
    `Usage: lockstep ${help.usage}\n\n${help.summary}\n\nOptions:\n` +
    rows.map(([left, right]) => `  ${left.padEnd(width)}${right}\n`).join('') +
    (examples === '' ? '' : `\nExamples:\n${examples}`)
  );
}

/** `; did you mean x?` for a word close to one of the candidates, else nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined ? '' : `; did you mean ${near.candidate}?`;
}

function unknownOption(command: string, table: OptionTable, rawName: string): UsageError {
  const names = Object.keys(table).map((name) => `--${name}`);
  return new UsageError(
    `${rawName}: no such option of lockstep ${command}${didYouMean(rawName, names) || `; see lockstep ${command} --help`}`,
  );
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
