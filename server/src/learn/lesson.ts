/**
 * For: the lesson language: front matter, prose, six kinds of block. Reads text, says exactly where it is wrong.
 * In and out: the text of a lesson.md in; its parts and its errors out. Nothing is looked up, nothing is rendered.
 * Must never know: a disk, markdown's own rules, the panel.
 */

export interface LessonText {
  readonly title: string;
  readonly minutes: number;
  readonly rules: readonly string[];
  readonly words: readonly string[];
  readonly parts: readonly Part[];
}

/** `line` counts from 1 in lesson.md. */
export type Part =
  | { readonly kind: 'prose'; readonly line: number; readonly markdown: string }
  | {
      readonly kind: 'code';
      readonly line: number;
      readonly file: string;
      /** `{{code main.ts#name}}` shows what stands between `// #region name` and `// #endregion`. */
      readonly region: string | null;
    }
  | { readonly kind: 'run' | 'timeline' | 'litmus'; readonly line: number; readonly file: string }
  | {
      readonly kind: 'predict';
      readonly line: number;
      readonly question: string;
      readonly options: readonly { readonly markdown: string; readonly right: boolean }[];
      readonly answer: string;
    };

export interface LessonError {
  readonly line: number;
  readonly message: string;
}

export interface Parsed {
  readonly lesson: LessonText;
  readonly errors: readonly LessonError[];
}

export function parseLesson(text: string): Parsed {
  const lines = text.split(/\r?\n/);
  const errors: LessonError[] = [];
  const front = frontMatter(lines, errors);
  const parts = readParts(lines, front.end, errors);
  return { lesson: { ...front.fields, parts }, errors };
}

type Fields = Pick<LessonText, 'title' | 'minutes' | 'rules' | 'words'>;

function frontMatter(lines: readonly string[], errors: LessonError[]): { fields: Fields; end: number } {
  const values = new Map<string, { readonly text: string; readonly line: number }>();
  const end = lines[0] === '---' ? lines.indexOf('---', 1) : -1;
  if (end < 0) {
    errors.push({ line: 1, message: 'a lesson begins with front matter between two lines of `---`' });
    return { fields: { title: '', minutes: 0, rules: [], words: [] }, end: 0 };
  }
  for (let index = 1; index < end; index++) {
    const match = /^(\w+):\s*(.*)$/.exec(lines[index]!);
    if (match === null) errors.push({ line: index + 1, message: 'expected `name: value`' });
    else if (!['title', 'minutes', 'rules', 'words'].includes(match[1]!))
      errors.push({ line: index + 1, message: `unknown field \`${match[1]!}\`` });
    else values.set(match[1]!, { text: match[2]!.trim(), line: index + 1 });
  }
  const need = (name: string) => {
    const text = values.get(name)?.text ?? '';
    if (text === '') errors.push({ line: end + 1, message: `the field \`${name}\` is missing` });
    return text;
  };
  const list = (name: string) => {
    const value = values.get(name);
    if (value === undefined) return [];
    const inner = /^\[(.*)\]$/.exec(value.text);
    if (inner === null) {
      errors.push({ line: value.line, message: `\`${name}\` is a list: \`[first, second]\`` });
      return [];
    }
    return inner[1]!
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  };
  const title = need('title');
  const written = need('minutes');
  const minutes = Number(written);
  if (written !== '' && !(minutes >= 1 && minutes <= 60)) {
    errors.push({ line: values.get('minutes')!.line, message: '`minutes` is a number from 1 to 60' });
  }
  return { fields: { title, minutes, rules: list('rules'), words: list('words') }, end: end + 1 };
}

const DIRECTIVE = /^\{\{\s*(\/?\w+)\s*([^}]*?)\s*\}\}\s*$/;
const FILE = /^(?:[\w-]+\/)?[\w-]+\.[\w.]+$/;

function readParts(lines: readonly string[], from: number, errors: LessonError[]): Part[] {
  const parts: Part[] = [];
  let prose: string[] = [];
  let proseLine = from + 1;
  let fenced = false;
  const flush = (next: number) => {
    if (prose.some((line) => line.trim() !== '')) {
      parts.push({ kind: 'prose', line: proseLine, markdown: prose.join('\n') });
    }
    prose = [];
    proseLine = next + 1;
  };
  for (let index = from; index < lines.length; index++) {
    const line = lines[index]!;
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const match = fenced ? null : DIRECTIVE.exec(line);
    if (match === null) {
      if (!fenced && line.includes('{{')) {
        errors.push({
          line: index + 1,
          message: 'a directive stands on a line of its own: `{{code main.ts}}`',
        });
      }
      prose.push(line);
      continue;
    }
    const [, name, argument] = match as unknown as [string, string, string];
    if (name === 'predict') {
      const end = lines.findIndex((each, at) => at > index && DIRECTIVE.exec(each)?.[1] === '/predict');
      if (end < 0) {
        errors.push({ line: index + 1, message: '`{{predict}}` is not closed by `{{/predict}}`' });
        prose.push(line);
        continue;
      }
      flush(end + 1);
      parts.push(prediction(lines.slice(index + 1, end), index + 1, errors));
      index = end;
      continue;
    }
    flush(index + 1);
    const part = fileDirective(name, argument, index + 1, errors);
    if (part !== null) parts.push(part);
  }
  flush(lines.length);
  return parts;
}

function fileDirective(name: string, argument: string, line: number, errors: LessonError[]): Part | null {
  if (name !== 'code' && name !== 'run' && name !== 'timeline' && name !== 'litmus') {
    errors.push({
      line,
      message: `unknown directive \`${name}\`: there are code, run, predict, timeline and litmus`,
    });
    return null;
  }
  const [file, region = null] = argument.split('#') as [string, string?];
  if (!FILE.test(file)) {
    errors.push({ line, message: `\`{{${name}}}\` names a file of this lesson: \`{{${name} main.ts}}\`` });
    return null;
  }
  if (name === 'code') return { kind: 'code', line, file, region };
  if (region !== null) {
    errors.push({ line, message: `\`{{${name}}}\` takes a whole file, not a region of it` });
    return null;
  }
  return { kind: name, line, file };
}

/** Question, then `- [ ]` and `- [x]` options, then `---`, then the answer. */
function prediction(lines: readonly string[], line: number, errors: LessonError[]): Part {
  const rule = lines.findIndex((each) => /^---\s*$/.test(each));
  const first = lines.findIndex((each) => OPTION.test(each));
  if (first < 0 || rule < first) {
    errors.push({
      line,
      message: 'a prediction is a question, options `- [ ]`, a line `---`, and the answer',
    });
    return { kind: 'predict', line, question: '', options: [], answer: '' };
  }
  const options: { markdown: string; right: boolean }[] = [];
  for (const each of lines.slice(first, rule)) {
    const match = OPTION.exec(each);
    if (match !== null) options.push({ markdown: match[2]!, right: match[1] === 'x' });
    // An option may run over several lines.
    else if (each.trim() !== '' && options.length > 0) options.at(-1)!.markdown += ` ${each.trim()}`;
  }
  if (options.length < 2 || !options.some((option) => option.right)) {
    errors.push({ line, message: 'a prediction has at least two options, one of them right: `- [x]`' });
  }
  const answer = lines
    .slice(rule + 1)
    .join('\n')
    .trim();
  if (answer === '') errors.push({ line, message: 'a prediction has an answer below its line `---`' });
  return { kind: 'predict', line, question: lines.slice(0, first).join('\n').trim(), options, answer };
}

const OPTION = /^- \[([ x])\] (.*)$/;
