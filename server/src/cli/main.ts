/** For: the process around the commands: words, streams and the exit code. Loaded by nobody. */
import { runLockstep } from './dispatch.ts';
import type { Io } from './io.ts';

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  cwd: process.cwd(),
  env: process.env,
  stdoutIsTerminal: process.stdout.isTTY,
  stderrIsTerminal: process.stderr.isTTY,
  columns: process.stdout.columns || 80,
  stdin: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString('utf8');
  },
};

// A reader such as `head` may leave early: that is no defect, and nobody is left to be told.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// `exitCode`, not `exit()`: what is still on its way to a pipe is written first.
void runLockstep(process.argv.slice(2), io).then((code) => (process.exitCode = code));
