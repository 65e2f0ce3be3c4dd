/** The parts of the server that need no connection. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../server/src/base/finding.ts';
import type { Edit, Fix } from '../../server/src/base/text.ts';
import { fileOfUri, isCode, Lines, linkTo, touch, uriOfFile } from '../../server/src/lsp/convert.ts';
import { mergeFixes, safeFix } from '../../server/src/lsp/mergeFixes.ts';
import { known, provisionalFindings } from '../../server/src/lsp/provisional.ts';
import { explain } from '../../server/src/lsp/requests.ts';
import type { Session } from '../../server/src/lsp/session.ts';
import { parseOptions, parseSettings } from '../../server/src/lsp/settings.ts';

describe('names', () => {
  it.each([
    ['file:///a/b%20c.ts', 'typescript', '/a/b c.ts'],
    ['file:///c%3A/a/b.ts', 'typescript', 'c:/a/b.ts'],
    ['untitled:Untitled-1', 'typescript', 'untitled:Untitled-1.ts'],
    ['untitled:Untitled-1', 'javascriptreact', 'untitled:Untitled-1.jsx'],
    ['untitled:Untitled-1', 'plaintext', 'untitled:Untitled-1'],
    ['vscode-vfs://github/o/r/main.ts', 'typescript', 'vscode-vfs://github/o/r/main.ts'],
  ])('%s in %s is %s', (uri, language, file) => {
    // Drive letters mean something on Windows only.
    expect(fileOfUri(uri, language).replace(/^\/c:/i, 'c:')).toBe(file);
  });

  it('go back to addresses', () => {
    expect(uriOfFile('/a/b c.ts')).toBe('file:///a/b%20c.ts');
    expect(uriOfFile('untitled:Untitled-1.ts')).toBe('untitled:Untitled-1.ts');
  });

  it('tell what is code', () => {
    expect(isCode('file:///a.mts', 'whatever')).toBe(true);
    expect(isCode('untitled:x', 'typescript')).toBe(true);
    expect(isCode('file:///lockstep.config.json', 'jsonc')).toBe(false);
  });
});

describe('places', () => {
  const lines = new Lines(
    () => 'a\r\nb😀c\n',
    (file) => `file://${file}`,
  );

  it('count lines and UTF-16 units from 0', () => {
    const range = lines.range({ file: '/f', start: 3, end: 7 });
    expect(range).toEqual({ start: { line: 1, character: 0 }, end: { line: 1, character: 4 } });
    expect(lines.offset('/f', { line: 1, character: 3 })).toBe(6);
    expect(lines.line('/f', 0)).toEqual({ text: 'a', newline: '\r\n' });
    expect(linkTo(lines.location({ file: '/f', start: 4, end: 5 }))).toBe('file:///f#L2,2');
  });

  it('touch where they share a position', () => {
    const range = (a: number, b: number) => ({
      start: { line: 0, character: a },
      end: { line: 0, character: b },
    });
    expect(touch(range(2, 5), range(5, 5))).toBe(true);
    expect(touch(range(2, 5), range(0, 9))).toBe(true);
    expect(touch(range(2, 5), range(6, 9))).toBe(false);
  });
});

describe('settings', () => {
  it('leave out what is not understood', () => {
    expect(parseSettings({ rules: { a: 'off', b: 'loud', c: 1 }, enable: 'yes' })).toEqual({
      enable: true,
      rules: { a: 'off' },
    });
    for (const nothing of [null, undefined, 7, 'x', { rules: null }])
      expect(parseSettings(nothing)).toEqual({ enable: true, rules: {} });
    expect(parseOptions({ docsBase: '', commands: 1 })).toEqual({
      docsBase: null,
      commands: false,
      quickAnswers: false,
    });
  });
});

const finding = (start: number, end: number, rule = 'r', file = '/f'): Finding => ({
  rule,
  category: 'deadlock',
  severity: 'warning',
  confidence: 'likely',
  span: { file, start, end },
  message: 'm',
  related: [],
  schedule: [],
  lesson: '',
});

describe('choosing fixes', () => {
  const fix = (...edits: readonly (readonly [number, number, string, string?])[]): Fix => ({
    title: 't',
    safe: true,
    edits: edits.map(([start, end, text, file = '/f']): Edit => ({ span: { file, start, end }, text })),
  });
  const taken = (...fixes: readonly Fix[]) => {
    const all = fixes.map((each, index) => ({ finding: finding(index, index), fix: each }));
    const merged = mergeFixes(all);
    return { taken: merged.taken.map(({ finding: { span } }) => span.start), edits: merged.edits.length };
  };

  it('takes each whole or not at all, the earlier before the later', () => {
    expect(taken(fix([0, 5, 'a']), fix([4, 6, 'b'], [8, 9, 'c']), fix([8, 9, 'd']))).toEqual({
      taken: [0, 2],
      edits: 2,
    });
  });

  it('lets edits stand side by side, and in different files', () => {
    expect(taken(fix([0, 5, 'a']), fix([5, 6, 'b']), fix([0, 5, 'a', '/g']))).toEqual({
      taken: [0, 1, 2],
      edits: 3,
    });
    expect(taken(fix([0, 5, 'a']), fix([5, 5, 'b']), fix([0, 0, 'c']))).toEqual({
      taken: [0, 1, 2],
      edits: 3,
    });
  });

  it('makes an edit once that two fixes need', () => {
    expect(taken(fix([0, 0, 'import'], [5, 6, 'a']), fix([0, 0, 'import'], [8, 9, 'b']))).toEqual({
      taken: [0, 1],
      edits: 3,
    });
  });

  it('does not guess an order for two insertions at one place', () => {
    expect(taken(fix([3, 3, 'a']), fix([3, 3, 'b']))).toEqual({ taken: [0], edits: 1 });
    expect(taken(fix([0, 5, 'a']), fix([3, 3, 'b']))).toEqual({ taken: [0], edits: 1 });
  });

  it('prefers the preferred among the safe', () => {
    const unsafe: Fix = { title: 'unsafe', safe: false, preferred: true, edits: [] };
    const safe: Fix = { title: 'safe', safe: true, edits: [] };
    const preferred: Fix = { title: 'preferred', safe: true, preferred: true, edits: [] };
    expect(safeFix([unsafe, safe, preferred])).toBe(preferred);
    expect(safeFix([unsafe, safe])).toBe(safe);
    expect(safeFix([unsafe])).toBeUndefined();
  });
});

describe('an early answer', () => {
  //              0123456789
  const BEFORE = 'one two three';
  const at = (after: string, ...across: readonly Finding[]) =>
    provisionalFindings('/f', after, [], known(1, BEFORE, across, [])).map(({ span }) => [
      span.start,
      span.end,
    ]);

  it('moves what stands behind the edit and leaves what stands before it', () => {
    expect(at('one TWOOO three', finding(0, 3), finding(8, 13))).toEqual([
      [0, 3],
      [10, 15],
    ]);
  });

  it('leaves out what stands in the edit', () => {
    expect(at('one x three', finding(4, 7), finding(5, 9))).toEqual([]);
  });

  it('moves the other places of the file and not those of others', () => {
    const related = [
      { span: { file: '/f', start: 8, end: 13 }, message: '' },
      { span: { file: '/g', start: 8, end: 13 }, message: '' },
    ];
    const [moved] = provisionalFindings(
      '/f',
      `--${BEFORE}`,
      [],
      known(1, BEFORE, [{ ...finding(0, 3), related }], []),
    );
    expect(moved?.span.start).toBe(2);
    expect(moved?.related.map(({ span }) => span.start)).toEqual([10, 8]);
  });

  it('takes what the file alone shows from the new text only', () => {
    const old = finding(0, 3, 'alone');
    const fresh = finding(4, 7, 'alone');
    const before = known(1, BEFORE, [old, finding(8, 13)], [old]);
    expect(provisionalFindings('/f', BEFORE, [fresh], before).map(({ span }) => span.start)).toEqual([4, 8]);
  });
});

describe('the page of a rule', () => {
  it('is never looked for outside the pages', () => {
    const asked: string[] = [];
    const page = (rule: string) => {
      asked.push(rule);
      return '# x';
    };
    const session = { host: { files: { page } } } as unknown as Session;
    for (const rule of ['../secret', 'a/b', 'a\\b', '', '.', 'a.md'])
      expect(explain({ rule }, session)).toBeNull();
    expect(explain({ rule: 'no-plain-shared-update' }, session)).toEqual({
      rule: 'no-plain-shared-update',
      markdown: '# x',
    });
    expect(asked).toEqual(['no-plain-shared-update']);
  });
});
