/**
 * For: the command line's front: which command, its help, and the exit code of whatever goes wrong.
 * In and out: words and an Io in; an exit code out. Never throws.
 * Must never know: how a command does its work; each is loaded only when it is asked for.
 */
import { didYouMean } from './args.ts';
import { UsageError, type Command, type Io } from './io.ts';
import { version } from './version.ts';

interface Entry {
  readonly usage: string;
  readonly does: string;
  load(): Promise<{ readonly run: Command }>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  check: {
    usage: 'check [paths…]',
    does: 'lint files and folders',
    load: () => import('./check.ts'),
  },
  race: {
    usage: 'race [options] <program> [args…]',
    does: 'run a Node program under the race and deadlock detector',
    load: () => import('./race.ts'),
  },
  explore: {
    usage: 'explore <file | ->',
    does: 'list every outcome that the memory model allows',
    load: () => import('./explore.ts'),
  },
  lsp: {
    usage: 'lsp --stdio',
    does: 'the language server, for any editor',
    load: () => import('./lsp.ts'),
  },
};

/** 0 nothing found, 1 findings, 2 wrong usage or unreadable input, else what the command says. */
export async function runLockstep(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`lockstep: ${error.message}\n`);
      return 2;
    }
    io.err(`lockstep: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    io.err('lockstep: this is a defect of lockstep itself; please report it with the lines above\n');
    return 2;
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = rest[0];
    if (name === 'help' && asked !== undefined) return dispatch([asked, '--help'], io);
    if (name !== undefined) io.out(overview());
    else io.err(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    io.out(`${version()}\n`);
    return 0;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    const kind = name.startsWith('-') ? 'option' : 'command';
    throw new UsageError(
      `${name}: no such ${kind}${didYouMean(name, Object.keys(COMMANDS)) || '; see lockstep --help'}`,
    );
  }
  if (rest[0] === '--version' && rest.length === 1) {
    io.out(`${version()}\n`);
    return 0;
  }
  const { run } = await entry.load();
  return run(rest, io);
}

function overview(): string {
  const entries = Object.values(COMMANDS);
  const width = Math.max(...entries.map(({ usage }) => usage.length)) + 2;
  return (
    'Usage: lockstep <command> [options]\n\n' +
    'Finds races, deadlocks and broken ordering in JavaScript and TypeScript, shows both sides, and teaches why.\n\n' +
    `Commands:\n${entries.map(({ usage, does }) => `  ${usage.padEnd(width)}${does}\n`).join('')}\n` +
    'Options:\n  -h, --help     this text; lockstep <command> --help for a command\n  -v, --version  the version\n'
  );
}
