/** Every fix of every bad example and case of every rule: what it leaves compiles, has lost the finding and gained none. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../server/src/base/finding.ts';
import type { Fix } from '../server/src/base/text.ts';
import { RULES } from '../server/src/rules/index.ts';
import {
  applyFix,
  blocksOf,
  check,
  describeFinding,
  parseFixture,
  ROOT,
  withoutCarets,
  type Fixture,
} from './harness.ts';

const RULES_DIR = join(import.meta.dirname, '../server/src/rules');
const LIB_DIR = dirname(ts.getDefaultLibFilePath({}));
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.webworker.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  jsx: ts.JsxEmit.Preserve,
  allowJs: true,
  skipLibCheck: true,
  skipDefaultLibCheck: true,
  noEmit: true,
  types: [],
};
/** Packages are not there: their names have no types, and what is theirs is `any`. */
const MISSING = new Set([2307, 2580, 2591, 2792, 7016]);

describe.each(RULES.map((rule) => [rule.meta.id] as const))('%s', (id) => {
  const texts = textsOf(id);
  it.each(texts.map(([name, text]) => [name, text] as const))('%s', (_name, text) => {
    const fixture = withoutCarets(parseFixture(text));
    const { engine, findings } = check(fixture);
    const mended = findings.flatMap((finding) =>
      engine.fixes(finding).map((fix) => ({ finding, fix, after: applyFix(fixture, fix) })),
    );
    const [before = [], ...errors] = errorsOf([fixture, ...mended.map(({ after }) => after)]);
    mended.forEach(({ finding, fix, after }, index) => {
      const about = `${fix.title}, for ${describeFinding(fixture, finding)}`;
      expect(after, about).not.toEqual(fixture);
      expect(added(before, errors[index]!), about).toEqual([]);
      const left = check(after).findings;
      expect(faultsOf(fixture, finding, findings, after, left, fix), about).toEqual([]);
    });
    for (const finding of findings) {
      const preferred = engine.fixes(finding).filter((fix) => fix.preferred === true);
      expect(preferred.length).toBeLessThanOrEqual(1);
    }
  });
});

/** What the standard's operations give back is the old value (ECMA-262, *AtomicReadModifyWrite*). */
const REWRITTEN: readonly (readonly [before: string, after: string | null, safe?: 'safe'])[] = [
  ['numbers[0]++;', 'Atomics.add(numbers, 0, 1);', 'safe'],
  ['--numbers[0];', 'Atomics.sub(numbers, 0, 1);', 'safe'],
  ['numbers[0] += by;', 'Atomics.add(numbers, 0, by);'],
  ['numbers[0] -= 7;', 'Atomics.sub(numbers, 0, 7);', 'safe'],
  ['numbers[0] |= by;', 'Atomics.or(numbers, 0, by);', 'safe'],
  ['numbers[0] = numbers[0]! & ~by;', 'Atomics.and(numbers, 0, ~by);', 'safe'],
  ['numbers[0] = 3 + numbers[0]!;', 'Atomics.add(numbers, 0, 3);', 'safe'],
  ['numbers[0] = 1 + numbers[0]! + by;', 'Atomics.add(numbers, 0, 1 + by);'],
  ['numbers[0] = Atomics.load(numbers, 0) ^ 5;', 'Atomics.xor(numbers, 0, 5);', 'safe'],
  ['const old = numbers[0]++;', 'const old = Atomics.add(numbers, 0, 1);', 'safe'],
  ['const now = ++numbers[0];', 'const now = Atomics.add(numbers, 0, 1) + 1;', 'safe'],
  ['const twice = (numbers[0] -= by) * 2;', 'const twice = (Atomics.sub(numbers, 0, by) - by) * 2;'],
  ['const now = (numbers[0] += by * 2);', null],
  ['while (numbers[0]-- > 0) by++;', 'while (Atomics.sub(numbers, 0, 1) > 0) by++;', 'safe'],
  ['bigs[0]++;', 'Atomics.add(bigs, 0, 1n);', 'safe'],
  ['bigs[0] = bigs[0]! - 5n;', 'Atomics.sub(bigs, 0, 5n);', 'safe'],
  [
    'numbers[0] *= 2;',
    'let seen = Atomics.load(numbers, 0);\n  while (Atomics.compareExchange(numbers, 0, seen, seen * 2) !== seen) seen = Atomics.load(numbers, 0);',
    'safe',
  ],
  [
    'numbers[0] = by - numbers[0]!;',
    'let seen = Atomics.load(numbers, 0);\n  while (Atomics.compareExchange(numbers, 0, seen, by - seen) !== seen) seen = Atomics.load(numbers, 0);',
    'safe',
  ],
  [
    'numbers[0] = Math.max(numbers[0]!, by);',
    'let seen = Atomics.load(numbers, 0);\n  while (Atomics.compareExchange(numbers, 0, seen, Math.max(seen, by)) !== seen) seen = Atomics.load(numbers, 0);',
  ],
  ['const half = (numbers[0] /= 2);', null],
  ['const old = numbers[0]!;\n  numbers[0] = old + 2;', 'const old = Atomics.add(numbers, 0, 2);', 'safe'],
  ['const old = numbers[0]!;\n  numbers[0] = 0;', 'const old = Atomics.exchange(numbers, 0, 0);'],
  ['const old = numbers[0]!;\n  by++;\n  numbers[0] = old + by;', null],
  ['floats[0] += 1;', null],
  ['clamped[0] += 1;', null],
  ['numbers[by++] += 1;', 'Atomics.add(numbers, by++, 1);'],
  ['numbers[by++] *= 2;', null],
];

describe('an update', () => {
  it.each(REWRITTEN.map(([before, after, safe]) => [before, after, safe] as const))(
    '%s',
    (before, after, safe) => {
      const { engine, fixture, findings } = check(parseFixture(worker(before)));
      const fixes = engine.fixes(findings[0]!);
      if (after === null) {
        expect(fixes).toEqual([]);
        return;
      }
      expect([...applyFix(fixture, fixes[0]!)]).toEqual([...parseFixture(worker(after))]);
      expect(fixes[0]!.safe).toBe(safe === 'safe');
    },
  );
});

/** A line that several workers run. */
function worker(line: string): string {
  return `//- main.ts
const shared = new SharedArrayBuffer(64);
for (let n = 0; n < 3; n++) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.postMessage({ shared, by: Math.random() });
}
//- worker.ts
self.onmessage = ({ data: { shared, by } }: MessageEvent<{ shared: SharedArrayBuffer; by: number }>) => {
  const numbers = new Int32Array(shared);
  const bigs = new BigInt64Array(shared);
  const floats = new Float32Array(shared);
  const clamped = new Uint8ClampedArray(shared);
  ${line}
};
`;
}

describe('the check itself', () => {
  const bad = parseFixture('export const wrong: number = "text";\n');
  it('sees what does not compile', () => {
    const [first = [], second = []] = errorsOf([bad, bad]);
    expect(first).toHaveLength(1);
    expect(added(first, second)).toEqual([]);
    expect(added([], first)).toHaveLength(1);
  });

  it('sees a finding that stays and one that is new', () => {
    const loop = (head: string) =>
      parseFixture(`for (${head} i = 0; i < 3; i++) {\n  setTimeout(() => console.log(i), 10);\n}\n`);
    const [clean, dirty] = [loop('let'), loop('var')];
    const { findings } = check(dirty);
    const nothing: Fix = { title: '', safe: false, edits: [] };
    expect(faultsOf(dirty, findings[0]!, findings, dirty, findings, nothing)).toHaveLength(1);
    expect(faultsOf(clean, findings[0]!, [], dirty, findings, nothing)).toHaveLength(2);
    expect(faultsOf(dirty, findings[0]!, findings, clean, [], nothing)).toEqual([]);
  });
});

/** Bad examples and cases, each with a name. */
function textsOf(id: string): [string, string][] {
  const dir = join(RULES_DIR, id);
  const texts = blocksOf(readFileSync(join(dir, 'doc.md'), 'utf8'))
    .filter((block) => block.kind === 'bad')
    .map((block): [string, string] => [`doc.md, line ${block.line}`, block.text]);
  const cases = existsSync(join(dir, 'cases')) ? readdirSync(join(dir, 'cases')).sort() : [];
  for (const name of cases) texts.push([`cases/${name}`, readFileSync(join(dir, 'cases', name), 'utf8')]);
  return texts;
}

function faultsOf(
  before: Fixture,
  mended: Finding,
  known: readonly Finding[],
  after: Fixture,
  left: readonly Finding[],
  fix: Fix,
): string[] {
  const places = new Set(known.map((finding) => placeOf(finding)));
  return left
    .flatMap((finding) => {
      const place = placeBefore(finding, before, after, fix);
      if (place === placeOf(mended) && finding.rule === mended.rule) return ['the finding is still there'];
      if (!places.has(place)) return [`new: ${describeFinding(after, finding)}`];
      return [];
    })
    .concat(places.has(placeOf(mended)) ? [] : [`not a finding before: ${describeFinding(before, mended)}`]);
}

function placeOf({ span }: Finding): string {
  return `${span.file}:${span.start}`;
}

/** Where the place stood before the fix; for what the fix moved into its text, where it was moved from. */
function placeBefore({ span }: Finding, before: Fixture, after: Fixture, fix: Fix): string {
  const name = span.file.slice(ROOT.length + 1);
  const found = after.get(name)!.slice(span.start, span.end);
  let shift = 0;
  const edits = fix.edits
    .filter((edit) => edit.span.file === span.file)
    .sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  for (const { span: old, text } of edits) {
    const start = old.start + shift;
    if (span.start < start) break;
    if (span.start < start + text.length) {
      const moved = before.get(name)!.slice(old.start, old.end).indexOf(found);
      return `${span.file}:${old.start + Math.max(moved, 0)}`;
    }
    shift += text.length - (old.end - old.start);
  }
  return `${span.file}:${span.start - shift}`;
}

const libs = new Map<string, ts.SourceFile | undefined>();
let last: ts.Program | undefined;

/** Errors that the compiler has with each of these, one line each, without their places. */
function errorsOf(fixtures: readonly Fixture[]): string[][] {
  const files = new Map(
    fixtures.flatMap((fixture, index) => [...fixture].map(([name, text]) => [`/${index}/${name}`, text])),
  );
  const host: ts.CompilerHost = {
    fileExists: (file) => files.has(file),
    readFile: (file) => files.get(file),
    directoryExists: () => true,
    getSourceFile: (file, target) => {
      const text = files.get(file);
      return text === undefined ? libOf(file, target) : ts.createSourceFile(file, text, target);
    },
    getDefaultLibFileName: () => join(LIB_DIR, 'lib.d.ts'),
    getDefaultLibLocation: () => LIB_DIR,
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (file) => file,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
  };
  const rootNames = [...files.keys()].filter((file) => /\.[cm]?[jt]sx?$/.test(file));
  const program = ts.createProgram({
    rootNames,
    options: OPTIONS,
    host,
    ...(last === undefined ? {} : { oldProgram: last }),
  });
  last = program;
  return fixtures.map((_, index) =>
    rootNames
      .filter((file) => file.startsWith(`/${index}/`))
      .flatMap((file) => {
        const source = program.getSourceFile(file)!;
        return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
          .filter(({ code }) => !MISSING.has(code))
          .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
      }),
  );
}

function libOf(
  file: string,
  target: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.SourceFile | undefined {
  if (!libs.has(file)) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    libs.set(file, text === undefined ? undefined : ts.createSourceFile(file, text, target));
  }
  return libs.get(file);
}

/** Errors of `after` that `before` has not, as often as it has them. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const left = [...before];
  return after.filter((error) => {
    const index = left.indexOf(error);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
