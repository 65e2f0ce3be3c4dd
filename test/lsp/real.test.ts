/** The server as it ships, with the real analysis: what reaches across files follows the typing. */
import { renameSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { applyTo, bundleServer, removeServer, TestClient, type ClientOptions } from './client.ts';

let server = '';
let client: TestClient;
beforeAll(async () => {
  server = await bundleServer('../../server/src/lsp/main.ts');
});
afterAll(() => {
  removeServer(server);
});
afterEach(async () => {
  expect(await client.stop()).toBe(0);
});
const start = async (options: ClientOptions = {}) => (client = await TestClient.start(server, options));

const MAIN = `const sab = new SharedArrayBuffer(4);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(sab);
const count = new Int32Array(sab);
export function bump() {
  count[0] = count[0] + 1;
}
`;
const WORKER = `onmessage = (event) => {
  const count = new Int32Array(event.data);
  Atomics.add(count, 0, 1);
};
`;
const FILES = { 'main.ts': MAIN, 'worker.ts': WORKER };

describe('a race across two files', () => {
  it('is found at one side, names the other, and goes when the other side does', async () => {
    await start({ files: FILES });
    await client.open('main.ts', MAIN);
    await client.open('worker.ts', WORKER);
    const [found] = await client.diagnostics('main.ts');
    expect(found).toMatchObject({
      code: 'no-plain-shared-update',
      range: { start: { line: 5, character: 2 } },
    });
    expect(
      found?.relatedInformation?.map(({ location: { uri, range } }) => [uri, range.start.line]),
    ).toContainEqual([client.uri('worker.ts'), 2]);

    await client.edit('worker.ts', `// a line more\n${WORKER}`);
    await client.diagnostics('worker.ts');
    const [moved] = await client.diagnostics('main.ts');
    expect(
      moved?.relatedInformation?.map(({ location: { uri, range } }) => [uri, range.start.line]),
    ).toContainEqual([client.uri('worker.ts'), 3]);

    const before = client.refreshes;
    await client.edit('worker.ts', WORKER.replace('Atomics.add(count, 0, 1);', 'console.log(count.length);'));
    await client.diagnostics('worker.ts');
    await client.until(() => client.refreshes > before);
    expect(await client.diagnostics('main.ts')).toEqual([]);
  });

  it('goes when the folder of its other side is renamed', async () => {
    await start({
      files: { 'main.ts': MAIN.replace('./worker.ts', './lib/worker.ts'), 'lib/worker.ts': WORKER },
    });
    expect(await client.diagnostics('main.ts')).toMatchObject([{ code: 'no-plain-shared-update' }]);
    renameSync(`${client.folder}/lib`, `${client.folder}/old`);
    await client.connection.sendNotification('workspace/didRenameFiles', {
      files: [{ oldUri: client.uri('lib'), newUri: client.uri('old') }],
    });
    expect((await client.diagnostics('main.ts')).map(({ code }) => code)).not.toContain(
      'no-plain-shared-update',
    );
  });

  it('is silent under a suppression that the server itself has written', async () => {
    await start({ files: FILES });
    await client.open('main.ts', MAIN);
    const suppress = (await client.actions('main.ts', 5)).find(
      ({ title }) => title === 'Suppress with a reason',
    );
    const silenced = applyTo(MAIN, client.uri('main.ts'), suppress?.edit);
    expect(silenced).not.toBe(MAIN);
    await client.edit('main.ts', silenced);
    expect(await client.diagnostics('main.ts')).toEqual([]);
  });

  it('is off after the rule is turned off in the configuration that the server has written', async () => {
    await start({ files: FILES });
    const action = (await client.actions('main.ts', 5)).find(({ title }) => title.startsWith('Turn off'));
    const { edit } = await client.resolve(action!);
    client.write('lockstep.config.json', applyTo('', client.uri('lockstep.config.json'), edit));
    await client.changedOnDisk('lockstep.config.json', 1);
    expect(await client.diagnostics('main.ts')).toEqual([]);
  });
});

describe('bad input', () => {
  it('gives answers: broken, empty, deleted and unknown files', async () => {
    await start({
      files: { 'broken.ts': 'function (', 'empty.ts': '', 'tsconfig.json': '{ "compilerOptions": ' },
    });
    await client.open('broken.ts', 'function (');
    for (const name of ['broken.ts', 'empty.ts', 'none.ts'])
      expect((await client.pull(name)).kind).toBe('full');
    await client.pullWorkspace();
    expect(client.shown).toEqual([]);
  });

  it('that is on no disk is analysed by itself', async () => {
    await start({ withoutFolder: true });
    await client.open('untitled:Untitled-1', '// lockstep-ignore no-such-rule: why not\nlet x = 1;');
    expect(await client.diagnostics('untitled:Untitled-1')).toMatchObject([
      { code: 'suppression', range: { start: { line: 0, character: 0 } } },
    ]);
    expect(client.shown).toEqual([]);
  });
});
