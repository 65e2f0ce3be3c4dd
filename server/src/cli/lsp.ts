import { helpText, parseCommandLine, type CommandHelp } from './args.ts';
import { UsageError, type Command } from './io.ts';

const OPTIONS = {
  stdio: { kind: 'flag', help: 'speak the Language Server Protocol on stdin and stdout' },
  clientProcessId: { kind: 'value', value: 'pid', help: 'end when this process ends' },
  help: { kind: 'flag', short: 'h', help: 'this text' },
} as const;

const HELP: CommandHelp = {
  usage: 'lsp --stdio',
  summary: 'The language server, for any editor that speaks the Language Server Protocol 3.17 or later.',
  options: OPTIONS,
};

export const run: Command = async (args, io) => {
  const { options, positionals } = parseCommandLine('lsp', OPTIONS, args);
  if (options.help === true) {
    io.out(helpText(HELP));
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`lockstep lsp takes no paths, and got ${positionals[0]}`);
  if (options.stdio !== true) throw new UsageError('lockstep lsp needs --stdio');
  // The server reads the process's own words for how to connect, and ends the process when the client is done.
  await import('../lsp/main.ts');
  return new Promise<number>(() => undefined);
};
