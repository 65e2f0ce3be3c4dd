/**
 * For: protocol tests that do not depend on what the analysis finds: an engine that reads a few words of its own.
 * - `race(x)` in two files: `fake-race` (error, proved) at each, related to the other; a fix that edits both files
 * - `var`: `fake-var` (warning) with a safe, preferred fix and an unsafe one
 * - `hint()`: `fake-hint` (hint)
 * - `crash()`: asking for the findings of the file throws
 * - `slow(ms)`: findings take that long, and stop when asked to
 * - `quiet(x)`: a reason for silence
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Cancelled, type CancelCheck } from '../../server/src/base/cancel.ts';
import type { Finding, Problem, Severity } from '../../server/src/base/finding.ts';
import type { FileId, Fix, Span } from '../../server/src/base/text.ts';
import type { Engine, EngineOptions, Explanation, Reason } from '../../server/src/engine.ts';

interface Word {
  readonly name: string;
  readonly span: Span;
}

export function createFakeEngine(options: EngineOptions): Engine {
  const open = new Map<FileId, string>();
  let texts = new Map<FileId, string>();
  let races = '';
  let generation = 0;

  const load = () => {
    texts = new Map([
      ...options.roots.flatMap(filesBelow).map((file) => [file, readFileSync(file, 'utf8')]),
      ...open,
    ] as [string, string][]);
  };
  const words = (file: FileId, pattern: RegExp): Word[] =>
    [...(texts.get(file) ?? '').matchAll(pattern)].map((match) => ({
      name: match[1] ?? '',
      span: { file, start: match.index, end: match.index + match[0].length },
    }));
  const allRaces = () => [...texts.keys()].flatMap((file) => words(file, /race\((\w+)\)/g));
  /** As in the real engine, what reaches across files is brought up to date when findings are asked for. */
  const link = () => {
    const now = JSON.stringify(allRaces().map(({ name, span }) => [name, span.file]));
    if (now !== races) generation++;
    races = now;
  };
  const make = (rule: string, severity: Severity, word: Word, more: Partial<Finding> = {}): Finding[] => {
    const asked = options.rules?.[rule] ?? severity;
    if (asked === 'off') return [];
    const base: Finding = {
      rule,
      category: 'shared-memory-race',
      severity: asked,
      confidence: 'likely',
      span: word.span,
      message: `${rule} at ${(texts.get(word.span.file) ?? '').slice(word.span.start, word.span.end)}`,
      related: [],
      schedule: [],
      lesson: '01-fake',
    };
    return [{ ...base, ...more }];
  };
  const quick = (file: FileId) => [
    ...words(file, /\bvar\b/g).flatMap((word) => make('fake-var', 'warning', word)),
    ...words(file, /hint\(\)/g).flatMap((word) =>
      make('fake-hint', 'hint', word, { confidence: 'possible' }),
    ),
  ];

  load();
  return {
    apply: ({ opened = [], closed = [] }) => {
      for (const { file, text } of opened) open.set(file, text);
      for (const file of closed) open.delete(file);
      load();
    },
    files: () => [...texts.keys()].sort(),
    text: (file) => texts.get(file) ?? null,
    quickFindings: quick,
    findings: (file, cancelled) => {
      const text = texts.get(file) ?? '';
      if (text.includes('crash()')) throw new Error('the fake rule failed');
      const slow = /slow\((\d+)\)/.exec(text)?.[1];
      if (slow !== undefined) spin(Number(slow), cancelled);
      link();
      const found = words(file, /race\((\w+)\)/g).flatMap((word) => {
        const other = allRaces().find(({ name, span }) => name === word.name && span.file !== file);
        if (other === undefined) return [];
        return make('fake-race', 'error', word, {
          confidence: 'proved',
          related: [{ span: other.span, message: 'the other side' }],
          schedule: [
            { agent: 'main', span: word.span, does: `read ${word.name}` },
            { agent: 'worker', span: other.span, does: `write ${word.name}` },
          ],
        });
      });
      return [...found, ...quick(file)].sort((a, b) => a.span.start - b.span.start);
    },
    fixes: (finding): Fix[] => {
      if (finding.rule === 'fake-var')
        return [
          { title: 'Use let', safe: true, preferred: true, edits: [{ span: finding.span, text: 'let' }] },
          { title: 'Use const', safe: false, edits: [{ span: finding.span, text: 'const' }] },
        ];
      if (finding.rule !== 'fake-race') return [];
      const spans = [finding.span, ...finding.related.map(({ span }) => span)];
      const rename = (span: Span) =>
        (texts.get(span.file) ?? '').slice(span.start, span.end).replace('race', 'atomic');
      return [
        {
          title: 'Make both sides atomic',
          safe: true,
          edits: spans.map((span) => ({ span, text: rename(span) })),
        },
      ];
    },
    explain: (file, offset): Explanation | null => {
      const word = words(file, /race\((\w+)\)/g).find(
        ({ span }) => span.start <= offset && offset <= span.end,
      );
      if (word === undefined) return null;
      const other = allRaces().find(({ name, span }) => name === word.name && span.file !== file);
      return {
        span: word.span,
        title: `Nothing orders ${word.name}`,
        text: 'No edge leads from here to there',
        links: other === undefined ? [] : [{ label: 'writes it too', span: other.span }],
        lesson: '01-fake',
      };
    },
    why: (file, line): Reason[] =>
      words(file, /quiet\((\w+)\)/g)
        .filter(({ span }) => (texts.get(file) ?? '').slice(0, span.start).split('\n').length - 1 === line)
        .map(({ name, span }) => ({
          name: 'fresh-object',
          span,
          message: `${name} is not shared yet`,
          links: [{ label: 'made here', span: { file, start: 0, end: 1 } }],
        })),
    print: (stage, file) => `${stage} ${file}`,
    generation: () => generation,
    problems: () => options.roots.flatMap(problemsBelow),
    ruleTimes: () => [
      { rule: 'fake-race', milliseconds: 3, findings: 2 },
      { rule: 'fake-var', milliseconds: 1, findings: 1 },
    ],
    save: () => undefined,
  };
}

/** A configuration that names a rule `nonsense`, and files that hold the byte 0xff. */
function problemsBelow(root: FileId): Problem[] {
  const config = join(root, 'lockstep.config.json');
  const text = existsSync(config) ? readFileSync(config, 'utf8') : '';
  const start = text.indexOf('nonsense');
  return start < 0
    ? []
    : [{ file: config, span: { file: config, start, end: start + 8 }, message: 'there is no rule nonsense' }];
}

function filesBelow(folder: FileId): FileId[] {
  if (!existsSync(folder)) return [];
  if (statSync(folder).isFile()) return folder.endsWith('.ts') ? [folder] : [];
  return readdirSync(folder)
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => filesBelow(join(folder, name)));
}

function spin(milliseconds: number, cancelled: CancelCheck | undefined): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) if (cancelled?.() === true) throw new Cancelled();
}
