/** The single place where tests call the Engine: one fixture language for rules, docs, lessons and the server. */
import { createEngine, type Engine } from '../server/src/engine.ts';
import type { Finding } from '../server/src/base/finding.ts';
import { applyEdits, lineStarts, positionAt, type Fix } from '../server/src/base/text.ts';
import { memoryDisk } from '../server/src/read/disk.ts';

export const ROOT = '/project';

/** Files by name, `main.ts` where a fixture names none. */
export type Fixture = ReadonlyMap<string, string>;

/** What carets under a line of code say. */
export interface Expected {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly rule: string;
  readonly part: string;
}

export function parseFixture(text: string): Fixture {
  const files = new Map<string, string>();
  let name = 'main.ts';
  let lines: string[] = [];
  const close = () => {
    if (lines.some((line) => line.trim() !== '')) files.set(name, `${lines.join('\n')}\n`);
    lines = [];
  };
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const start = /^\/\/- (\S+)$/.exec(line);
    if (start === null) {
      lines.push(line);
      continue;
    }
    close();
    name = start[1]!;
  }
  close();
  return files;
}

const CARETS = /^(\s*\/\/\s*)(\^+)\s*([\w-]+)(?::\s*(.*))?$/;

export function parseCarets(file: string, text: string): Expected[] {
  const expected: Expected[] = [];
  let code = -1;
  text.split('\n').forEach((line, index) => {
    const match = CARETS.exec(line);
    if (match === null) {
      code = index;
      return;
    }
    const [, before, carets, rule, part = ''] = match;
    expected.push({
      file,
      line: code,
      column: before!.length,
      length: carets!.length,
      rule: rule!,
      part: part.trim(),
    });
  });
  return expected;
}

/** Lines that say of themselves that they must stay silent: `// ok`, `// ok: reason`, `// miss: reason`. */
export function silentLines(text: string): number[] {
  return text.split('\n').flatMap((line, index) => (/\/\/ (?:ok|miss)\b/.test(line) ? [index] : []));
}

export function engineOf(fixture: Fixture): Engine {
  const files = Object.fromEntries([...fixture].map(([name, text]) => [`${ROOT}/${name}`, text]));
  return createEngine({ roots: [ROOT], disk: memoryDisk(files), strict: true });
}

export interface Checked {
  readonly engine: Engine;
  readonly fixture: Fixture;
  readonly findings: readonly Finding[];
}

export function check(fixture: Fixture): Checked {
  const engine = engineOf(fixture);
  const findings = [...fixture.keys()].flatMap((name) => engine.findings(`${ROOT}/${name}`));
  return { engine, fixture, findings };
}

/** One line for each difference between what a fixture says and what is found; empty when they agree. */
export function differences({ fixture, findings }: Checked): string[] {
  const faults: string[] = [];
  const left = [...findings];
  for (const [name, text] of fixture) {
    const starts = lineStarts(text);
    for (const each of parseCarets(name, text)) {
      const start = starts[each.line]! + each.column;
      const index = left.findIndex(
        ({ span, rule, message }) =>
          span.file === `${ROOT}/${name}` &&
          span.start === start &&
          visibleLength(text, span.start, span.end) === each.length &&
          rule === each.rule &&
          message.includes(each.part),
      );
      if (index < 0)
        faults.push(
          `expected at ${name}:${each.line + 1}:${each.column + 1} (${each.length} wide) ${each.rule}: ${each.part}`,
        );
      else left.splice(index, 1);
    }
  }
  for (const finding of left) faults.push(`not expected: ${describeFinding(fixture, finding)}`);
  return faults;
}

/** A finding over several lines is marked on its first. */
function visibleLength(text: string, start: number, end: number): number {
  const newline = text.indexOf('\n', start);
  return (newline >= 0 && newline < end ? newline : end) - start;
}

export function describeFinding(fixture: Fixture, { span, rule, message }: Finding): string {
  const name = span.file.slice(ROOT.length + 1);
  const text = fixture.get(name) ?? '';
  const { line, column } = positionAt(lineStarts(text), span.start);
  return `${name}:${line + 1}:${column + 1} (${visibleLength(text, span.start, span.end)} wide) ${rule}: ${message}`;
}

/** The files after a fix. */
export function applyFix(fixture: Fixture, fix: Fix): Fixture {
  const after = new Map(fixture);
  for (const [name, text] of fixture) {
    const edits = fix.edits.filter((edit) => edit.span.file === `${ROOT}/${name}`);
    after.set(name, applyEdits(text, edits));
  }
  return after;
}

/** A fixture without its caret lines: what the reader's own file would be. */
export function withoutCarets(fixture: Fixture): Fixture {
  return new Map(
    [...fixture].map(([name, text]) => [
      name,
      text
        .split('\n')
        .filter((line) => !CARETS.test(line))
        .join('\n'),
    ]),
  );
}

export interface Block {
  readonly kind: 'bad' | 'good' | 'fixed';
  readonly text: string;
  readonly line: number;
}

/** The checked examples of a page: ```` ```ts bad ````, ```` ```ts good ````, ```` ```ts fixed ````. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const open = /^```(?:ts|js|tsx) (bad|good|fixed)$/.exec(lines[index]!);
    if (open === null) continue;
    const end = lines.indexOf('```', index + 1);
    blocks.push({
      kind: open[1] as Block['kind'],
      text: `${lines.slice(index + 1, end).join('\n')}\n`,
      line: index + 1,
    });
    index = end;
  }
  return blocks;
}
