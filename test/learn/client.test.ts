/** The client's parts that know no editor. */
import { describe, expect, it } from 'vitest';
import { parseTarget, scheduleOf } from '../../client/src/requests.ts';
import { schedulePage } from '../../client/src/schedule.ts';
import { suppression } from '../../client/src/suppression.ts';
import { histogram } from '../../client/webview/histogram.ts';

const range = (line: number, character: number) => ({
  start: { line, character },
  end: { line, character: character + 1 },
});

describe('schedulePage', () => {
  it('gives each agent a lane and each step a dot, and leads back into the code', () => {
    const { text, links } = schedulePage(
      ['lost update'],
      [
        { agent: 'main', does: 'reads count[0]', uri: 'file:///p/main.ts', range: range(5, 2) },
        { agent: 'worker', does: 'writes count[0]', uri: 'file:///p/worker.ts', range: range(9, 4) },
        {
          agent: 'main',
          does: 'writes count[0], computed from the old value',
          uri: 'file:///p/main.ts',
          range: range(5, 2),
        },
      ],
      (uri) => uri.replace('file:///p/', ''),
    );
    expect(text).toBe(
      [
        'lost update',
        '',
        '  ┌ ─  main',
        '  │ ┌  worker',
        '  │ │',
        '1 ● │  main reads count[0]',
        '  │ │  main.ts:6',
        '  │ │',
        '2 │ ●  worker writes count[0]',
        '  │ │  worker.ts:10',
        '  │ │',
        '3 ● │  main writes count[0], computed',
        '  │ │  from the old value',
        '  │ │  main.ts:6',
        '  │ │',
        '',
      ].join('\n'),
    );
    const lines = text.split('\n');
    expect(
      links.map(({ at, uri, line, column }) => [lines[at.line]!.slice(at.from, at.to), uri, line, column]),
    ).toEqual([
      ['main.ts:6', 'file:///p/main.ts', 5, 2],
      ['worker.ts:10', 'file:///p/worker.ts', 9, 4],
      ['main.ts:6', 'file:///p/main.ts', 5, 2],
    ]);
  });
});

describe('suppression', () => {
  it('stands above the line, as far in as the line', () => {
    expect(suppression('    count[0]++;', 'x();', 'no-plain-shared-update', ' only  a\nbar ')).toEqual({
      insert: '    // lockstep-ignore no-plain-shared-update: only a bar',
      replaceAbove: null,
    });
  });

  it('takes the place of one for the same rule', () => {
    const above = '\t// lockstep-ignore no-mixed-atomics: old reason';
    expect(suppression('\tx[0] = 1;', above, 'no-mixed-atomics', 'new reason').replaceAbove).toBe(
      '\t// lockstep-ignore no-mixed-atomics: new reason',
    );
    expect(suppression('\tx[0] = 1;', above, 'no-plain-shared-update', 'r').replaceAbove).toBeNull();
  });
});

describe('requests', () => {
  it('take foreign arguments for none', () => {
    expect(parseTarget({ uri: 'file:///a.ts', line: 3, rule: 'r', more: 1 })).toEqual({
      uri: 'file:///a.ts',
      line: 3,
      rule: 'r',
    });
    expect(parseTarget('text')).toEqual({});
    expect(parseTarget({ line: 'three' })).toEqual({});
    expect(scheduleOf({ schedule: [{ agent: 'a' }] })).toEqual([]);
    expect(scheduleOf(undefined)).toEqual([]);
  });
});

describe('histogram', () => {
  const claims = [
    { kind: 'fine' as const, pattern: '100', meaning: 'all' },
    { kind: 'harm' as const, pattern: '/\\d\\d?/', meaning: 'lost' },
  ];

  it('puts the unforeseen first, then harm, and keeps numbers in order', () => {
    const rows = histogram({ '100': 5, '9': 1, '20': 2, odd: 2 }, claims);
    expect(rows.map(({ label, kind, times, share }) => [label, kind, times, share])).toEqual([
      ['odd', 'unknown', 2, 0.2],
      ['9', 'harm', 1, 0.1],
      ['20', 'harm', 2, 0.2],
      ['100', 'fine', 5, 0.5],
    ]);
  });

  it('draws many numbers as ranges of one width, gaps included, and loses none', () => {
    const counts = Object.fromEntries([...Array(30).keys(), 95].map((value) => [String(value), 1]));
    const rows = histogram(counts, claims);
    expect(rows.map(({ label, times }) => [label, times])).toEqual([
      ['0 – 9', 10],
      ['10 – 19', 10],
      ['20 – 29', 10],
      ...['30 – 39', '40 – 49', '50 – 59', '60 – 69', '70 – 79', '80 – 89'].map((label) => [label, 0]),
      ['90 – 99', 1],
    ]);
  });

  it('has no rows for no trials', () => {
    expect(histogram({}, claims)).toEqual([]);
  });
});
