/** For: the server's process: how it is spoken to (`--stdio`, `--node-ipc`), and the disk. Loaded for its effect. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { createEngine } from '../engine.ts';
import { nodeTimers, tryRead } from './node.ts';
import { startServer } from './server.ts';

const read = (file: string) => tryRead(() => readFileSync(file, 'utf8'));

startServer(createConnection(ProposedFeatures.all), {
  files: { read, page: (rule) => read(join(__dirname, 'rules', `${rule}.md`)) },
  timers: nodeTimers,
  createEngine,
});
