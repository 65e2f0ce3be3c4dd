import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LSPErrorCodes, type CodeAction } from 'vscode-languageserver/node';
import {
  applyTo,
  bundleServer,
  FULL_CLIENT,
  removeServer,
  TestClient,
  type ClientOptions,
} from './client.ts';

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

const titles = (actions: readonly CodeAction[]) => actions.map(({ title }) => title);
const named = (actions: readonly CodeAction[], title: string): CodeAction => {
  const found = actions.find((action) => action.title === title);
  if (found === undefined) throw new Error(`no action ${title} among ${titles(actions).join(', ')}`);
  return found;
};

const TURN_OFF = 'Turn off fake-var in lockstep.config.json';

describe('quick fixes', () => {
  it('are listed with the finding that they mend, one of them preferred, their edits left for later', async () => {
    await start({ files: { 'main.ts': 'let a;\n  var x;\n' } });
    await client.open('main.ts', 'let a;\n  var x;\n');
    expect(await client.actions('main.ts', 0)).toEqual([]);
    const actions = await client.actions('main.ts', 1);
    expect(titles(actions)).toEqual(['Use let', 'Use const', 'Suppress with a reason', TURN_OFF]);
    expect(actions.map(({ isPreferred }) => isPreferred)).toEqual([true, undefined, undefined, undefined]);
    expect(actions.every(({ kind }) => kind === 'quickfix')).toBe(true);
    const [found] = await client.diagnostics('main.ts');
    expect(actions[0]?.diagnostics).toEqual([found]);
    expect(actions[0]?.edit).toBeUndefined();
    const resolved = await client.resolve(actions[0]!);
    expect(resolved.edit?.documentChanges).toMatchObject([
      { textDocument: { uri: client.uri('main.ts'), version: 1 } },
    ]);
    expect(applyTo('let a;\n  var x;\n', client.uri('main.ts'), resolved.edit)).toBe('let a;\n  let x;\n');
  });

  it('give back the diagnostic of the client that they belong to', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    const [found] = await client.diagnostics('main.ts');
    const asked = { ...found!, message: 'as the client kept it' };
    const actions = await client.connection.sendRequest<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri: client.uri('main.ts') },
      range: found!.range,
      context: { diagnostics: [asked] },
    });
    expect(actions[0]?.diagnostics).toEqual([asked]);
  });

  it('edit both files of a race', async () => {
    const files = { 'main.ts': 'race(count)', 'worker.ts': '\nrace(count)' };
    await start({ files });
    const fix = await client.resolve(named(await client.actions('main.ts', 0), 'Make both sides atomic'));
    expect(applyTo(files['main.ts'], client.uri('main.ts'), fix.edit)).toBe('atomic(count)');
    expect(applyTo(files['worker.ts'], client.uri('worker.ts'), fix.edit)).toBe('\natomic(count)');
  });

  it('are refused when the document is not what it was', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    await client.open('main.ts', 'var x;');
    const [fix] = await client.actions('main.ts', 0);
    // The finding still stands where it stood: it is the version that says no.
    await client.edit('main.ts', 'var x; let y;');
    await expect(client.resolve(fix!)).rejects.toMatchObject({ code: LSPErrorCodes.ContentModified });
  });

  it('carry their edits for a client that cannot ask later, in the form that it knows', async () => {
    await start({ files: { 'main.ts': 'var x;' }, capabilities: { textDocument: { diagnostic: {} } } });
    const actions = await client.actions('main.ts', 0);
    // Such a client cannot create a file either.
    expect(titles(actions)).toEqual(['Use let', 'Use const', 'Suppress with a reason']);
    expect(actions[0]?.edit?.documentChanges).toBeUndefined();
    expect(applyTo('var x;', client.uri('main.ts'), actions[0]?.edit)).toBe('let x;');
  });

  it('are left out when only other kinds are asked for', async () => {
    await start({ files: { 'main.ts': 'var x;' } });
    expect(await client.actions('main.ts', 0, ['refactor'])).toEqual([]);
    expect(titles(await client.actions('main.ts', 0, ['quickfix']))).toContain('Use let');
  });
});

describe('mending everything', () => {
  it('takes the safe fixes of the file, and only when asked', async () => {
    const text = 'var x; var y;\nrace(count)\n';
    await start({ files: { 'main.ts': text, 'worker.ts': 'race(count)' } });
    await client.open('main.ts', text);
    const actions = await client.actions('main.ts', 0, ['source.fixAll']);
    expect(actions.map(({ kind }) => kind)).toEqual(['source.fixAll.lockstep']);
    // The safe fix of the race would change another file as well.
    expect(applyTo(text, client.uri('main.ts'), actions[0]?.edit)).toBe('let x; let y;\nrace(count)\n');
    expect(await client.actions('worker.ts', 0, ['source.fixAll.lockstep'])).toEqual([]);
    expect(await client.actions('main.ts', 0, ['source.fixAll.eslint'])).toEqual([]);
  });
});

describe('silencing', () => {
  it('puts a comment above the line, as deep as the line, with the line ends of the file', async () => {
    const text = 'if (a) {\r\n\tvar x;\r\n}\r\n';
    await start({ files: { 'main.ts': text } });
    const { edit } = named(await client.actions('main.ts', 1), 'Suppress with a reason');
    expect(applyTo(text, client.uri('main.ts'), edit)).toBe(
      'if (a) {\r\n\t// lockstep-ignore fake-var: say why this is right here\r\n\tvar x;\r\n}\r\n',
    );
  });

  it('asks for the reason in place where the client knows snippets', async () => {
    const workspace = { workspaceEdit: { documentChanges: true, snippetEditSupport: true } };
    await start({ files: { 'main.ts': '  var x;' }, capabilities: { ...FULL_CLIENT, workspace } });
    const { edit } = named(await client.actions('main.ts', 0), 'Suppress with a reason');
    expect(edit?.documentChanges).toMatchObject([
      {
        edits: [
          {
            snippet: {
              kind: 'snippet',
              value: '  // lockstep-ignore fake-var: ${1:say why this is right here}\n',
            },
          },
        ],
      },
    ]);
  });

  it('creates a configuration that turns the rule off', async () => {
    await start({ files: { 'src/main.ts': 'var x;' } });
    const { edit } = await client.resolve(named(await client.actions('src/main.ts', 0), TURN_OFF));
    const uri = client.uri('lockstep.config.json');
    expect(edit?.documentChanges?.[0]).toMatchObject({ kind: 'create', uri });
    expect(JSON.parse(applyTo('', uri, edit))).toEqual({ rules: { 'fake-var': 'off' } });
  });

  it.each(['{ "rules": 5 }', '[]', '7'])('leaves a configuration alone that is %s', async (config) => {
    await start({ files: { 'main.ts': 'var x;', 'lockstep.config.json': config } });
    expect(titles(await client.actions('main.ts', 0))).toEqual([
      'Use let',
      'Use const',
      'Suppress with a reason',
    ]);
  });

  it.each(['', '// none yet\n', '{\n  // none yet\n}\n'])(
    'completes the configuration %j',
    async (config) => {
      await start({ files: { 'main.ts': 'var x;', 'lockstep.config.json': config } });
      const { edit } = await client.resolve(named(await client.actions('main.ts', 0), TURN_OFF));
      const after = applyTo(config, client.uri('lockstep.config.json'), edit);
      expect(JSON.parse(after.replaceAll(/\/\/.*/g, ''))).toEqual({ rules: { 'fake-var': 'off' } });
      expect(after.includes('// none yet')).toBe(config.includes('// none yet'));
    },
  );

  it('edits the nearest configuration and leaves its comments alone', async () => {
    const config =
      '{\n    // agreed in May\n    "rules": {\n        "fake-race": "error" // for now\n    }\n}\n';
    await start({
      files: { 'src/main.ts': 'var x;', 'lockstep.config.json': '{}', 'src/lockstep.config.json': config },
    });
    const { edit } = await client.resolve(named(await client.actions('src/main.ts', 0), TURN_OFF));
    const after = applyTo(config, client.uri('src/lockstep.config.json'), edit);
    expect(after).toContain('// agreed in May');
    expect(after).toContain('// for now');
    expect(JSON.parse(after.replaceAll(/\/\/.*/g, ''))).toEqual({
      rules: { 'fake-race': 'error', 'fake-var': 'off' },
    });
    expect(readFileSync(`${client.folder}/src/lockstep.config.json`, 'utf8')).toBe(config);
  });
});

describe('commands', () => {
  it('are offered to a client that carries them out', async () => {
    await start({
      files: { 'main.ts': '\nrace(count)', 'worker.ts': 'race(count)' },
      initializationOptions: { commands: true },
    });
    const actions = await client.actions('main.ts', 1);
    const uri = client.uri('main.ts');
    expect(actions.flatMap(({ command }) => (command === undefined ? [] : [command]))).toMatchObject([
      {
        title: 'Explain: Make both sides atomic',
        command: 'lockstep.explainFinding',
        arguments: [{ uri, line: 1, rule: 'fake-race' }],
      },
      { title: 'Open lesson 01-fake', command: 'lockstep.openLesson', arguments: ['01-fake'] },
      {
        command: 'lockstep.showSchedule',
        arguments: [
          {
            schedule: [
              { agent: 'main', uri },
              { agent: 'worker', uri: client.uri('worker.ts') },
            ],
          },
        ],
      },
      { command: 'lockstep.suppress', arguments: [{ uri, line: 1, rule: 'fake-race' }] },
    ]);
  });
});
