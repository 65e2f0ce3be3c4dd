/** For: the server's process: how it is spoken to (`--stdio`, `--node-ipc`), and the disk. Loaded for its effect. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { createEngine } from '../engine.ts';
import { nodeTimers, tryRead, watchedStdin } from './node.ts';
import { startServer } from './server.ts';

const read = (file: string) => tryRead(() => readFileSync(file, 'utf8'));
const stdin = process.argv.includes('--stdio') ? watchedStdin() : null;

startServer(
  stdin === null
    ? createConnection(ProposedFeatures.all)
    : createConnection(ProposedFeatures.all, stdin.input, process.stdout),
  {
    files: { read, page: (rule) => read(join(__dirname, 'rules', `${rule}.md`)) },
    timers: stdin?.timers ?? nodeTimers,
    createEngine,
  },
);
