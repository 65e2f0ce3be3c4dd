/** Every lesson tells the truth: its files are there, its code compiles strictly, its programs end as it says. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLessons, lessonIds } from '../server/src/learn/build.ts';
import { parseLesson } from '../server/src/learn/lesson.ts';
import { parseLessonDoc, parseLessonIndex, type LessonDoc } from '../server/src/learn/protocol.ts';
import { claimFor, readClaims, readSource } from '../server/src/learn/source.ts';
import { check, differences, type Fixture } from './harness.ts';
import { buildRunner, runToEnd, temporaryFolder } from './learn/built.ts';
import { ROOT, foldersIn } from './tools/sources.ts';

const LESSONS = join(ROOT, 'media/lessons');
const IDS = lessonIds(LESSONS);
/** More than any lesson needs, even on a machine that is busy with other tests. */
const PATIENCE_MS = 60_000;

const out = temporaryFolder();
let runner = '';
const docs = new Map<string, LessonDoc>();

beforeAll(async () => {
  const index = await buildLessons(LESSONS, out.path);
  for (const { id } of index) {
    docs.set(id, parseLessonDoc(JSON.parse(readFileSync(join(out.path, `${id}.json`), 'utf8'))));
  }
  runner = await buildRunner(out.path);
}, PATIENCE_MS);
afterAll(() => out.remove());

const textOf = (id: string, file: string): string => readFileSync(join(LESSONS, id, file), 'utf8');

/** Every program that expect.txt of a lesson speaks of. */
const PROGRAMS = IDS.flatMap((id) =>
  [...readClaims(textOf(id, 'expect.txt')).claims.keys()].map((file) => ({ id, file })),
);

function sourcesOf(id: string): string[] {
  return ['', 'solution']
    .map((folder) => join(LESSONS, id, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.ts'));
}

/** The program of a lesson's folder as the linter sees it: its files and what the lessons share. */
function fixtureOf(id: string, folder: string): Fixture {
  const shared = ['stage.ts', 'node.d.ts', 'lockstep.d.ts'].map((name) => ({
    path: join(LESSONS, name),
    name,
  }));
  const own = readdirSync(join(LESSONS, id, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: join(LESSONS, id, folder, name), name: join(id, folder, name) }));
  return new Map([...shared, ...own].map(({ path, name }) => [name, readFileSync(path, 'utf8')]));
}

describe('the course', () => {
  it('has an index in the order of its folders', () => {
    const index = parseLessonIndex(JSON.parse(readFileSync(join(out.path, 'index.json'), 'utf8')));
    expect(index.map(({ id }) => id)).toEqual(IDS);
    expect(IDS).toEqual([...IDS].sort());
  });

  it(
    'compiles under strict',
    () => {
      const config = ts.readConfigFile(join(LESSONS, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'));
      const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, LESSONS);
      expect(options.strict).toBe(true);
      const program = ts.createProgram(fileNames, options);
      const faults = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
        const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
        return `${file?.fileName ?? ''}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      });
      expect(faults).toEqual([]);
      for (const id of IDS) {
        for (const file of sourcesOf(id)) expect(fileNames).toContain(file.replaceAll('\\', '/'));
      }
    },
    PATIENCE_MS,
  );
});

it('declares of lockstep/sync only what it has', () => {
  const file = join(out.path, 'declared.ts');
  writeFileSync(
    file,
    `import { Mutex as Real } from ${JSON.stringify(join(ROOT, 'server/src/runtime/index.ts'))};
     import type { Mutex, MutexHandle } from 'lockstep/sync';
     const create: () => Mutex = Real.create;
     const lock: Mutex = Real.create();
     const handle: MutexHandle = Real.create().handle;
     export { create, lock, handle };`,
  );
  const program = ts.createProgram([file, join(LESSONS, 'lockstep.d.ts')], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: [],
  });
  const source = program.getSourceFile(file)!;
  const faults = [...program.getSemanticDiagnostics(source), ...program.getSyntacticDiagnostics(source)];
  expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([]);
});

describe.each(IDS)('%s', (id) => {
  it('asks before it answers, runs something, shows the accident and its cure', () => {
    const kinds = docs.get(id)!.blocks.map((block) => block.kind);
    expect(kinds.indexOf('predict')).toBeGreaterThanOrEqual(0);
    expect(kinds.indexOf('predict')).toBeLessThan(kinds.indexOf('run'));
    expect(kinds).toContain('timeline');
    const runs = docs.get(id)!.blocks.flatMap((block) => (block.kind === 'run' ? [block.file] : []));
    expect(runs.some((file) => !file.startsWith('solution/'))).toBe(true);
    expect(runs.some((file) => file.startsWith('solution/'))).toBe(true);
  });

  it('has the sections that every lesson has', () => {
    const headings = [...textOf(id, 'lesson.md').matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    for (const heading of ['What happened', 'The rule', 'The fix', 'What to remember']) {
      expect(headings).toContain(heading);
    }
    expect(headings.at(-1)).toBe('What to remember');
  });

  it('names a clause of the standard', () => {
    expect(textOf(id, 'lesson.md')).toMatch(/ECMA-262, (?:clauses? )?\*/);
  });

  it('takes about the minutes that it says', () => {
    const words = textOf(id, 'lesson.md').split(/\s+/).length;
    const { minutes } = docs.get(id)!;
    // 200 words a minute, and one minute for each thing to try or to read closely.
    const tried = docs.get(id)!.blocks.filter((block) => block.kind !== 'prose').length;
    expect(Math.abs(words / 200 + tried * 0.5 - minutes)).toBeLessThanOrEqual(3);
    expect(minutes).toBeGreaterThanOrEqual(5);
    expect(minutes).toBeLessThanOrEqual(15);
  });

  it('links only to rules that it names and to lessons that exist', () => {
    const text = textOf(id, 'lesson.md');
    const rules = [...text.matchAll(/\]\(rule:([^)]+)\)/g)].map((match) => match[1]!);
    const named = parseLesson(text).lesson.rules;
    expect([...new Set(rules)].sort()).toEqual([...named].sort());
    for (const match of text.matchAll(/\]\(lesson:([^)]+)\)/g)) expect(IDS).toContain(match[1]);
  });

  it('shows exactly the findings that the linter has, and none on the solution', () => {
    expect(differences(check(fixtureOf(id, '')))).toEqual([]);
    if (foldersIn(`media/lessons/${id}`).includes('solution')) {
      expect(differences(check(fixtureOf(id, 'solution')))).toEqual([]);
    }
  });

  it('shows findings of rules that it names, on the bad code only', () => {
    const named = parseLesson(textOf(id, 'lesson.md')).lesson.rules;
    const rulesIn = (file: string) =>
      readSource(readFileSync(file, 'utf8')).annotations.map((annotation) => annotation.rule);
    const bad = sourcesOf(id).filter((file) => !file.includes('/solution/'));
    const good = sourcesOf(id).filter((file) => file.includes('/solution/'));
    expect(new Set(bad.flatMap(rulesIn)).size).toBeGreaterThan(0);
    for (const rule of bad.flatMap(rulesIn)) expect(named).toContain(rule);
    expect(good.flatMap(rulesIn)).toEqual([]);
  });

  it('shows carets below code, not below nothing', () => {
    for (const file of sourcesOf(id)) {
      const { text, annotations } = readSource(readFileSync(file, 'utf8'));
      const lines = text.split('\n');
      for (const { line, start, end } of annotations) {
        const marked = lines[line]!.slice(start, end);
        expect(marked, `${file}:${line + 1}`).toHaveLength(end - start);
        expect(marked.trim(), `${file}:${line + 1}`).toBe(marked);
      }
    }
  });

  it('says of each solution only what is fine', () => {
    for (const [file, claims] of readClaims(textOf(id, 'expect.txt')).claims) {
      expect(existsSync(join(LESSONS, id, file)), file).toBe(true);
      const harmful = claims.some((claim) => claim.kind === 'harm');
      expect(harmful, file).toBe(!file.startsWith('solution/'));
    }
  });
});

describe('a program of a lesson', () => {
  it.each(PROGRAMS)(
    '$id/$file ends in outcomes that the lesson names',
    async ({ id, file }) => {
      const claims = readClaims(textOf(id, 'expect.txt')).claims.get(file)!;
      const entry = join(out.path, id, file.replace(/\.ts$/, '.mjs'));
      expect(existsSync(entry)).toBe(true);
      const { end, counts, lines } = await runToEnd(runner, entry, { milliseconds: PATIENCE_MS });
      expect(end).toMatchObject({ reason: 'done', message: '' });
      const outcomes = Object.keys(counts);
      expect(outcomes.length, lines.join('\n')).toBeGreaterThan(0);
      // Which of the allowed outcomes come up is chance; that no other one does is not.
      expect(outcomes.filter((outcome) => claimFor(claims, outcome) === null)).toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe('a fault in a lesson', () => {
  it('stops the build with file, line and reason', async () => {
    const broken = join(out.path, 'broken');
    mkdirSync(join(broken, '01-broken'), { recursive: true });
    writeFileSync(
      join(broken, '01-broken/lesson.md'),
      '---\ntitle: Broken\nminutes: 5\n---\n{{code main.ts}}\n{{video x.ts}}\n{{code there.ts#nowhere}}\n{{run there.ts}}\n',
    );
    writeFileSync(join(broken, '01-broken/there.ts'), 'export {};\n');
    const failed = await buildLessons(broken, join(broken, 'out')).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
    expect(failed.split('\n').map((line) => line.replace(/^.*01-broken\//, ''))).toEqual([
      'lesson.md:6: unknown directive `video`: there are code, run, predict, timeline and litmus',
      'lesson.md:5: there is no file `main.ts` in this lesson',
      'lesson.md:7: `there.ts` has no region `nowhere`',
      'expect.txt:1: says nothing of `there.ts`, which the lesson runs',
    ]);
  });
});
