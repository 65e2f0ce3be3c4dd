import Ajv from 'ajv';
import type { Log } from 'sarif';
import { afterEach, describe, expect, it } from 'vitest';
import { Folder, runCheck } from './run.ts';
import { SARIF_SCHEMA } from './sarifSchema.ts';

let folder: Folder;
const make = (files: Readonly<Record<string, string>>) => (folder = new Folder(files));
afterEach(() => {
  folder.remove();
});

const RACE = { 'src/main.ts': 'let a;\n  race(count);\nlet b;\n', 'src/worker.ts': 'race(count);\n' };

describe('check --format sarif', () => {
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(SARIF_SCHEMA);
  const sarif = (args: readonly string[] = []) => {
    const log = JSON.parse(runCheck(folder, ['--format', 'sarif', ...args]).out) as Log;
    validate(log);
    expect(validate.errors ?? []).toEqual([]);
    return log.runs[0]!;
  };

  it('is valid and names both sides, the steps, the fix and the rule', () => {
    make({ ...RACE, 'a b/100%.ts': 'var x;' });
    const run = sarif();
    expect(run.tool.driver.rules).toMatchObject([
      {
        id: 'fake-race',
        shortDescription: { text: 'Make both sides atomic' },
        fullDescription: { text: 'Two agents, one cell, no order.' },
        helpUri: 'https://github.com/lockstep-js/lockstep/blob/main/server/src/rules/fake-race/doc.md',
      },
      { id: 'fake-var' },
    ]);
    const results = run.results ?? [];
    expect(results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level])).toEqual([
      ['fake-var', 1, 'warning'],
      ['fake-race', 0, 'error'],
      ['fake-race', 0, 'error'],
    ]);
    expect(results[0]?.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe('a%20b/100%25.ts');
    const race = results[1]!;
    expect(race.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'src/main.ts', uriBaseId: 'SRCROOT' },
      region: { startLine: 2, startColumn: 3, endLine: 2, endColumn: 14 },
    });
    expect(race.relatedLocations).toMatchObject([
      {
        message: { text: 'the other side' },
        physicalLocation: { artifactLocation: { uri: 'src/worker.ts' }, region: { startLine: 1 } },
      },
    ]);
    const flows = race.codeFlows?.[0]?.threadFlows ?? [];
    expect(
      flows.map(({ id, locations }) => [id, locations.map(({ executionOrder }) => executionOrder)]),
    ).toEqual([
      ['main', [1]],
      ['worker', [2]],
    ]);
    expect(
      race.fixes?.[0]?.artifactChanges.map(({ replacements }) => replacements[0]?.insertedContent),
    ).toEqual([{ text: 'atomic(count)' }, { text: 'atomic(count)' }]);
    expect(run.originalUriBaseIds?.['SRCROOT']?.uri).toBe(`file://${folder.path}/`);
  });

  it('is valid without findings, and with an input that could not be read', () => {
    make({ 'a.ts': '' });
    expect(sarif().results).toEqual([]);
    folder.write('lockstep.config.json', '{ "nonsense": 1 }');
    expect(sarif().invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [{ level: 'error', message: { text: 'there is no rule nonsense' } }],
      },
    ]);
  });

  it('would not pass the schema with a field that is not in the standard', () => {
    const wrong = {
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'x' } }, results: [{ text: 'no message' }] }],
    };
    expect(validate(wrong)).toBe(false);
  });
});

describe('check --format github', () => {
  it('writes one workflow command for each finding', () => {
    make(RACE);
    const { out } = runCheck(folder, ['--format', 'github']);
    const [first, second, end] = out.split('\n');
    expect(first).toBe(
      '::error file=src/main.ts,line=2,endLine=2,col=3,endColumn=14,title=fake-race::' +
        'fake-race at race(count)%0Asrc/worker.ts:1:1 the other side%0A' +
        'https://github.com/lockstep-js/lockstep/blob/main/server/src/rules/fake-race/doc.md',
    );
    expect(second).toMatch(/^::error file=src\/worker\.ts,line=1,/);
    expect(end).toBe('');
  });

  it('escapes what would end a property or a command', () => {
    make({ 'a,b:100%.ts': 'var x; hint();' });
    const lines = runCheck(folder, ['--format', 'github', '--min-severity', 'hint']).out.split('\n');
    expect(lines[0]).toMatch(/^::warning file=a%2Cb%3A100%25\.ts,line=1,/);
    expect(lines[1]).toMatch(/^::notice /);
  });
});

describe('check, for people', () => {
  it('shows both sides once, with carets, the steps, the fix, the lesson and the page', () => {
    make(RACE);
    const { out } = runCheck(folder, []);
    expect(out.replace(/\d+\.\d\d s/, 'N s')).toBe(`error[fake-race] fake-race at race(count)
  --> src/main.ts:2:3  (proved)
 1 | let a;
 2 |   race(count);
   |   ^^^^^^^^^^^
 3 | let b;
  --> src/worker.ts:1:1  the other side
 1 | race(count);
   | ^^^^^^^^^^^
  how it goes wrong:
    1. main    src/main.ts:2    read count
    2. worker  src/worker.ts:1  write count
  fix    Make both sides atomic (--fix applies it)
  lesson 01-fake
  page   lockstep check --explain fake-race

2 findings (2 errors) in 2 files, N s
2 findings can be mended by lockstep check --fix
`);
  });

  it('says what was left out', () => {
    make({ 'a.ts': 'hint();' });
    expect(runCheck(folder, []).out).toMatch(
      /^No findings in 1 file, .* s\n1 more below the asked severity: --min-severity hint shows them\n$/,
    );
  });

  it('keeps carets under their code behind tabs and wide characters', () => {
    make({ 'a.ts': '\t/* 漢字😀 */ var x;' });
    const lines = runCheck(folder, []).out.split('\n');
    expect(lines[2]).toBe(' 1 |   /* 漢字😀 */ var x;');
    // Two columns for the tab, three and three around six columns of wide characters, one blank.
    expect(lines[3]).toBe(`   | ${' '.repeat(2 + 3 + 6 + 3 + 1)}^^^`);
  });

  it('lets no control character of the source reach the terminal', () => {
    make({ 'a.ts': 'var x = "\u001b[31m\u0007";' });
    expect(runCheck(folder, []).out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('shows of a very long line the part that matters, within the width of the terminal', () => {
    make({ 'a.ts': `${'x;'.repeat(3000)}var y;${'z;'.repeat(3000)}` });
    const lines = runCheck(folder, [], { columns: 60 }).out.split('\n');
    expect(lines[2]).toMatch(/^ 1 \| ….*var y;.*…$/);
    expect(lines[2]!.length).toBeLessThanOrEqual(60);
    expect(lines[3]!.indexOf('^')).toBe(lines[2]!.indexOf('var'));
  });

  it('is coloured on a terminal, unless the reader wants no colours', () => {
    make({ 'a.ts': 'var x;' });
    const isColoured = (env: Record<string, string>, stdoutIsTerminal: boolean) =>
      runCheck(folder, [], { env, stdoutIsTerminal }).out.includes('\u001b[');
    expect(isColoured({}, false)).toBe(false);
    expect(isColoured({}, true)).toBe(true);
    expect(isColoured({ NO_COLOR: '1' }, true)).toBe(false);
    expect(isColoured({ FORCE_COLOR: '1' }, false)).toBe(true);
    expect(isColoured({ FORCE_COLOR: '0' }, true)).toBe(false);
    expect(isColoured({ TERM: 'dumb' }, true)).toBe(false);
  });

  it('shows progress on a terminal and nowhere else', () => {
    make({ 'a.ts': 'let x;' });
    expect(runCheck(folder, []).err).toBe('');
    expect(runCheck(folder, [], { stderrIsTerminal: true }).err).toContain('checking 1 of 1 files');
  });

  it('shows the time that each rule took when asked', () => {
    make({ 'a.ts': 'let x;' });
    const { out } = runCheck(folder, ['--stats']);
    expect(out).toContain(
      'rule              ms   share  findings\nfake-race        3.0    75 %         2\nfake-var         1.0    25 %         1\n',
    );
    const stats = (JSON.parse(runCheck(folder, ['--stats', '--format', 'json']).out) as { stats: unknown })
      .stats;
    expect(stats).toMatchObject([{ rule: 'fake-race', milliseconds: 3, findings: 2 }, { rule: 'fake-var' }]);
  });
});
