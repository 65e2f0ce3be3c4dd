/** For: what the architecture test reads: the project's files and what each source imports. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Import {
  /** As written: `./x.ts`, `node:fs`, `vscode-languageserver/node`. */
  readonly specifier: string;
  /** `import type`, `export type`: nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

/** Files below `folder` (a path from the root) that `wanted` accepts, as paths from the root, sorted. */
export function filesBelow(folder: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(ROOT, path), { withFileTypes: true })) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!MADE_HERE.has(entry.name)) walk(child);
      } else if (wanted(child)) found.push(child);
    }
  };
  if (existsSync(join(ROOT, folder))) walk(folder);
  return found.sort();
}

export function foldersIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Every import, re-export and `import()` of a source text. */
export function importsOf(text: string): Import[] {
  const typeOnly = new Set(
    ts
      .createSourceFile('x.tsx', text, ts.ScriptTarget.Latest)
      .statements.filter(isErased)
      .map((statement) => (statement.moduleSpecifier as ts.StringLiteral).text),
  );
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => ({ specifier: fileName, typeOnly: typeOnly.has(fileName) }));
}

/** A relative specifier as a path from the root; a package's name without its sub-path; `node:` names as they are. */
export function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(ROOT, join(ROOT, dirname(file), specifier));
  if (specifier.startsWith('node:')) return specifier;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

/** Folders that no person writes. */
const MADE_HERE: ReadonlySet<string> = new Set([
  '.git',
  'node_modules',
  'dist',
  'coverage',
  'test-results',
  '.tsbuild',
  '.host',
  '.cache',
  '.lockstep-cache',
]);

function isErased(
  statement: ts.Statement,
): statement is (ts.ImportDeclaration | ts.ExportDeclaration) & { moduleSpecifier: ts.Expression } {
  if (ts.isImportDeclaration(statement)) {
    return statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  }
  return ts.isExportDeclaration(statement) && statement.isTypeOnly && statement.moduleSpecifier !== undefined;
}
