import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CancellationTokenSource, LSPErrorCodes } from 'vscode-languageserver/node';
import { bundleServer, removeServer, TestClient, type ClientOptions } from './client.ts';

let server = '';
let client: TestClient;
beforeAll(async () => {
  server = await bundleServer('fakeServer.ts');
});
afterAll(() => {
  removeServer(server);
});
const start = async (options: ClientOptions = {}) => (client = await TestClient.start(server, options));
const end = async () => expect(await client.stop()).toBe(0);

/** The code and data of the error that the request ends with. */
async function failure(request: Promise<unknown>): Promise<{ code: number; data?: unknown }> {
  try {
    await request;
  } catch (error) {
    return error as { code: number; data?: unknown };
  }
  throw new Error('the request was expected to fail');
}

describe('the process', () => {
  it('ends with 0 after shutdown', async () => {
    await start();
    expect(await client.stop()).toBe(0);
  });

  it('ends with 1 when told to exit without shutdown', async () => {
    await start();
    await client.connection.sendNotification('exit');
    expect(await client.exitCode).toBe(1);
  });
});

describe.each([
  ['that watches its input', []],
  ['that cannot', ['--unwatched']],
])('a process %s', (_name, args) => {
  it('ends when its client goes away', async () => {
    await start({ args });
    client.hangUp();
    expect(await client.exitCode).toBe(1);
  });
});

describe('the server', () => {
  afterEach(end);

  it('says what it can do', async () => {
    await start();
    expect(client.initialized.capabilities).toMatchObject({
      positionEncoding: 'utf-16',
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll.lockstep'], resolveProvider: true },
      diagnosticProvider: { interFileDependencies: true, workspaceDiagnostics: true },
    });
    await client.until(() => client.watchers.length > 0);
    expect(client.watchers).toEqual(
      expect.arrayContaining([
        '**/lockstep.config.json',
        '**/.gitignore',
        '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}',
      ]),
    );
  });

  it('lives on after a defect, and tells of it once', async () => {
    await start({ files: { 'main.ts': 'crash()', 'fine.ts': 'var x;' } });
    await client.open('main.ts', 'crash()');
    expect(await client.diagnostics('main.ts')).toEqual([]);
    expect(await client.diagnostics('main.ts')).toEqual([]);
    expect(await client.diagnostics('fine.ts')).toHaveLength(1);
    await client.until(() => client.shown.length > 0);
    expect(client.shown).toHaveLength(1);
    expect(client.shown[0]).toContain('the fake rule failed');
    expect(client.logged.filter((line) => line.includes('the fake rule failed'))).toHaveLength(1);
  });

  it('says why a line is silent', async () => {
    await start({ files: { 'main.ts': '\nquiet(x)' } });
    expect(
      await client.connection.sendRequest('lockstep/why', { uri: client.uri('main.ts'), line: 1 }),
    ).toEqual({
      reasons: [
        {
          name: 'fresh-object',
          message: 'x is not shared yet',
          range: { start: { line: 1, character: 0 }, end: { line: 1, character: 8 } },
          links: [
            {
              label: 'made here',
              uri: client.uri('main.ts'),
              range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
            },
          ],
        },
      ],
    });
    expect(await client.connection.sendRequest('lockstep/why', { uri: 1 })).toEqual({ reasons: [] });
  });

  it('gives the page of a rule, and refuses what is no rule', async () => {
    await start();
    expect(await client.connection.sendRequest('lockstep/explain', { rule: 'fake-race' })).toEqual({
      rule: 'fake-race',
      markdown: '# Make both sides atomic\n\nTwo agents, one cell.\n',
    });
    for (const rule of ['none', '../../etc/passwd', 7]) {
      const refused = await failure(client.connection.sendRequest('lockstep/explain', { rule }));
      expect(refused.code).toBe(LSPErrorCodes.RequestFailed);
    }
  });
});

describe.each([
  ['that watches its input', []],
  ['that cannot', ['--unwatched']],
])('a server %s', (_name, args) => {
  afterEach(end);

  it('answers a cancelled request as cancelled, long before its work would have been done', async () => {
    // Without a way to stop, the work would outlast the test.
    await start({ args, files: { 'main.ts': 'slow(600000)', 'fine.ts': 'var x;' } });
    await client.open('main.ts', 'slow(600000)');
    const source = new CancellationTokenSource();
    const pull = client.connection.sendRequest(
      'textDocument/diagnostic',
      { textDocument: { uri: client.uri('main.ts') } },
      source.token,
    );
    await client.until(() => client.statuses.some((status) => (status as { busy: boolean }).busy));
    source.cancel();
    expect((await failure(pull)).code).toBe(LSPErrorCodes.RequestCancelled);
    await client.edit('main.ts', '');
    expect(await client.diagnostics('fine.ts')).toHaveLength(1);
    await client.until(() => !(client.statuses.at(-1) as { busy: boolean }).busy);
  });

  it('asks to be asked again when the document changes under its work', async () => {
    await start({ args, files: { 'main.ts': 'slow(600000)' } });
    await client.open('main.ts', 'slow(600000)');
    const pull = client.pull('main.ts');
    await client.until(() => client.statuses.some((status) => (status as { busy: boolean }).busy));
    await client.edit('main.ts', 'var x;');
    expect(await failure(pull)).toMatchObject({
      code: LSPErrorCodes.ServerCancelled,
      data: { retriggerRequest: true },
    });
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
  });

  it('asks for the whole workspace again when a file changes on the way', async () => {
    await start({ args, files: { 'main.ts': 'slow(600000)', 'other.ts': 'var x;' } });
    await client.open('main.ts', 'slow(600000)');
    const pull = client.pullWorkspace();
    await client.until(() => client.statuses.some((status) => (status as { busy: boolean }).busy));
    await client.edit('main.ts', '');
    expect(await failure(pull)).toMatchObject({
      code: LSPErrorCodes.ServerCancelled,
      data: { retriggerRequest: true },
    });
    expect((await client.pullWorkspace()).items).toHaveLength(1);
  });

  it('finishes work that takes longer than a slice', async () => {
    await start({ args, files: { 'main.ts': 'slow(600) var x;' } });
    expect(await client.diagnostics('main.ts')).toHaveLength(1);
    expect(client.statuses).toContainEqual({ busy: true, findings: 0 });
    await client.until(() => !(client.statuses.at(-1) as { busy: boolean }).busy);
    expect(client.statuses.at(-1)).toEqual({ busy: false, findings: 1 });
  });
});

describe('hover', () => {
  const FILES = { 'main.ts': 'race(count)', 'worker.ts': '\n  race(count)' };
  const hoverAt = (name: string, line: number, character: number) =>
    client.connection.sendRequest<unknown>('textDocument/hover', {
      textDocument: { uri: client.uri(name) },
      position: { line, character },
    });
  afterEach(end);

  it('explains in markdown, with links to the other places', async () => {
    await start({ files: FILES });
    expect(await hoverAt('main.ts', 0, 4)).toEqual({
      contents: {
        kind: 'markdown',
        value: `**Nothing orders count**\n\nNo edge leads from here to there\n\n- [worker.ts:2](${client.uri('worker.ts')}#L2,3) writes it too`,
      },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 11 } },
    });
    expect(await hoverAt('worker.ts', 0, 0)).toBeNull();
  });

  it('offers the lesson to our own client only', async () => {
    await start({ files: FILES, initializationOptions: { commands: true } });
    const answer = (await hoverAt('main.ts', 0, 4)) as { contents: { value: string } };
    expect(answer.contents.value).toMatch(
      /\n\n\[Open lesson 01-fake\]\(command:lockstep\.openLesson\?%5B%2201-fake%22%5D\)$/,
    );
  });

  it('is plain text for a client without markdown', async () => {
    await start({ files: FILES, capabilities: { textDocument: { diagnostic: {} } } });
    expect(await hoverAt('main.ts', 0, 4)).toMatchObject({
      contents: {
        kind: 'plaintext',
        value: 'Nothing orders count\n\nNo edge leads from here to there\n\n- worker.ts:2 writes it too',
      },
    });
  });
});
