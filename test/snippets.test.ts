/** Every snippet is what it inserts: with its placeholders filled in, it must compile as TypeScript and as JavaScript. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import * as sync from '../server/src/runtime/index.ts';
import { check, describeFinding } from './harness.ts';

interface Snippet {
  readonly prefix: string;
  readonly description: string;
  readonly body: readonly string[];
}

const root = fileURLToPath(new URL('../', import.meta.url));
const snippets = readdirSync(`${root}snippets`)
  .filter((file) => file.endsWith('.code-snippets'))
  .flatMap((file) =>
    Object.entries(
      JSON.parse(readFileSync(`${root}snippets/${file}`, 'utf8')) as Record<string, Snippet>,
    ).map(([title, snippet]) => ({ file, title, ...snippet })),
  );

/** As the editor inserts it when every default is accepted: `${1:name}` and each `$1` become `name`. */
function inserted(body: readonly string[]): string {
  const text = body.join('\n');
  const defaults = new Map<string, string>([['0', '']]);
  for (const [, number, value] of text.matchAll(/\$\{(\d+):([^{}]*)\}/g))
    if (!defaults.has(number!)) defaults.set(number!, value!);
  return text
    .replace(/\$\{(\d+):[^{}]*\}/g, (_, number: string) => defaults.get(number)!)
    .replace(/\$(\d+)/g, (_, number: string) => {
      expect(defaults.has(number), `$${number} has no default in\n${text}`).toBe(true);
      return defaults.get(number)!;
    });
}

/** One program for all, as a user has them: strict, the browser's types, `lockstep/sync` from the library's source. */
function complaints(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const options: ts.CompilerOptions = {
    strict: true,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    paths: { 'lockstep/sync': [`${root}server/src/runtime/index.ts`] },
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  host.fileExists = (file) => texts.has(file) || disk.fileExists(file);
  host.readFile = (file) => texts.get(file) ?? disk.readFile(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const text = texts.get(file);
    return text === undefined
      ? disk.getSourceFile(file, languageVersion, ...rest)
      : ts.createSourceFile(file, text, languageVersion);
  };
  const found = new Map<string, string[]>();
  const program = ts.createProgram([...texts.keys()], options, host);
  for (const { file, messageText, start } of ts.getPreEmitDiagnostics(program)) {
    const name = file?.fileName ?? '';
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    found.set(name, [
      ...(found.get(name) ?? []),
      `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ]);
  }
  return found;
}

const places = snippets.map(({ prefix }) => `${root}snippets/${prefix}`);
const found = complaints(
  new Map(
    snippets.flatMap(({ body }, index) => [
      [`${places[index]}.ts`, inserted(body)] as const,
      [`${places[index]}.js`, inserted(body)] as const,
    ]),
  ),
);

describe.each(snippets.map((snippet, index) => ({ ...snippet, place: places[index]! })))(
  '$prefix',
  ({ prefix, description, body, place }) => {
    test('compiles as TypeScript and as JavaScript, strictly', () => {
      expect(found.get(`${place}.ts`) ?? []).toEqual([]);
      expect(found.get(`${place}.js`) ?? []).toEqual([]);
    });

    test('is found by its prefix and says what it does', () => {
      expect(prefix).toMatch(/^lockstep-[a-z]+(?:-[a-z]+)*$/);
      expect(description).toMatch(/^[A-Z].*[^.]$/);
      expect(description.length).toBeLessThanOrEqual(90);
      // One last place of the cursor.
      expect(body.join('\n').match(/\$0/g)).toHaveLength(1);
    });
  },
);

test.each(snippets.filter(({ prefix }) => !prefix.endsWith('-worker')))(
  '$prefix shows no finding, with its worker side if it has one',
  ({ prefix, body }) => {
    const worker = snippets.find((other) => other.prefix === `${prefix}-worker`);
    const fixture = new Map([['main.ts', inserted(body)]]);
    if (worker !== undefined) fixture.set('worker.ts', inserted(worker.body));
    const { findings } = check(fixture);
    expect(findings.map((finding) => describeFinding(fixture, finding))).toEqual([]);
  },
);

test('prefixes are different, and every primitive has a snippet', () => {
  const prefixes = snippets.map(({ prefix }) => prefix);
  expect(new Set(prefixes).size).toBe(prefixes.length);
  const inserts = snippets.map(({ body }) => inserted(body)).join('\n');
  const primitives = Object.entries(sync).flatMap(([name, value]) =>
    typeof value === 'function' && (('from' in value && 'byteLength' in value) || name === 'WorkerPool')
      ? [name]
      : [],
  );
  expect(primitives).toHaveLength(14);
  for (const name of primitives) expect(inserts).toMatch(new RegExp(`\\b${name}\\.(?:create|from|serve)\\(`));
});

test('a worker side has its main side', () => {
  const prefixes = new Set(snippets.map(({ prefix }) => prefix));
  for (const prefix of prefixes)
    if (prefix.endsWith('-worker')) expect(prefixes).toContain(prefix.slice(0, -'-worker'.length));
});

test('what is wrong in a body would be seen', () => {
  const wrong = `${root}snippets/wrong.ts`;
  const text = "import { Mutex } from 'lockstep/sync';\nMutex.create().lok();";
  expect(complaints(new Map([[wrong, text]])).get(wrong)).toEqual([
    expect.stringMatching(/^2: Property 'lok' does not exist/),
  ]);
});
