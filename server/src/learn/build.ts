/**
 * For: media/lessons → dist/lessons: at build time everything that a lesson needs is worked out, so that opening one is
 * reading a JSON file and running one is starting a program that is already JavaScript.
 * In and out: a folder of lesson folders in; `<id>.json`, `<id>/*.mjs` and `index.json` out. One error names all faults.
 * Must never know: the panel, rules. Runs in the build only: shiki, markdown-it and esbuild are not shipped.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { parseLesson, type LessonError, type Part } from './lesson.ts';
import type { Block, LessonDoc, LessonEntry } from './protocol.ts';
import { createRenderer, type Renderer } from './render.ts';
import { readClaims, readSource, readTimeline } from './source.ts';

/** Returns the table of contents. Throws an Error whose message has one line `file:line: what is wrong` per fault. */
export async function buildLessons(sourceDir: string, outDir: string): Promise<LessonEntry[]> {
  const renderer = await createRenderer();
  const faults: string[] = [];
  const docs: LessonDoc[] = [];
  for (const id of lessonIds(sourceDir)) {
    const folder = join(sourceDir, id);
    docs.push(
      assembleLesson(
        id,
        (file) => readIfThere(join(folder, file)),
        renderer,
        (file, error) => faults.push(`${join(folder, file)}:${error.line}: ${error.message}`),
      ),
    );
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));

  mkdirSync(outDir, { recursive: true });
  await Promise.all(docs.map((doc) => bundlePrograms(sourceDir, outDir, doc.id)));
  for (const doc of docs) writeFileSync(join(outDir, `${doc.id}.json`), JSON.stringify(doc));
  const index = docs.map(({ id, title, minutes, rules }) => ({ id, title, minutes, rules }));
  writeFileSync(join(outDir, 'index.json'), JSON.stringify(index));
  return index;
}

/** Folders that hold a lesson.md; their names give the order of the course. */
export function lessonIds(sourceDir: string): string[] {
  return readdirSync(sourceDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(sourceDir, entry.name, 'lesson.md')))
    .map((entry) => entry.name)
    .sort();
}

/** One lesson from its texts; `read` gives null for a file that is not there. */
export function assembleLesson(
  id: string,
  read: (file: string) => string | null,
  renderer: Renderer,
  fault: (file: string, error: LessonError) => void,
): LessonDoc {
  const { lesson, errors } = parseLesson(read('lesson.md') ?? '');
  for (const error of errors) fault('lesson.md', error);
  const expectations = readClaims(read('expect.txt') ?? '');
  for (const error of expectations.errors) fault('expect.txt', error);

  const files = new Set<string>();
  const open = (file: string, line: number): string => {
    const text = read(file);
    if (text === null) fault('lesson.md', { line, message: `there is no file \`${file}\` in this lesson` });
    return text ?? '';
  };
  const blockOf = (part: Part): Block => {
    switch (part.kind) {
      case 'prose':
        return { kind: 'prose', html: renderer.markdown(part.markdown) };
      case 'predict':
        return {
          kind: 'predict',
          question: renderer.markdown(part.question),
          options: part.options.map((option) => ({
            html: renderer.inline(option.markdown),
            right: option.right,
          })),
          answer: renderer.markdown(part.answer),
        };
      case 'code': {
        files.add(part.file);
        return codeBlock(part, open(part.file, part.line), renderer, fault);
      }
      case 'run': {
        files.add(part.file);
        open(part.file, part.line);
        const claims = expectations.claims.get(part.file) ?? [];
        if (claims.length === 0) {
          fault('expect.txt', {
            line: 1,
            message: `says nothing of \`${part.file}\`, which the lesson runs`,
          });
        }
        return { kind: 'run', file: part.file, entry: builtName(part.file), claims };
      }
      case 'timeline': {
        const { timeline, errors: wrong } = readTimeline(open(part.file, part.line));
        for (const error of wrong) fault(part.file, error);
        return { kind: 'timeline', timeline };
      }
      case 'litmus':
        return { kind: 'litmus', file: part.file, source: open(part.file, part.line) };
    }
  };
  const blocks = lesson.parts.map(blockOf);
  const { title, minutes, rules, words } = lesson;
  return { id, title, minutes, rules: [...rules], words: [...words], blocks, files: [...files] };
}

function codeBlock(
  part: Part & { kind: 'code' },
  raw: string,
  renderer: Renderer,
  fault: (file: string, error: LessonError) => void,
): Block {
  const source = readSource(raw);
  const lines = source.text.trimEnd().split('\n');
  const region = part.region === null ? { start: 0, end: lines.length } : source.regions.get(part.region);
  if (region === undefined) {
    fault('lesson.md', { line: part.line, message: `\`${part.file}\` has no region \`${part.region!}\`` });
    return { kind: 'code', file: part.file, lines: [], annotations: [] };
  }
  const annotations = source.annotations
    .filter(({ line }) => line >= region.start && line < region.end)
    .map((annotation) => ({ ...annotation, line: annotation.line - region.start }));
  const shown = lines.slice(region.start, region.end).join('\n');
  return { kind: 'code', file: part.file, lines: renderer.code(shown, 'ts', annotations), annotations };
}

function builtName(file: string): string {
  return file.replace(/\.ts$/, '.mjs');
}

/** Every program and every worker of a lesson becomes one file that imports nothing but Node. */
async function bundlePrograms(sourceDir: string, outDir: string, id: string): Promise<void> {
  const folder = join(sourceDir, id);
  const programs = [folder, join(folder, 'solution')]
    .filter((each) => existsSync(each))
    .flatMap((each) => readdirSync(each).map((name) => join(each, name)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  if (programs.length === 0) return;
  await build({
    entryPoints: programs,
    outbase: folder,
    outdir: join(outDir, id),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    alias: { 'lockstep/sync': resolve(sourceDir, '../../server/src/runtime/index.ts') },
    plugins: [builtWorkers],
  });
}

/** `new URL('./worker.ts', import.meta.url)` names the worker's source; what was built lies beside it under its built name. */
const builtWorkers: Plugin = {
  name: 'built-workers',
  setup(context) {
    context.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replaceAll(
        /(new URL\(\s*'\.{1,2}\/[\w/-]+)\.ts('\s*,\s*import\.meta\.url)/g,
        '$1.mjs$2',
      ),
    }));
  },
};

function readIfThere(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
