import Ajv from 'ajv';
import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { closest } from '../../server/src/read/closest.ts';
import { parseConfig } from '../../server/src/read/config.ts';
import { project } from './fixture.ts';

const FILE = '/p/lockstep.config.json';
const KNOWN = ['no-plain-shared-update', 'loop-capture', 'lock-order'];

/** Each problem with the text that it stands under. */
function faults(text: string): (readonly [string, string])[] {
  return parseConfig(FILE, text, KNOWN).problems.map(({ span, message }) => [
    text.slice(span?.start, span?.end),
    message,
  ]);
}

test('severities by rule, with comments, trailing commas and `warn`', () => {
  const text = `{
    "$schema": "./lockstep.schema.json",
    // not yet
    "rules": { "loop-capture": "off", "lock-order": "warn", /* all */ "no-plain-shared-update": "hint", },
  }`;
  expect(parseConfig(FILE, text, KNOWN)).toEqual({
    rules: { 'loop-capture': 'off', 'lock-order': 'warning', 'no-plain-shared-update': 'hint' },
    problems: [],
    broken: false,
  });
});

test('an unknown rule is named with the one that was meant, and the others hold', () => {
  const text = '{ "rules": { "loop-captrue": "off", "lock-order": "off", "zzz": "off" } }';
  expect(parseConfig(FILE, text, KNOWN).rules).toEqual({ 'lock-order': 'off' });
  expect(faults(text)).toEqual([
    ['"loop-captrue"', 'unknown rule `loop-captrue`, did you mean `loop-capture`?'],
    ['"zzz"', 'unknown rule `zzz`: remove it, or check its spelling'],
  ]);
});

test('an unknown key is named with the one that was meant', () => {
  expect(faults('{ "rule": {}, "extends": "x" }')).toEqual([
    ['"rule"', 'unknown key `rule`, did you mean `rules`?: only `rules` and `$schema` are known'],
    ['"extends"', 'unknown key `extends`: only `rules` and `$schema` are known'],
  ]);
});

test('a wrong severity is named with those there are', () => {
  const words = 'write "off", "hint", "info", "warning" or "error"';
  expect(
    faults('{ "rules": { "lock-order": "eror", "loop-capture": 2, "no-plain-shared-update": ["error"] } }'),
  ).toEqual([
    ['"eror"', `\`"eror"\` is no severity, did you mean \`error\`?: ${words}`],
    ['2', `\`2\` is no severity: ${words}`],
    ['["error"]', `\`["error"]\` is no severity: ${words}`],
  ]);
  expect(faults('{ "rules": { "lock-order": "constructor" } }')).toHaveLength(1);
});

test('a rule named twice is reported, and the last one counts', () => {
  const text = '{ "rules": { "lock-order": "off", "lock-order": "hint" } }';
  expect(parseConfig(FILE, text, KNOWN).rules).toEqual({ 'lock-order': 'hint' });
  expect(faults(text)).toEqual([['"lock-order"', expect.stringContaining('twice')]]);
});

test.each([
  ['{ "rules": { "lock-order": "off" }', '', true],
  ['{ "rules" }', '}', true],
  ['[]', '[]', true],
  ['{ "rules": [] }', '[]', false],
  ['{ "rules": "off" }', '"off"', false],
])('%j is reported where it breaks', (text, under, broken) => {
  const parsed = parseConfig(FILE, text, KNOWN);
  expect(parsed.broken).toBe(broken);
  expect(parsed.problems.map(({ span }) => text.slice(span?.start, span?.end))).toEqual([under]);
  expect(parsed.rules).toEqual({});
});

test.each(['', '  \n', '// nothing yet', '{}'])('%j configures nothing', (text) => {
  expect(parseConfig(FILE, text, KNOWN)).toEqual({ rules: {}, problems: [], broken: false });
});

test('without a list of rules any id will do', () => {
  expect(parseConfig(FILE, '{ "rules": { "new-rule": "off" } }', []).rules).toEqual({ 'new-rule': 'off' });
});

test('a name of the language is no rule and no way in', () => {
  expect(faults('{ "rules": { "__proto__": "off", "toString": "off" } }')).toHaveLength(2);
  expect(parseConfig(FILE, '{ "rules": { "toString": "off" } }', []).rules).toEqual({ toString: 'off' });
});

test('the nearest configuration upward speaks, up to the top of the repository', () => {
  const { workspace } = project({
    '.git/HEAD': '',
    'lockstep.config.json': '{ "rules": { "lock-order": "off" } }',
    'a.ts': '',
    'pkg/lockstep.config.json': '{ "rules": { "lock-order": "hint" } }',
    'pkg/deep/b.ts': '',
    '/lockstep.config.json': '{ "rules": { "lock-order": "error" } }',
    '/q/.git/HEAD': '',
    '/q/c.ts': '',
  });
  expect(workspace.config('/p/a.ts')).toEqual({ file: FILE, rules: { 'lock-order': 'off' } });
  expect(workspace.config('/p/other/new.ts').file).toBe(FILE);
  expect(workspace.config('/p/pkg/deep/b.ts')).toEqual({
    file: '/p/pkg/lockstep.config.json',
    rules: { 'lock-order': 'hint' },
  });
  expect(workspace.config('/q/c.ts')).toEqual({ file: null, rules: {} });
  expect(workspace.config('untitled:Untitled-1')).toEqual({ file: null, rules: {} });
});

test('it follows the disk and the editor', () => {
  const { disk, workspace } = project({ 'a.ts': '' });
  const rules = (): unknown => workspace.config('/p/a.ts').rules;
  expect(rules()).toEqual({});
  disk.write(FILE, '{ "rules": { "x": "off" } }');
  workspace.apply({ onDisk: [FILE] });
  expect(rules()).toEqual({ x: 'off' });
  workspace.apply({ opened: [{ file: FILE, text: '{ "rules": { "x": "hint" } }' }] });
  expect(rules()).toEqual({ x: 'hint' });
  workspace.apply({ closed: [FILE] });
  expect(rules()).toEqual({ x: 'off' });
  disk.remove(FILE);
  workspace.apply({ onDisk: [FILE] });
  expect(rules()).toEqual({});
});

test('its faults are among the problems, before anyone asks for a severity', () => {
  const text = '{ "rules": { "x": "loud" } }';
  const { workspace } = project({ 'lockstep.config.json': text, 'a.ts': '' });
  expect(workspace.problems().map(({ about, file, span }) => [about, file, span?.start])).toEqual([
    ['config', FILE, text.indexOf('"loud"')],
  ]);
  expect(workspace.fatal()).toBeNull();
});

test('an explicit configuration stands for all others', () => {
  const { workspace } = project(
    {
      'lockstep.config.json': '{ "rules": { "x": "off" } }',
      'ci.json': '{ "rules": { "x": "error" } }',
      'a.ts': '',
    },
    { configFile: '/p/ci.json' },
  );
  expect(workspace.config('/p/a.ts')).toEqual({ file: '/p/ci.json', rules: { x: 'error' } });
  expect(workspace.fatal()).toBeNull();
});

test.each([
  ['not there', {}, 'no such configuration file: check the path'],
  ['broken', { 'ci.json': '{' }, expect.stringContaining('not valid JSON')],
  ['no object', { 'ci.json': '[]' }, expect.stringMatching(/^the configuration must be an object/)],
  [
    'not text',
    { 'ci.json': Uint8Array.from([0x7b, 0xff, 0x7d]) },
    expect.stringContaining('not valid UTF-8 at byte 1'),
  ],
])('an explicit configuration that is %s is fatal', (_why, files, message) => {
  const { workspace } = project({ ...files, 'a.ts': '' }, { configFile: '/p/ci.json' });
  expect(workspace.fatal()).toMatchObject({
    about: 'config',
    file: '/p/ci.json',
    message: message as unknown,
  });
  expect(workspace.problems().map(({ file }) => file)).toEqual(['/p/ci.json']);
});

test('the published schema accepts and refuses what the parser does', () => {
  const schema = JSON.parse(
    fs.readFileSync(new URL('../../media/lockstep.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  const samples = [
    {},
    { $schema: 'x', rules: {} },
    { rules: { 'lock-order': 'warn', 'loop-capture': 'error' } },
    { rules: { 'lock-order': 'loud' } },
    { rules: { 'lock-order': 2 } },
    { rules: [] },
    { rule: {} },
    [],
  ];
  for (const sample of samples)
    expect([sample, validate(sample)]).toEqual([
      sample,
      parseConfig(FILE, JSON.stringify(sample), KNOWN).problems.length === 0,
    ]);
  expect(validate({ rules: { NotKebab: 'off' } })).toBe(false);
});

test.each([
  ['loop-captrue', 'loop-capture'],
  ['Lock-Order', 'lock-order'],
  ['lock-ordre', 'lock-order'],
  ['completely-else', null],
  ['x', null],
])('did you mean: %s', (word, meant) => {
  expect(closest(word, KNOWN)).toBe(meant);
});
