import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../server/src/rules/rule.ts';
import { ROOT, filesBelow, foldersIn, importsOf, read, targetOf } from './tools/sources.ts';

/** Who may import whom, own room and `node:` aside. Architecture is this table; change it on purpose. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  base: [],
  ir: ['base'],
  read: ['base', 'typescript', 'ignore', 'jsonc-parser'],
  lower: ['base', 'ir', 'typescript'],
  link: ['base', 'ir'],
  facts: ['base', 'ir'],
  rules: ['base', 'ir', 'facts', 'typescript'],
  explain: ['base', 'ir', 'facts'],
  engine: ['base', 'ir', 'read', 'lower', 'link', 'facts', 'rules', 'explain'],
  explore: ['base', 'ir'],
  race: ['base', 'ir', 'typescript', '@jridgewell/trace-mapping', 'sarif'],
  runtime: [],
  learn: ['base', 'valibot', 'typescript', 'shiki', 'markdown-it', 'esbuild'],
  lsp: [
    'base',
    'engine',
    'vscode-languageserver',
    'vscode-languageserver-textdocument',
    'vscode-uri',
    'jsonc-parser',
  ],
  cli: ['base', 'engine', 'explore', 'race', 'learn', 'lsp', 'cac', 'sarif'],
  client: ['vscode', 'vscode-languageclient', 'valibot', 'learn'],
  webview: ['preact', 'learn', '@dagrejs/dagre'],
};

/** Which of Node's modules a room may use; what is not listed runs in a browser as well as in Node. */
const NODE: Readonly<Record<string, RegExp>> = {
  read: /^node:path$/,
  race: /^node:/,
  learn: /^node:/,
  cli: /^node:/,
  client: /^node:(?:path|url)$/,
};

/** Single files with more rights than their room. */
const NODE_IN_FILE: Readonly<Record<string, RegExp>> = {
  'server/src/read/disk.ts': /^node:/,
  'server/src/lsp/main.ts': /^node:/,
  'server/src/lsp/node.ts': /^node:(?:fs|stream|worker_threads)$/,
};

const SERVER = 'server/src';
const isCode = (path: string): boolean =>
  /\.tsx?$/.test(path) && !/^server\/src\/rules\/[^/]+\/cases\//.test(path);
const SOURCES = [...filesBelow(SERVER, isCode), ...filesBelow('client', isCode)];

describe('import directions', () => {
  it('follow the table', () => {
    expect(faultsOf(SOURCES.map((path) => ({ path, text: read(path) })))).toEqual([]);
  });

  it('are seen when they are broken', () => {
    const one = (path: string, text: string): string[] => faultsOf([{ path, text }]);
    expect(one('server/src/ir/x.ts', "import { y } from '../link/y.ts';")).toEqual([
      'server/src/ir/x.ts: ir may not import link',
    ]);
    expect(one('server/src/facts/x.ts', "import type ts from 'typescript';")).toHaveLength(1);
    expect(one('server/src/lsp/x.ts', "import 'vscode';")).toHaveLength(1);
    expect(one('server/src/link/x.ts', "import { join } from 'node:path';")).toHaveLength(1);
    expect(one('server/src/cli/x.ts', "const x = await import('../engine.ts');")).toEqual([]);
    expect(one('server/src/cli/x.ts', "export * from '../lower/x.ts';")).toHaveLength(1);
    expect(one('server/src/rules/a/rule.ts', "import ts from 'typescript';")).toHaveLength(1);
    expect(one('server/src/rules/a/rule.ts', "import type ts from 'typescript';")).toHaveLength(1);
    expect(one('server/src/rules/a/fix.ts', "import ts from 'typescript';")).toEqual([]);
    expect(one('server/src/rules/a/rule.ts', "import { x } from '../b/rule.ts';")).toHaveLength(1);
    expect(one('server/src/engine/x.ts', "import ts from 'typescript';")).toHaveLength(1);
    expect(one('server/src/engine/x.ts', "import type ts from 'typescript';")).toEqual([]);
    expect(one('client/webview/x.tsx', "import { x } from '../src/x.ts';")).toHaveLength(1);
    expect(one('server/src/runtime/x.ts', "import 'node:worker_threads';")).toHaveLength(1);
  });
});

describe('rules', async () => {
  const folders = foldersIn(`${SERVER}/rules`);
  const list = await rulesByFolder(folders);
  const manifest = JSON.parse(read('package.json')) as Manifest;

  it('are there', () => {
    expect(folders).not.toEqual([]);
  });

  it.each(folders)('%s is a whole folder, known wherever rules are listed', (folder) => {
    const rule = list.get(folder)!;
    expect(rule.meta.id).toBe(folder);
    expect(importsOf(read(`${SERVER}/rules/index.ts`)).map((each) => each.specifier)).toContain(
      `./${folder}/rule.ts`,
    );
    expect(headings(read(`${SERVER}/rules/${folder}/doc.md`))).toEqual([
      `# ${rule.meta.title}`,
      '## Why',
      '## Instead',
      '## Examples',
    ]);
  });

  it.each(folders)('%s has its lesson, and the lesson names it', (folder) => {
    const { lesson } = list.get(folder)!.meta;
    expect(foldersIn('media/lessons')).toContain(lesson);
    expect(rulesOfLesson(read(`media/lessons/${lesson}/lesson.md`))).toContain(folder);
  });

  it('are the names that the settings offer', () => {
    const setting = configuration(manifest)['lockstep.rules'];
    expect(Object.keys(setting?.properties ?? {}).sort()).toEqual(folders);
  });

  it('are the only ones that lessons name', () => {
    const lessons = foldersIn('media/lessons').filter((lesson) => /^\d/.test(lesson));
    expect(lessons).not.toEqual([]);
    const named = lessons.flatMap((lesson) => rulesOfLesson(read(`media/lessons/${lesson}/lesson.md`)));
    expect(named.filter((rule) => !folders.includes(rule))).toEqual([]);
  });
});

describe('the manifest', () => {
  const manifest = JSON.parse(read('package.json')) as Manifest;

  it('lists every file of snippets', () => {
    const files = filesBelow('snippets', (path) => path.endsWith('.code-snippets'));
    const listed = (manifest.contributes?.snippets ?? []).map((each) => each.path.replace(/^\.\//, ''));
    expect([...new Set(listed)].sort()).toEqual(files);
  });

  it('has a text for every key, and a key for every text', () => {
    const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
    const keys = [...read('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1]!);
    expect([...new Set(keys)].sort()).toEqual(Object.keys(texts).sort());
  });

  it('names only files that are there or are built', () => {
    const paths = [...read('package.json').matchAll(/"\.?\/?((?:media|snippets|l10n)\/[^"*]+)"/g)];
    const there = new Set(filesBelow('', (path) => /^(?:media|snippets|l10n)\//.test(path)));
    const isThere = (path: string) =>
      there.has(path) || [...there].some((file) => file.startsWith(`${path}/`));
    expect(paths.map((match) => match[1]!).filter((path) => !isThere(path))).toEqual([]);
  });
});

describe('every file', () => {
  const text = /\.(?:tsx?|m?js|json|md|html|css|svg|txt|litmus|sh|ya?ml|code-snippets)$|\/run$|^\.[a-z]+rc$/;

  it('is free of paths of one machine', () => {
    // In pieces, or this file would be the first fault.
    const machine = new RegExp(
      ['/wo' + 'rk/', '/ro' + 'ot/', '/ho' + 'me/\\w+/', '/tmp/' + 'brief'].join('|'),
    );
    const faults = filesBelow('', (path) => text.test(path))
      .filter((path) => machine.test(read(path)))
      .map((path) => `${path}: ${machine.exec(read(path))![0]}`);
    expect(faults).toEqual([]);
  });
});

interface Manifest {
  readonly contributes?: {
    readonly snippets?: readonly { readonly path: string }[];
    readonly configuration?: Section | readonly Section[];
  };
}

interface Section {
  readonly properties: Readonly<Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>>;
}

function configuration(manifest: Manifest): Section['properties'] {
  const sections = [manifest.contributes?.configuration ?? []].flat();
  return Object.assign({}, ...sections.map((section) => section.properties)) as Section['properties'];
}

async function rulesByFolder(folders: readonly string[]): Promise<ReadonlyMap<string, Rule>> {
  const entries = folders.map(async (folder): Promise<[string, Rule]> => {
    const module = pathToFileURL(`${ROOT}/${SERVER}/rules/${folder}/rule.ts`).href;
    const { rule } = (await import(module)) as { rule: Rule };
    return [folder, rule];
  });
  return new Map(await Promise.all(entries));
}

function headings(markdown: string): string[] {
  const outsideCode = markdown.replaceAll(/^```[^]*?^```/gm, '');
  return outsideCode.split('\n').filter((line) => /^##? /.test(line));
}

function rulesOfLesson(markdown: string): string[] {
  const front = /^---\n([^]*?)\n---/.exec(markdown)?.[1] ?? '';
  const named = /^rules:\s*\[([^\]]*)\]/m.exec(front)?.[1] ?? '';
  return named
    .split(',')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '');
}

function faultsOf(sources: readonly { readonly path: string; readonly text: string }[]): string[] {
  const faults: string[] = [];
  for (const { path, text } of sources) {
    const from = roomOf(path)!;
    for (const { specifier, typeOnly } of importsOf(text)) {
      const target = targetOf(path, specifier);
      const to = roomOf(target) ?? target;
      if (!allowed(path, from, to, target, typeOnly)) faults.push(`${path}: ${from} may not import ${to}`);
    }
  }
  return faults;
}

function allowed(path: string, from: string, to: string, target: string, typeOnly: boolean): boolean {
  if (to.startsWith('node:')) return (NODE_IN_FILE[path] ?? NODE[from])?.test(to) === true;
  if (from === 'rules') {
    // Rules see syntax only to mend; what a fix is given is part of their common interface.
    if (to === 'typescript') {
      return basename(path) === 'fix.ts' || (path === `${SERVER}/rules/rule.ts` && typeOnly);
    }
    if (to === 'rules') return sameRule(path, target);
  }
  // What the engine hands to a fix is typed as syntax; it never looks into it.
  if (from === 'engine' && to === 'typescript') return typeOnly;
  return to === from || MAY[from]?.includes(to) === true;
}

/** Rules do not know one another: what several need stands beside their folders. */
function sameRule(path: string, target: string): boolean {
  const ruleOf = (file: string): string | null => /^server\/src\/rules\/([^/]+)\//.exec(file)?.[1] ?? null;
  return path === `${SERVER}/rules/index.ts` || ruleOf(target) === null || ruleOf(path) === ruleOf(target);
}

/** The room that a path from the root stands in; null: it is no path of the project's code. */
function roomOf(path: string): string | null {
  if (path.startsWith('client/webview/')) return 'webview';
  if (path.startsWith('client/src/')) return 'client';
  const room = /^server\/src\/([^/]+)/.exec(path)?.[1];
  return room === undefined ? null : basename(room, '.ts');
}
