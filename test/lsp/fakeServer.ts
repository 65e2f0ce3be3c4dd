/** The server as `server/src/lsp/main.ts` starts it, with the engine of the tests. Bundled and run by `client.ts`. */
import { readFileSync } from 'node:fs';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { nodeTimers, tryRead, watchedStdin } from '../../server/src/lsp/node.ts';
import { startServer } from '../../server/src/lsp/server.ts';
import { createFakeEngine } from './fakeEngine.ts';

const PAGES: Readonly<Record<string, string>> = {
  'fake-race': '# Make both sides atomic\n\nTwo agents, one cell.\n',
};

// As a client over Node's own channel sees it, or a machine where stdin cannot be watched.
const stdin = process.argv.includes('--unwatched') ? null : watchedStdin();

const connection =
  stdin === null
    ? createConnection(ProposedFeatures.all)
    : createConnection(ProposedFeatures.all, stdin.input, process.stdout);
startServer(connection, {
  files: {
    read: (file) => tryRead(() => readFileSync(file, 'utf8')),
    page: (rule) => PAGES[rule] ?? null,
  },
  timers: stdin?.timers ?? nodeTimers,
  createEngine: createFakeEngine,
});
