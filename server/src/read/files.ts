/**
 * For: which files belong to the workspace.
 * In and out: roots, explicit paths and opened files in; a sorted list of sources out.
 * Must never know: texts, what is in a source.
 */
import type { Problem } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import type { Folders, Listing } from './folders.ts';
import { type Ignores, ignoredBy } from './ignores.ts';
import { includePattern, literalFolder } from './patterns.ts';
import { dirname, isBelow, isDeclaration, isJavaScript, isMinified, isTypeScript, isUri } from './paths.ts';
import type { Projects } from './projects.ts';
import type { Project } from './tsconfig.ts';

export interface FileQuery {
  readonly roots: readonly FileId[];
  /** Files, folders and patterns that the caller named; empty: the roots decide. */
  readonly only: readonly FileId[];
  readonly opened: Iterable<FileId>;
  readonly folders: Folders;
  readonly walk: Walk;
  readonly projects: Projects;
}

export interface FileSet {
  /** Sorted. */
  readonly files: readonly FileId[];
  readonly problems: readonly Problem[];
}

export function findFiles(query: FileQuery): FileSet {
  const files = new Set<FileId>();
  const problems: Problem[] = [];
  if (query.only.length > 0) {
    for (const path of query.only) for (const file of named(path, query, problems)) files.add(file);
  } else {
    for (const root of query.roots) for (const file of belowRoot(root, query)) files.add(file);
  }
  for (const file of query.opened) {
    if (files.has(file) || !isWanted(file, query.roots)) continue;
    files.add(file);
    // As an editor's TypeScript does it: the nearest configuration speaks for an opened file, wherever it stands.
    const config = isUri(file) || query.only.length > 0 ? null : query.projects.nearest(dirname(file));
    const root = query.roots.find((folder) => isBelow(folder, file));
    if (config === null || root === undefined || !isBelow(root, config)) continue;
    for (const other of members(query.projects.closure(config), query.walk.sources(root)))
      if (isTypeScript(other)) files.add(other);
  }
  return { files: [...files].sort(), problems };
}

/** One walk per folder, however often it is asked for. */
export class Walk {
  /** Declaration files on the way: they carry ambient types. */
  readonly declarations = new Set<FileId>();
  /** Folders with a package.json. */
  readonly packages = new Set<FileId>();
  readonly #folders: Folders;
  readonly #ignores: Ignores;
  readonly #walked = new Map<FileId, readonly FileId[]>();

  constructor(folders: Folders, ignores: Ignores) {
    this.#folders = folders;
    this.#ignores = ignores;
  }

  /** Limit: symbolic links to folders are not followed; their targets are found where they stand. */
  sources(folder: FileId): readonly FileId[] {
    const known = this.#walked.get(folder);
    if (known !== undefined) return known;
    const found: FileId[] = [];
    this.#walked.set(folder, found);
    this.#visit(folder, found);
    return found;
  }

  #visit(folder: FileId, found: FileId[]): void {
    const listing = this.#folders.list(folder);
    if (listing === null) return;
    const level = this.#ignores.level(folder);
    const prefix = folder.endsWith('/') ? folder : `${folder}/`;
    for (const name of listing.files) {
      if (name === 'package.json') this.packages.add(folder);
      const declaration = isDeclaration(name);
      if (!declaration && !(isTypeScript(name) || (isJavaScript(name) && !isMinified(name)))) continue;
      const file = prefix + name;
      if (hasSource(listing, name) || ignoredBy(level, file, 'file')) continue;
      if (declaration) this.declarations.add(file);
      else found.push(file);
    }
    for (const name of listing.folders) {
      if (name.startsWith('.') || SKIPPED.has(name)) continue;
      if (!ignoredBy(level, prefix + name, 'folder')) this.#visit(prefix + name, found);
    }
  }
}

/** Folders that hold no sources of this workspace, git or not. */
const SKIPPED = new Set(['node_modules', 'bower_components', 'jspm_packages']);

/** The sources below a root, as its tsconfig.json names them, and the JavaScript beside them: workers are often plain. */
function belowRoot(root: FileId, query: FileQuery): Iterable<FileId> {
  const { walk } = query;
  const all = walk.sources(root);
  const config = query.projects.nearest(root);
  const projects = config === null ? [] : query.projects.closure(config);
  if (config === null || projects.length === 0) return all;

  // A configuration above the root speaks of more than was asked for.
  const own = isBelow(root, config);
  const candidates = new Set(all);
  for (const project of own ? projects : [])
    for (const folder of project.folders)
      if (!isBelow(root, folder) || isHidden(root, folder))
        for (const file of walk.sources(folder)) candidates.add(file);
  const found = new Set<FileId>(members(projects, candidates));
  for (const project of projects)
    for (const file of project.named)
      if ((own || isBelow(root, file)) && isWanted(file, query.roots) && query.folders.hasFile(file))
        found.add(file);
  // A configuration that only others extend, or whose folders are not there, leaves the choice to us.
  const matched = [...found].some(isTypeScript);
  for (const file of all) {
    if (matched && !isJavaScript(file)) continue;
    const away = projects.some(
      (project) => project.excludes(file) || project.outputs.some((output) => isBelow(output, file)),
    );
    if (!away) found.add(file);
  }
  return found;
}

function* members(projects: readonly Project[], candidates: Iterable<FileId>): Iterable<FileId> {
  for (const file of candidates)
    for (const project of projects)
      if (project.folders.some((folder) => isBelow(folder, file)) && project.includes(file)) {
        if (isTypeScript(file) || project.options.allowJs === true) yield file;
        break;
      }
}

/** What a caller named: a file whatever it is called, the sources of a folder, or those that a pattern matches. */
function named(path: FileId, query: FileQuery, problems: Problem[]): readonly FileId[] {
  if (query.folders.hasFile(path)) {
    if (isTypeScript(path) || isJavaScript(path)) return [path];
    problems.push({
      file: path,
      message: isDeclaration(path)
        ? 'a declaration file holds no code that runs: name the source instead'
        : 'not a JavaScript or TypeScript file: name a file that ends in .js, .ts, .jsx, .tsx, .mjs, .mts, .cjs or .cts',
    });
    return [];
  }
  if (query.folders.hasFolder(path)) return query.walk.sources(path);
  if (/[*?]/.test(path)) {
    const pattern = includePattern(path, '/');
    const matches = query.walk.sources(literalFolder(path, '/')).filter((file) => pattern.test(file));
    if (matches.length > 0) return matches;
    problems.push({ file: path, message: 'no JavaScript or TypeScript file matches: check the pattern' });
    return [];
  }
  problems.push({ file: path, message: 'no such file or folder: check the path' });
  return [];
}

/** Sources that may be looked at when someone opens or names them. */
function isWanted(file: FileId, roots: readonly FileId[]): boolean {
  // An unsaved text has no extension: the editor knows its language, and would not send another.
  const isNameless = isUri(file) && !/\.[^/]*$/.test(file);
  if (!isTypeScript(file) && !isJavaScript(file) && !isNameless) return false;
  const root = roots.find((folder) => isBelow(folder, file));
  return !file.slice(root?.length ?? 0).includes('/node_modules/');
}

/** Below the root, but behind a folder that the walk does not enter by itself. */
function isHidden(root: FileId, folder: FileId): boolean {
  return folder
    .slice(root.length)
    .split('/')
    .some((segment) => segment.startsWith('.') || SKIPPED.has(segment));
}

/** `x.js` beside `x.ts` is what the compiler made of it. */
function hasSource(listing: Listing, name: string): boolean {
  if (!isJavaScript(name)) return false;
  const dot = name.lastIndexOf('.');
  const stem = name.slice(0, dot);
  const extension = name.slice(dot);
  if (extension === '.mjs') return listing.files.has(`${stem}.mts`);
  if (extension === '.cjs') return listing.files.has(`${stem}.cts`);
  return listing.files.has(`${stem}.ts`) || listing.files.has(`${stem}.tsx`);
}
