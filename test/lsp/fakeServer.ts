/** The server as `server/src/lsp/main.ts` starts it, with the engine of the tests. Bundled and run by `client.ts`. */
import { readFileSync } from 'node:fs';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { nodeTimers, tryRead } from '../../server/src/lsp/node.ts';
import { startServer } from '../../server/src/lsp/server.ts';
import { createFakeEngine } from './fakeEngine.ts';

const PAGES: Readonly<Record<string, string>> = {
  'fake-race': '# Make both sides atomic\n\nTwo agents, one cell.\n',
};

startServer(createConnection(ProposedFeatures.all), {
  files: {
    read: (file) => tryRead(() => readFileSync(file, 'utf8')),
    page: (rule) => PAGES[rule] ?? null,
  },
  timers: nodeTimers,
  createEngine: createFakeEngine,
});
