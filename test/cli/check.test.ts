import { chmodSync, readdirSync, statSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../server/src/engine.ts';
import { createFakeEngine } from '../lsp/fakeEngine.ts';
import { Folder, runCheck } from './run.ts';

let folder: Folder;
const make = (files: Readonly<Record<string, string>>) => (folder = new Folder(files));
afterEach(() => {
  folder.remove();
});

const RACE = { 'src/main.ts': 'let a;\n  race(count);\n', 'src/worker.ts': 'race(count);\n' };

interface Answer {
  readonly files: number;
  readonly findings: readonly Record<string, unknown>[];
  readonly errors: unknown;
}
const parse = (text: string) => JSON.parse(text) as Answer;

describe('check --format json', () => {
  it('prints the published shape', () => {
    make(RACE);
    const { code, out, err } = runCheck(folder, ['--format', 'json']);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const answer = JSON.parse(out) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual(['version', 'files', 'durationMs', 'findings', 'errors']);
    expect(answer).toMatchObject({ version: 1, files: 2, errors: [] });
    expect((answer['findings'] as unknown[])[0]).toEqual({
      rule: 'fake-race',
      category: 'shared-memory-race',
      severity: 'error',
      confidence: 'proved',
      file: 'src/main.ts',
      range: { start: { line: 2, column: 3 }, end: { line: 2, column: 14 } },
      message: 'fake-race at race(count)',
      related: [
        {
          file: 'src/worker.ts',
          range: { start: { line: 1, column: 1 }, end: { line: 1, column: 12 } },
          message: 'the other side',
        },
      ],
      schedule: [
        { agent: 'main', file: 'src/main.ts', line: 2, does: 'read count' },
        { agent: 'worker', file: 'src/worker.ts', line: 1, does: 'write count' },
      ],
      fixes: [
        {
          title: 'Make both sides atomic',
          safe: true,
          edits: [
            {
              file: 'src/main.ts',
              range: { start: { line: 2, column: 3 }, end: { line: 2, column: 14 } },
              newText: 'atomic(count)',
            },
            {
              file: 'src/worker.ts',
              range: { start: { line: 1, column: 1 }, end: { line: 1, column: 12 } },
              newText: 'atomic(count)',
            },
          ],
        },
      ],
      lesson: '01-fake',
      docs: 'https://github.com/lockstep-js/lockstep/blob/main/server/src/rules/fake-race/doc.md',
    });
  });

  it('counts columns in UTF-16 units', () => {
    make({ 'a.ts': '/* 😀 */ var x;' });
    expect(parse(runCheck(folder, ['--format', 'json']).out).findings).toMatchObject([
      { range: { start: { line: 1, column: 10 }, end: { line: 1, column: 13 } } },
    ]);
  });

  it('is the same byte for byte, the duration aside, and sorted', () => {
    make({ 'b.ts': 'var x; var y;', 'a.ts': 'race(n) var z;', 'Z.ts': 'race(n)' });
    const text = () => runCheck(folder, ['--format=json']).out.replace(/"durationMs": \d+/, '');
    expect(text()).toBe(text());
    const found = parse(runCheck(folder, ['--format=json']).out).findings;
    expect(found.map(({ file, rule }) => `${String(file)} ${String(rule)}`)).toEqual([
      'Z.ts fake-race',
      'a.ts fake-race',
      'a.ts fake-var',
      'b.ts fake-var',
      'b.ts fake-var',
    ]);
  });

  it('names what was wrong with the input, and ends with 2', () => {
    make({ 'a.ts': 'var x;', 'lockstep.config.json': '{\n "nonsense": 1 }' });
    const { code, out, err } = runCheck(folder, ['--format', 'json']);
    expect(code).toBe(2);
    expect(parse(out).errors).toEqual([
      { file: 'lockstep.config.json', message: 'there is no rule nonsense', line: 2, column: 3 },
    ]);
    expect(parse(out).findings).toHaveLength(1);
    expect(err).toBe('lockstep.config.json:2:3: there is no rule nonsense\n');
  });
});

describe('exit codes', () => {
  it.each([
    ['nothing', 'let x;', [], 0],
    ['a warning', 'var x;', [], 1],
    ['a hint, below what is asked for', 'hint();', [], 0],
    ['a hint that is asked for', 'hint();', ['--min-severity', 'hint'], 1],
    ['a warning below what is asked for', 'var x;', ['--min-severity', 'error'], 0],
    ['as many warnings as allowed', 'var x; var y;', ['--max-warnings', '2'], 0],
    ['more warnings than allowed', 'var x; var y;', ['--max-warnings', '1'], 1],
    ['an error where warnings are allowed', 'var x;', ['--max-warnings', '9', '--rule', 'fake-var=error'], 1],
    ['a rule that is turned off', 'var x;', ['--rule', 'fake-var=off'], 0],
  ] as const)('of %s', (_name, text, args, code) => {
    make({ 'a.ts': text });
    expect(runCheck(folder, args).code).toBe(code);
  });
});

describe('wrong usage', () => {
  it.each([
    [['--fromat', 'json'], '--fromat: no such option of lockstep check; did you mean --format?'],
    [['--format', 'jsom'], '--format jsom: not one of pretty, json, sarif, github; did you mean json?'],
    [['--format'], '--format needs a value: --format <format>'],
    [['--fix=yes'], '--fix takes no value'],
    [
      ['--rule', 'fake-var'],
      '--rule fake-var: write --rule <id>=<severity>, for example --rule fake-var=off',
    ],
    [['--rule', 'fake-vat=off'], '--rule fake-vat=off: there is no rule fake-vat; did you mean fake-var?'],
    [
      ['--rule', 'fake-var=of'],
      '--rule fake-var=of: of is not one of off, hint, info, warning, error; did you mean off?',
    ],
    [['--max-warnings', '--fix'], '--max-warnings needs a value: --max-warnings <n>'],
    [['--max-warnings', '-1'], '--max-warnings -1: not a whole number from 0 on'],
    [['--max-warnings', 'few'], '--max-warnings few: not a whole number from 0 on'],
    [['src'], 'src: no such file or folder'],
    [['notes.md'], 'notes.md: not a file that can be linted'],
    [['--config', 'none.json'], 'none.json: no such file or folder'],
    [['--fix', '--fix-dry-run'], '--fix and --fix-dry-run exclude each other'],
    [['--cache', '--no-cache'], '--no-cache and --cache exclude each other'],
    [['--explain', 'fake-rase'], '--explain fake-rase: there is no such rule; did you mean fake-race?'],
    [['--why', 'a.ts'], '--why a.ts: write --why <file>:<line>'],
    [['--why', 'none.ts:1'], '--why none.ts:1: none.ts is not a file that can be read'],
    [['--why', 'a.ts:3'], '--why a.ts:3: a.ts has lines 1 to 2'],
  ] as const)('%j is one line that says what to do', (args, message) => {
    make({ 'a.ts': 'var x;\n', 'notes.md': '' });
    const { code, out, err } = runCheck(folder, args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(`lockstep: ${message}`);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is not an empty folder', () => {
    make({ 'a.ts': '', 'empty/notes.md': '' });
    const { code, err } = runCheck(folder, ['empty']);
    expect({ code, err }).toEqual({
      code: 0,
      err: 'empty: no JavaScript or TypeScript files in this folder\n',
    });
  });
});

describe('what is checked', () => {
  const optionsOf = (args: readonly string[]): EngineOptions => {
    let seen: EngineOptions | null = null;
    runCheck(folder, args, {}, { createEngine: (options) => createFakeEngine((seen = options)) });
    return seen!;
  };

  it('is what the paths name', () => {
    make({ 'a.ts': 'var x;', 'lib/b.ts': 'var x;', 'lib/c.ts': 'var x;', 'library.ts': 'var x;' });
    const files = (args: readonly string[]) =>
      parse(runCheck(folder, [...args, '--format', 'json']).out).findings.map(({ file }) => file);
    expect(files([])).toEqual(['a.ts', 'lib/b.ts', 'lib/c.ts', 'library.ts']);
    expect(files(['lib'])).toEqual(['lib/b.ts', 'lib/c.ts']);
    expect(files(['lib/c.ts', './a.ts'])).toEqual(['a.ts', 'lib/c.ts']);
  });

  it('may lie outside the working directory', () => {
    make({ 'here/a.ts': '', 'there/b.ts': 'var x;' });
    const options = optionsOf(['there']);
    expect(options.roots).toEqual([folder.path]);
    const { out } = runCheck(folder, ['../there', '--format', 'json'], { cwd: `${folder.path}/here` });
    expect(parse(out).findings).toMatchObject([{ file: '../there/b.ts' }]);
  });

  it('is kept between runs where there is a place for it', () => {
    make({ 'a.ts': '' });
    expect(optionsOf([]).cacheDir).toBeUndefined();
    expect(optionsOf(['--cache-dir', 'kept']).cacheDir).toBe(`${folder.path}/kept`);
    folder.write('node_modules/x/package.json', '{}');
    expect(optionsOf([]).cacheDir).toBe(`${folder.path}/node_modules/.cache/lockstep`);
    expect(optionsOf(['--no-cache']).cacheDir).toBeUndefined();
  });
});

describe('--fix', () => {
  it('writes the safe fixes of all files and reports what is left', () => {
    make({
      'main.ts': 'var x;\r\nrace(n);\r\n',
      'worker.ts': '\ufeffrace(n); hint();\n',
      'other.ts': 'race(alone);',
    });
    chmodSync(`${folder.path}/main.ts`, 0o755);
    const { code, out } = runCheck(folder, ['--fix', '--min-severity', 'hint', '--format', 'json']);
    expect(folder.read('main.ts')).toBe('let x;\r\natomic(n);\r\n');
    expect(folder.read('worker.ts')).toBe('\ufeffatomic(n); hint();\n');
    expect(folder.read('other.ts')).toBe('race(alone);');
    expect(statSync(`${folder.path}/main.ts`).mode & 0o777).toBe(0o755);
    expect(readdirSync(folder.path).sort()).toEqual(['main.ts', 'other.ts', 'worker.ts']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      findings: [{ rule: 'fake-hint' }],
      fixed: [
        { rule: 'fake-var', file: 'main.ts', title: 'Use let' },
        { rule: 'fake-race', file: 'main.ts', title: 'Make both sides atomic' },
        { rule: 'fake-race', file: 'worker.ts', title: 'Make both sides atomic' },
      ],
    });
  });

  it('writes nothing when it is only to say what it would do', () => {
    make({ 'main.ts': 'var x;' });
    const { code, out } = runCheck(folder, ['--fix-dry-run', '--format', 'json']);
    expect(folder.read('main.ts')).toBe('var x;');
    expect(JSON.parse(out)).toMatchObject({ findings: [], wouldFix: [{ title: 'Use let' }] });
    expect(code).toBe(0);
    expect(runCheck(folder, ['--fix-dry-run']).out).toContain('would fix  main.ts: Use let (fake-var)');
  });

  it('leaves a file alone that was changed on disk meanwhile, and the other side of its fix', () => {
    make({ 'main.ts': 'race(n)', 'worker.ts': 'race(n)', 'fine.ts': 'var x;' });
    const { code, err } = runCheck(
      folder,
      ['--fix'],
      {},
      {
        createEngine: (options) => {
          const engine = createFakeEngine(options);
          folder.write('worker.ts', 'race(n) // somebody else wrote this');
          return engine;
        },
      },
    );
    expect(code).toBe(2);
    expect(err).toContain('worker.ts: not fixed, the disk holds another text than was checked');
    expect(folder.read('worker.ts')).toBe('race(n) // somebody else wrote this');
    expect(folder.read('main.ts')).toBe('race(n)');
    expect(folder.read('fine.ts')).toBe('let x;');
  });

  it('ends although every fix opens a new finding', () => {
    make({ 'main.ts': 'var x;' });
    const { out } = runCheck(
      folder,
      ['--fix', '--format', 'json'],
      {},
      {
        createEngine: (options) => {
          const engine = createFakeEngine(options);
          return {
            ...engine,
            fixes: (finding) =>
              engine
                .fixes(finding)
                .map((fix) => ({ ...fix, edits: fix.edits.map((edit) => ({ ...edit, text: 'var  var' })) })),
          };
        },
      },
    );
    expect(folder.read('main.ts')).toMatch(/^var {2}var/);
    expect(parse(out).findings.length).toBeGreaterThan(1);
  });
});

describe('--explain', () => {
  it('prints the page', () => {
    make({});
    const { code, out } = runCheck(folder, ['--explain', 'fake-race']);
    expect(code).toBe(0);
    expect(out).toBe(
      '# Make both sides atomic\n\nTwo agents, one cell,\nno order.\n\n## Why\n\nUse `Atomics`.\n',
    );
    expect(JSON.parse(runCheck(folder, ['--explain', 'fake-race', '--format', 'json']).out)).toMatchObject({
      version: 1,
      rule: 'fake-race',
      title: 'Make both sides atomic',
      summary: 'Two agents, one cell, no order.',
    });
  });
});

describe('--why', () => {
  it('names the reasons for silence on a line, and what is reported there', () => {
    make({ 'a.ts': '\nquiet(box); var x;\n' });
    const { code, out } = runCheck(folder, ['--why', 'a.ts:2']);
    expect(code).toBe(0);
    expect(out).toBe(
      'a.ts:2\n  reported  warning[fake-var] fake-var at var\n  fresh-object  box is not shared yet\n      a.ts:1  made here\n',
    );
    expect(runCheck(folder, ['--why', 'a.ts:1']).out).toContain('nothing on this line is shared');
    expect(JSON.parse(runCheck(folder, ['--why', 'a.ts:2', '--format', 'json']).out)).toMatchObject({
      version: 1,
      file: 'a.ts',
      line: 2,
      findings: [{ rule: 'fake-var' }],
      reasons: [{ name: 'fresh-object', range: { start: { line: 2, column: 1 } } }],
    });
  });
});
