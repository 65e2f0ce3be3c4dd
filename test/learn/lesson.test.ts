import { describe, expect, it } from 'vitest';
import { parseLesson } from '../../server/src/learn/lesson.ts';

const FRONT = '---\ntitle: A title\nminutes: 5\nrules: [one-rule, other-rule]\nwords: [read]\n---\n';

const errorsOf = (text: string) => parseLesson(text).errors.map(({ line, message }) => `${line}: ${message}`);

describe('parseLesson', () => {
  it('reads front matter, prose and all directives in order', () => {
    const { lesson, errors } = parseLesson(
      `${FRONT}Prose, *first*.\n\n{{code main.ts#part}}\n{{ run solution/main.ts }}\n\nMore.\n{{timeline t.txt}}\n{{litmus sb.litmus}}\n`,
    );
    expect(errors).toEqual([]);
    expect(lesson).toEqual({
      title: 'A title',
      minutes: 5,
      rules: ['one-rule', 'other-rule'],
      words: ['read'],
      parts: [
        { kind: 'prose', line: 7, markdown: 'Prose, *first*.\n' },
        { kind: 'code', line: 9, file: 'main.ts', region: 'part' },
        { kind: 'run', line: 10, file: 'solution/main.ts' },
        { kind: 'prose', line: 11, markdown: '\nMore.' },
        { kind: 'timeline', line: 13, file: 't.txt' },
        { kind: 'litmus', line: 14, file: 'sb.litmus' },
      ],
    });
  });

  it('reads a prediction, options over several lines included', () => {
    const { lesson, errors } = parseLesson(
      `${FRONT}{{predict}}\nWhat?\n\n- [ ] this\n  or so\n- [x] that\n\n---\n\nBecause.\n{{/predict}}\nAfter.`,
    );
    expect(errors).toEqual([]);
    expect(lesson.parts).toEqual([
      {
        kind: 'predict',
        line: 7,
        question: 'What?',
        options: [
          { markdown: 'this or so', right: false },
          { markdown: 'that', right: true },
        ],
        answer: 'Because.',
      },
      { kind: 'prose', line: 18, markdown: 'After.' },
    ]);
  });

  it('reads a file with Windows line ends', () => {
    const { lesson, errors } = parseLesson(`${FRONT}{{code main.ts}}\n`.replaceAll('\n', '\r\n'));
    expect(errors).toEqual([]);
    expect(lesson.parts).toEqual([{ kind: 'code', line: 7, file: 'main.ts', region: null }]);
  });

  it('leaves braces in a code fence alone', () => {
    const { lesson, errors } = parseLesson(`${FRONT}\`\`\`\n{{run main.ts}}\n\`\`\`\n`);
    expect(errors).toEqual([]);
    expect(lesson.parts.map((part) => part.kind)).toEqual(['prose']);
  });

  it.each([
    ['no front matter', 'Hello', ['1: a lesson begins with front matter between two lines of `---`']],
    [
      'a field that is not known and one that is missing',
      '---\ntitle: T\nminutes: 5\ncolour: red\n---\n',
      ['4: unknown field `colour`'],
    ],
    ['no title', '---\nminutes: 5\n---\n', ['3: the field `title` is missing']],
    [
      'no number of minutes',
      '---\ntitle: T\nminutes: long\n---\n',
      ['3: `minutes` is a number from 1 to 60'],
    ],
    [
      'a list without brackets',
      '---\ntitle: T\nminutes: 5\nrules: one\n---\n',
      ['4: `rules` is a list: `[first, second]`'],
    ],
    [
      'an unknown directive',
      `${FRONT}\n{{video main.ts}}`,
      ['8: unknown directive `video`: there are code, run, predict, timeline and litmus'],
    ],
    [
      'a directive without a file',
      `${FRONT}{{run}}`,
      ['7: `{{run}}` names a file of this lesson: `{{run main.ts}}`'],
    ],
    [
      'a way out of the folder',
      `${FRONT}{{code ../../secret.ts}}`,
      ['7: `{{code}}` names a file of this lesson: `{{code main.ts}}`'],
    ],
    [
      'a region to run',
      `${FRONT}{{run main.ts#part}}`,
      ['7: `{{run}}` takes a whole file, not a region of it'],
    ],
    [
      'a directive within a sentence',
      `${FRONT}See {{code main.ts}} there`,
      ['7: a directive stands on a line of its own: `{{code main.ts}}`'],
    ],
    [
      'an open prediction',
      `${FRONT}{{predict}}\nWhat?`,
      ['7: `{{predict}}` is not closed by `{{/predict}}`'],
    ],
    [
      'a prediction without options',
      `${FRONT}{{predict}}\nWhat?\n---\nSo.\n{{/predict}}`,
      ['7: a prediction is a question, options `- [ ]`, a line `---`, and the answer'],
    ],
    [
      'a prediction without a right option',
      `${FRONT}{{predict}}\nWhat?\n- [ ] a\n- [ ] b\n---\nSo.\n{{/predict}}`,
      ['7: a prediction has at least two options, one of them right: `- [x]`'],
    ],
    [
      'a prediction without an answer',
      `${FRONT}{{predict}}\nWhat?\n- [x] a\n- [ ] b\n---\n{{/predict}}`,
      ['7: a prediction has an answer below its line `---`'],
    ],
  ])('says where the fault is: %s', (_, text, expected) => {
    expect(errorsOf(text)).toEqual(expected);
  });
});
