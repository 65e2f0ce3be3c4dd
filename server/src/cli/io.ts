/** Everything a command may touch of the outside, so that tests can run commands in process. */
export interface Io {
  /** Results. Nothing else goes here. */
  out(text: string): void;
  /** Progress and errors. */
  err(text: string): void;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  readonly columns: number;
  stdin(): Promise<string>;
}

/** Wrong usage, unreadable input, bad config: one line on stderr, exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** A command returns its exit code; it throws UsageError for exit code 2. `args` excludes the command's own name. */
export type Command = (args: readonly string[], io: Io) => Promise<number>;
