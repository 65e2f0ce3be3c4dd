import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleServer, FULL_CLIENT, removeServer, TestClient, type ClientOptions } from './client.ts';

let server = '';
let client: TestClient;
beforeAll(async () => {
  server = await bundleServer('fakeServer.ts');
});
afterAll(() => {
  removeServer(server);
});
afterEach(async () => {
  expect(await client.stop()).toBe(0);
});
const start = async (options: ClientOptions = {}) => (client = await TestClient.start(server, options));

const MAIN = 'const a = 1;\nrace(count);\n';
const WORKER = '\n  race(count);\n';

describe('diagnostics by pull', () => {
  it('name both sides, the rule, its page and how sure the finding is', async () => {
    await start({
      files: { 'main.ts': MAIN, 'worker.ts': WORKER },
      initializationOptions: { docsBase: 'vscode://lockstep.lockstep/rules/' },
    });
    await client.open('main.ts', MAIN);
    const [found, ...more] = await client.diagnostics('main.ts');
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      range: { start: { line: 1, character: 0 }, end: { line: 1, character: 11 } },
      severity: 1,
      code: 'fake-race',
      codeDescription: { href: 'vscode://lockstep.lockstep/rules/fake-race' },
      source: 'lockstep',
      message: 'fake-race at race(count)',
      relatedInformation: [
        {
          location: {
            uri: client.uri('worker.ts'),
            range: { start: { line: 1, character: 2 }, end: { line: 1, character: 13 } },
          },
          message: 'the other side',
        },
      ],
      data: {
        confidence: 'proved',
        lesson: '01-fake',
        schedule: [
          { agent: 'main', does: 'read count', uri: client.uri('main.ts') },
          { agent: 'worker', does: 'write count', uri: client.uri('worker.ts') },
        ],
      },
    });
    expect(client.pushed).toEqual([]);
  });

  it('link to the page on the web without a base of the client', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    const [found] = await client.diagnostics('main.ts');
    expect(found?.codeDescription?.href).toMatch(/^https:.*\/fake-var\/doc\.md$/);
  });

  it('follow incremental edits', async () => {
    await start({ files: { 'main.ts': 'let x;\n' } });
    await client.open('main.ts', 'let x;\n');
    expect(await client.diagnostics('main.ts')).toEqual([]);
    const at = (line: number, character: number) => ({ line, character });
    await client.change('main.ts', [
      { range: { start: at(0, 0), end: at(0, 3) }, text: 'var' },
      { range: { start: at(0, 0), end: at(0, 0) }, text: '\n\n' },
    ]);
    const [found] = await client.diagnostics('main.ts');
    expect(found?.range).toEqual({ start: at(2, 0), end: at(2, 3) });
  });

  it('are unchanged for the id that was given with them', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    await client.open('main.ts', 'var x;');
    const first = await client.pull('main.ts');
    const { resultId } = first;
    expect(await client.pull('main.ts', resultId)).toEqual({ kind: 'unchanged', resultId });
    await client.edit('main.ts', ' var x;');
    expect(await client.pull('main.ts', resultId)).toMatchObject({ kind: 'full' });
    await client.edit('main.ts', 'var x;');
    expect(await client.pull('main.ts', resultId)).toEqual({ kind: 'unchanged', resultId });
  });

  it('are refreshed when an edit changes what other files say', async () => {
    await start({ files: { 'main.ts': MAIN, 'worker.ts': WORKER } });
    await client.open('main.ts', MAIN);
    await client.open('worker.ts', WORKER);
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
    await client.edit('worker.ts', 'race(other);\n');
    expect(await client.diagnostics('worker.ts')).toEqual([]);
    await client.until(() => client.refreshes > 0);
    expect(await client.diagnostics('main.ts')).toEqual([]);
    expect(client.refreshes).toBe(1);
  });

  it('are not refreshed for an edit that other files do not notice', async () => {
    const files = { 'main.ts': MAIN, 'worker.ts': WORKER, 'slow.ts': 'slow(200)' };
    await start({ files });
    await client.open('worker.ts', WORKER);
    expect(await client.diagnostics('worker.ts')).toHaveLength(1);
    await client.edit('worker.ts', `\n${WORKER}`);
    expect(await client.diagnostics('worker.ts')).toHaveLength(1);
    // A refresh would have been sent long before this answer.
    expect(await client.diagnostics('slow.ts')).toEqual([]);
    expect(client.refreshes).toBe(0);
  });

  it('are refreshed when a file that nobody has open changes on disk', async () => {
    await start({ files: { 'main.ts': MAIN, 'worker.ts': '' } });
    await client.open('main.ts', MAIN);
    expect(await client.diagnostics('main.ts')).toEqual([]);
    client.write('worker.ts', WORKER);
    await client.changedOnDisk('worker.ts', 2);
    await client.until(() => client.refreshes > 0);
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
  });

  it('come from the disk again when a document is closed', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    await client.open('main.ts', 'let x;');
    expect(await client.diagnostics('main.ts')).toEqual([]);
    await client.close('main.ts');
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
  });

  it('are there for documents that are on no disk, by their language', async () => {
    await start({ withoutFolder: true });
    await client.open('untitled:Untitled-1', 'var x;');
    expect(await client.diagnostics('untitled:Untitled-1')).toMatchObject([{ code: 'fake-var' }]);
    await client.open('untitled:Untitled-2', 'var x;', 'markdown');
    expect(await client.diagnostics('untitled:Untitled-2')).toEqual([]);
  });

  it('tell the other side in words to a client that cannot show places', async () => {
    await start({
      files: { 'main.ts': MAIN, 'worker.ts': WORKER },
      capabilities: { textDocument: { diagnostic: {} } },
    });
    const [found] = await client.diagnostics('main.ts');
    expect(found?.message).toBe('fake-race at race(count)\nworker.ts:2: the other side');
    expect(Object.keys(found ?? {}).sort()).toEqual(['code', 'message', 'range', 'severity', 'source']);
  });

  it('obey the settings of the editor, also when they change', async () => {
    await start({ files: { 'main.ts': 'var x;' }, settings: { rules: { 'fake-var': 'error' } } });
    expect(await client.diagnostics('main.ts')).toMatchObject([{ severity: 1 }]);
    client.settings = { rules: { 'fake-var': 'off' } };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.refreshes > 0);
    expect(await client.diagnostics('main.ts')).toEqual([]);
    client.settings = { enable: true };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.refreshes > 1);
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
    client.settings = { enable: false };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.refreshes > 2);
    expect(await client.diagnostics('main.ts')).toEqual([]);
  });
});

describe('several folders', () => {
  const FILES = { 'app/main.ts': MAIN, 'lib/worker.ts': WORKER };

  it('are seen together', async () => {
    await start({ files: FILES, folders: ['app', 'lib'] });
    const [found] = await client.diagnostics('app/main.ts');
    expect(found?.relatedInformation).toMatchObject([{ location: { uri: client.uri('lib/worker.ts') } }]);
  });

  it('each have their settings', async () => {
    await start({ files: { 'app/a.ts': 'var x;', 'lib/b.ts': 'var x;' }, folders: ['app', 'lib'] });
    expect(await client.diagnostics('lib/b.ts')).toHaveLength(1);
    client.settingsFor = ({ scopeUri }) => ({ enable: scopeUri !== client.uri('lib') });
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await client.until(() => client.refreshes > 0);
    expect(await client.diagnostics('lib/b.ts')).toEqual([]);
    expect(await client.diagnostics('app/a.ts')).toHaveLength(1);
    expect((await client.pullWorkspace()).items.map(({ uri }) => uri)).toEqual([client.uri('app/a.ts')]);
  });

  it.each([[['', 'lib']], [['lib', '']]])(
    'may lie in one another: the inner of %j decides',
    async (folders) => {
      await start({ files: { 'a.ts': 'var x;', 'lib/b.ts': 'var x;' }, folders });
      client.settingsFor = ({ scopeUri }) => ({ enable: scopeUri !== client.uri('lib') });
      await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
      await client.until(() => client.refreshes > 0);
      expect(await client.diagnostics('lib/b.ts')).toEqual([]);
      expect(await client.diagnostics('a.ts')).toHaveLength(1);
      expect((await client.pullWorkspace()).items.map(({ uri }) => uri)).toEqual([client.uri('a.ts')]);
    },
  );

  it('may come and go', async () => {
    await start({ files: FILES, folders: ['app'] });
    expect(await client.diagnostics('app/main.ts')).toEqual([]);
    const lib = { uri: client.uri('lib'), name: 'lib' };
    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [lib], removed: [] },
    });
    await client.until(() => client.refreshes > 0);
    expect(await client.diagnostics('app/main.ts')).toHaveLength(1);
    await client.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [], removed: [lib] },
    });
    await client.until(() => client.refreshes > 1);
    expect(await client.diagnostics('app/main.ts')).toEqual([]);
  });
});

describe('early answers', () => {
  const QUICK = { initializationOptions: { quickAnswers: true } };

  it('move what is known across files, and are completed after a refresh', async () => {
    await start({ files: { 'main.ts': MAIN, 'worker.ts': WORKER }, ...QUICK });
    await client.open('main.ts', MAIN);
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
    // The other side goes away, but that takes a while to be seen.
    client.write('worker.ts', '');
    await client.changedOnDisk('worker.ts', 2);
    await client.edit('main.ts', `slow(300) var y;\n${MAIN}`);
    const early = await client.diagnostics('main.ts');
    expect(early.map(({ code, range }) => [code, range.start.line])).toEqual([
      ['fake-var', 0],
      ['fake-race', 2],
    ]);
    await client.until(() => client.refreshes > 0);
    expect((await client.diagnostics('main.ts')).map(({ code }) => code)).toEqual(['fake-var']);
  });

  it('are not given to a client that did not ask for them', async () => {
    await start({ files: { 'main.ts': MAIN, 'worker.ts': WORKER } });
    await client.open('main.ts', MAIN);
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
    client.write('worker.ts', '');
    await client.changedOnDisk('worker.ts', 2);
    await client.edit('main.ts', `slow(300) var y;\n${MAIN}`);
    expect((await client.diagnostics('main.ts')).map(({ code }) => code)).toEqual(['fake-var']);
  });
});

describe('diagnostics of the workspace', () => {
  it('hold the files that have findings, and nothing twice', async () => {
    await start({ files: { 'main.ts': MAIN, 'worker.ts': WORKER, 'plain.ts': 'let x;' } });
    await client.open('main.ts', MAIN);
    const { items } = await client.pullWorkspace();
    expect(items.map(({ uri, kind, version }) => ({ uri, kind, version }))).toEqual([
      { uri: client.uri('main.ts'), kind: 'full', version: 1 },
      { uri: client.uri('worker.ts'), kind: 'full', version: null },
    ]);
    const previous = items.map(({ uri, resultId }) => ({ uri, value: resultId! }));
    const again = await client.pullWorkspace(previous);
    expect(again.items.map(({ kind }) => kind)).toEqual(['unchanged', 'unchanged']);
  });

  it('carry the same id as those of the document', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    const report = await client.pull('main.ts');
    expect((await client.pullWorkspace()).items).toMatchObject([{ resultId: report.resultId }]);
  });

  it('are taken back when the file is gone or clean', async () => {
    await start({ files: { 'gone.ts': 'var x;', 'clean.ts': 'var x;' } });
    const { items } = await client.pullWorkspace();
    const previous = items.map(({ uri, resultId }) => ({ uri, value: resultId! }));
    const { rmSync } = await import('node:fs');
    rmSync(`${client.folder}/gone.ts`);
    client.write('clean.ts', 'let x;');
    await client.changedOnDisk('gone.ts', 3);
    await client.changedOnDisk('clean.ts', 2);
    const after = await client.pullWorkspace(previous);
    expect(after.items).toMatchObject([
      { uri: client.uri('clean.ts'), kind: 'full', items: [] },
      { uri: client.uri('gone.ts'), kind: 'full', items: [] },
    ]);
    expect(await client.diagnostics('gone.ts')).toEqual([]);
  });

  it('hold what is wrong with the configuration, at its place', async () => {
    await start({ files: { 'lockstep.config.json': '{\n  "rules": { "nonsense": "off" }\n}\n' } });
    const { items } = await client.pullWorkspace();
    expect(items).toMatchObject([
      {
        uri: client.uri('lockstep.config.json'),
        items: [{ message: 'there is no rule nonsense', range: { start: { line: 1, character: 14 } } }],
      },
    ]);
  });
});

describe('diagnostics by push', () => {
  const PUSH_ONLY = { ...FULL_CLIENT, textDocument: { publishDiagnostics: { relatedInformation: true } } };

  it('are sent to a client that cannot pull, for all files, and taken back', async () => {
    await start({ files: { 'main.ts': '', 'worker.ts': WORKER }, capabilities: PUSH_ONLY });
    expect(client.initialized.capabilities.diagnosticProvider).toBeUndefined();
    await client.open('main.ts', MAIN);
    await client.until(() => client.pushed.length >= 2);
    expect(client.pushed.map(({ uri, diagnostics, version }) => [uri, diagnostics.length, version])).toEqual([
      [client.uri('main.ts'), 1, 1],
      [client.uri('worker.ts'), 1, undefined],
    ]);
    await client.edit('main.ts', '');
    await client.until(() => client.pushed.length >= 4);
    expect(client.pushed.slice(2).map(({ uri, diagnostics }) => [uri, diagnostics.length])).toEqual([
      [client.uri('main.ts'), 0],
      [client.uri('worker.ts'), 0],
    ]);
    expect(client.refreshes).toBe(0);
  });

  it('are taken back when a document that is on no disk is closed', async () => {
    await start({ capabilities: PUSH_ONLY });
    await client.open('untitled:Untitled-1', 'var x;');
    await client.until(() => client.pushed.length === 1);
    await client.close('untitled:Untitled-1');
    await client.until(() => client.pushed.length === 2);
    expect(client.pushed[1]).toMatchObject({ uri: 'untitled:Untitled-1', diagnostics: [] });
  });
});
