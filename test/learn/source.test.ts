import { describe, expect, it } from 'vitest';
import { claimFor, readClaims, readSource, readTimeline } from '../../server/src/learn/source.ts';

describe('readSource', () => {
  it('takes out carets, regions and ok marks, and keeps what they said', () => {
    const source = readSource(
      [
        'const a = 1;',
        '// #region part',
        '  count[0]++;',
        '//^^^^^^^^^^ no-plain-shared-update: another agent',
        '  Atomics.add(count, 0, 1); // ok: atomic',
        '// #endregion',
        'end();',
        '',
      ].join('\n'),
    );
    expect(source.text).toBe('const a = 1;\n  count[0]++;\n  Atomics.add(count, 0, 1);\nend();\n');
    expect(source.annotations).toEqual([
      { line: 1, start: 2, end: 12, rule: 'no-plain-shared-update', message: 'another agent' },
    ]);
    expect([...source.regions]).toEqual([['part', { start: 1, end: 3 }]]);
  });

  it('gives two findings of one line to that line', () => {
    const { annotations } = readSource('  f(a, b);\n//  ^ one: x\n//     ^ two: y\n');
    expect(annotations.map(({ line, start, rule }) => [line, start, rule])).toEqual([
      [0, 4, 'one'],
      [0, 7, 'two'],
    ]);
  });
});

describe('readClaims', () => {
  it('reads literal outcomes and patterns of several programs', () => {
    const { claims, errors } = readClaims(
      '# comment\nmain.ts\n  fine | 20 | all counted\n  harm | /1\\d|[2-9]/ | some lost\n\nsolution/main.ts\n  fine | 20 | all counted\n',
    );
    expect(errors).toEqual([]);
    expect([...claims.keys()]).toEqual(['main.ts', 'solution/main.ts']);
    const main = claims.get('main.ts')!;
    expect(claimFor(main, '20')?.kind).toBe('fine');
    expect(claimFor(main, '17')?.meaning).toBe('some lost');
    // The whole outcome must match, not a part of it.
    expect(claimFor(main, '117')).toBeNull();
  });

  it.each([
    ['  fine | 20 | all', '1: expected `fine | outcome | meaning` below the name of a program'],
    ['main.ts\n  good | 20 | all', '2: expected `fine | outcome | meaning` below the name of a program'],
    ['main.ts\n  fine | 20', '2: expected `fine | outcome | meaning` below the name of a program'],
  ])('says where the fault is: %s', (text, expected) => {
    expect(readClaims(text).errors.map(({ line, message }) => `${line}: ${message}`)).toEqual([expected]);
  });
});

describe('readTimeline', () => {
  it('reads agents, steps, harm, notes and edges', () => {
    const { timeline, errors } = readTimeline(
      'title T\nmemory locks\nA: write x = 1\nB: read x = 1 ! -- too early\nA: acquire m\nedge 1 -> 2 message\nresult R\n',
    );
    expect(errors).toEqual([]);
    expect(timeline).toEqual({
      title: 'T',
      memory: 'locks',
      agents: ['A', 'B'],
      steps: [
        { agent: 0, word: 'write', place: 'x', value: '1', harm: false, note: null },
        { agent: 1, word: 'read', place: 'x', value: '1', harm: true, note: 'too early' },
        { agent: 0, word: 'acquire', place: 'm', value: null, harm: false, note: null },
      ],
      edges: [{ from: 0, to: 1, label: 'message' }],
      result: 'R',
    });
  });

  it.each([
    ['title T\nA: jumps x\nresult R', 'expected `agent: word place = value`, `edge`, `title` or `result`'],
    [
      'title T\nA: read x\nedge 1 -> 2 e\nresult R',
      'the edge 1 -> 2 does not lead from a step to a later one',
    ],
    [
      'title T\nA: read x\nB: read x\nedge 2 -> 1 e\nresult R',
      'the edge 2 -> 1 does not lead from a step to a later one',
    ],
    ['A: read x', 'a timeline has a title, steps and a result'],
  ])('says what is wrong: %s', (text, expected) => {
    expect(readTimeline(text).errors.map(({ message }) => message)).toContain(expected);
  });
});
