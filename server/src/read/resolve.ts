/**
 * For: which source an import or a worker's path names.
 * In and out: a specifier and the file it stands in; a source of the workspace out, or null. Every answer is kept until
 * files appear or vanish. Must never know: texts of sources.
 */
import type { FileId } from '../base/text.ts';
import { isNodeModule } from './disk.ts';
import { type Packages, splitName, targets } from './packages.ts';
import {
  below,
  dirname,
  isAbsolute,
  isBelow,
  isDeclaration,
  isJavaScript,
  isTypeScript,
  isUri,
  join,
} from './paths.ts';
import type { Projects } from './projects.ts';
import { baseUrl, pathsBase, type Project } from './tsconfig.ts';

export interface ResolveHost {
  readonly roots: readonly FileId[];
  /** On disk or in an editor. */
  readonly hasFile: (file: FileId) => boolean;
  readonly isIgnored: (file: FileId) => boolean;
  readonly projects: Projects;
  readonly packages: Packages;
}

/** Limit: `rootDirs` is not followed. */
export class Resolver {
  readonly #host: ResolveHost;
  /** Folder → specifier → answer: two files of one folder and one project mean the same by the same words. */
  readonly #imports = new Map<FileId, Map<string, FileId | null>>();
  readonly #paths = new Map<FileId, Map<string, FileId | null>>();

  constructor(host: ResolveHost) {
    this.#host = host;
  }

  /** As an `import`, a `require` or an `export … from` in `from` means it. */
  resolve(specifier: string, from: FileId): FileId | null {
    const project = /^[./]/.test(specifier) ? null : this.#host.projects.forFile(from);
    const word = project === null ? specifier : `${project.file}\0${specifier}`;
    return remembered(this.#imports, from, word, () => this.#import(stripped(specifier), from, project));
  }

  /** As `new Worker(path)` or `new URL(path, import.meta.url)` in `from` means it. */
  resolvePath(path: string, from: FileId): FileId | null {
    return remembered(this.#paths, from, path, () => this.#path(stripped(path), from));
  }

  #import(specifier: string, from: FileId, project: Project | null): FileId | null {
    const folder = dirname(from);
    if (/^\.\.?(?:\/|$)/.test(specifier)) {
      const path = join(folder, specifier);
      return /(?:^|\/)\.{0,2}$/.test(specifier) ? this.#probeFolder(path) : this.#probe(path);
    }
    if (specifier.startsWith('file:')) return this.#probe(fromFileUrl(specifier));
    if (isUri(specifier) || specifier === '') return null;
    if (isAbsolute(specifier)) return this.#probe(join(folder, specifier)) ?? this.#fromRoot(specifier, from);
    const mapped = project === null ? null : this.#mapped(specifier, project);
    if (mapped !== null) return mapped;
    return specifier.startsWith('#') ? this.#internal(specifier, folder) : this.#package(specifier, folder);
  }

  #path(path: string, from: FileId): FileId | null {
    if (path.startsWith('file:')) return this.#probe(fromFileUrl(path));
    if (isUri(path) || path === '') return null;
    const folder = dirname(from);
    if (isAbsolute(path)) return this.#built(join(folder, path)) ?? this.#fromRoot(path, from);
    const beside = this.#built(join(folder, path));
    if (beside !== null) return beside;
    // Node resolves a worker's relative path against the working directory, which is some folder above.
    const bases = [this.#host.packages.around(folder), this.#rootOf(from)];
    for (const base of bases) {
      const found = base === null ? null : this.#built(join(base, path));
      if (found !== null) return found;
    }
    return path.startsWith('.') ? null : this.#import(path, from, this.#host.projects.forFile(from));
  }

  /** `/worker.js` in a page is served from the package's folder or from one of the usual folders for assets. */
  #fromRoot(path: string, from: FileId): FileId | null {
    const relative = path.replace(/^\/+/, '');
    for (const base of [this.#host.packages.around(dirname(from)), this.#rootOf(from)]) {
      if (base === null) continue;
      for (const folder of ['.', 'public', 'static', 'src']) {
        const found = this.#built(join(base, `${folder}/${relative}`));
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** `paths`, then `baseUrl`, of tsconfig.json. */
  #mapped(specifier: string, project: Project): FileId | null {
    const { paths } = project.options;
    const match = matchPaths(specifier, Object.keys(paths ?? {}));
    if (match !== null) {
      for (const target of paths?.[match.key] ?? []) {
        const found = this.#built(join(pathsBase(project), target.replace('*', match.star)));
        if (found !== null) return found;
      }
    }
    const base = baseUrl(project);
    return base === undefined ? null : this.#probe(join(base, specifier));
  }

  #package(specifier: string, folder: FileId): FileId | null {
    const split = isNodeModule(specifier) ? null : splitName(specifier);
    const home = split === null ? null : this.#host.packages.find(split.name, folder);
    if (split === null || home === null) return null;
    const manifest = this.#host.packages.manifest(home);
    const { subpath } = split;
    const named =
      manifest?.exports !== undefined
        ? targets(manifest.exports, subpath)
        : subpath === '.'
          ? (manifest?.entries ?? [])
          : [subpath];
    if (manifest?.exports !== undefined && named.length === 0) return null;
    for (const target of named) {
      const path = join(home, target);
      const found = isBelow(home, path) ? this.#built(path) : null;
      if (found !== null) return found;
    }
    const rest = subpath === '.' ? 'index' : subpath;
    return this.#probe(join(home, `src/${rest}`)) ?? this.#probe(join(home, rest));
  }

  /** `#name`: the `imports` of the own package.json. */
  #internal(specifier: string, folder: FileId): FileId | null {
    const home = this.#host.packages.around(folder);
    if (home === null) return null;
    for (const target of targets(this.#host.packages.manifest(home)?.imports, specifier)) {
      const found = target.startsWith('.') ? this.#built(join(home, target)) : this.#package(target, folder);
      if (found !== null) return found;
    }
    return null;
  }

  /** The source of what may be a built file, else the file itself. */
  #built(path: FileId): FileId | null {
    const found = this.#probe(path);
    if (found !== null && !OUTPUT.test(path) && !this.#host.isIgnored(found)) return found;
    return this.#sourceOf(path, found !== null && !this.#host.isIgnored(found)) ?? found;
  }

  /** `dist/a.js` → `src/a.ts`, by the project's `outDir`, else by the usual names of folders; only if that file is there. */
  #sourceOf(path: FileId, isKept: boolean): FileId | null {
    const config = this.#host.projects.nearest(dirname(path));
    for (const project of config === null ? [] : this.#host.projects.closure(config)) {
      const output = project.outputs.find((folder) => isBelow(folder, path));
      if (output === undefined) continue;
      const rest = stem(below(output, path));
      for (const base of [project.options.rootDir, join(project.folder, 'src'), project.folder]) {
        const found = base === undefined ? null : this.#probe(join(base, rest));
        if (found !== null) return found;
      }
    }
    const home = this.#host.packages.around(dirname(path)) ?? this.#rootOf(path);
    if (home === null || !isBelow(home, path)) return null;
    const segments = stem(below(home, path)).split('/');
    const outputs = segments.findIndex((segment) => !OUTPUT_FOLDERS.has(segment));
    // `lib` is as often a folder of sources: then it is kept in git.
    if (outputs < 1 || (isKept && segments[0] === 'lib')) return null;
    for (let dropped = outputs; dropped > 0; dropped--) {
      const rest = segments.slice(dropped).join('/');
      const found = this.#probe(join(home, `src/${rest}`)) ?? this.#probe(join(home, rest));
      if (found !== null) return found;
    }
    return null;
  }

  /** A file, with the extension that it has in the sources, or a folder's entry. */
  #probe(path: FileId): FileId | null {
    return this.#probeFile(path) ?? this.#probeFolder(path);
  }

  #probeFolder(path: FileId): FileId | null {
    const manifest = this.#host.packages.manifest(path);
    for (const entry of manifest?.entries ?? []) {
      const found = this.#probeFile(join(path, entry)) ?? this.#probeFile(join(path, `${entry}/index`));
      if (found !== null) return found;
    }
    return this.#probeFile(join(path, 'index'));
  }

  #probeFile(path: FileId): FileId | null {
    const { hasFile } = this.#host;
    if (isJavaScript(path)) {
      const dot = path.lastIndexOf('.');
      for (const extension of WRITTEN_FOR[path.slice(dot)] ?? []) {
        const file = path.slice(0, dot) + extension;
        if (hasFile(file)) return file;
      }
    }
    if ((isJavaScript(path) || isTypeScript(path)) && hasFile(path)) return path;
    for (const extension of EXTENSIONS) if (hasFile(path + extension)) return path + extension;
    return null;
  }

  #rootOf(file: FileId): FileId | null {
    let found: FileId | null = null;
    for (const root of this.#host.roots)
      if (isBelow(root, file) && root.length > (found?.length ?? -1)) found = root;
    return found;
  }
}

/** The order in which TypeScript tries them; those that need their extension spelled out come last. */
const EXTENSIONS = ['.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '.cts', '.cjs'];

/** What a specifier with a JavaScript extension may be called in the sources. */
const WRITTEN_FOR: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx', '.ts'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};

const OUTPUT_FOLDERS = new Set([
  'dist',
  'build',
  'out',
  'output',
  'lib',
  'es',
  'esm',
  'cjs',
  'types',
  'typings',
]);
const OUTPUT = /\/(?:dist|build|out|output|lib|es|esm|cjs|types|typings)\/|\.d\.[cm]?ts$/;

function remembered(
  answers: Map<FileId, Map<string, FileId | null>>,
  from: FileId,
  word: string,
  compute: () => FileId | null,
): FileId | null {
  const folder = dirname(from);
  let ofFolder = answers.get(folder);
  if (ofFolder === undefined) answers.set(folder, (ofFolder = new Map<string, FileId | null>()));
  let answer = ofFolder.get(word);
  if (answer === undefined) ofFolder.set(word, (answer = compute()));
  return answer;
}

/** Without what bundlers write around it: `worker-loader!./w`, `./w?worker&inline`. */
function stripped(specifier: string): string {
  const query = specifier.indexOf('?');
  const path = query > 0 ? specifier.slice(0, query) : specifier;
  return path.slice(path.lastIndexOf('!') + 1);
}

function fromFileUrl(url: string): FileId {
  const path = url.replace(/^file:(?:\/\/(?:localhost)?)?/, '').replace(/^\/(?=[A-Za-z]:)/, '');
  try {
    return join('/', decodeURIComponent(path));
  } catch {
    return join('/', path);
  }
}

/** Without extension: `a.d.ts` and `a.js` are both `a`. */
function stem(path: string): string {
  return isDeclaration(path)
    ? path.replace(/\.d\.[cm]?ts$/, '')
    : path.replace(/\.(?:[cm]?[jt]s|[jt]sx)$/, '');
}

/** An exact key, else the one with the longest text before its `*`. */
function matchPaths(
  specifier: string,
  keys: readonly string[],
): { readonly key: string; readonly star: string } | null {
  if (keys.includes(specifier)) return { key: specifier, star: '' };
  let best: { readonly key: string; readonly star: string; readonly prefix: number } | null = null;
  for (const key of keys) {
    const star = key.indexOf('*');
    if (star < 0) continue;
    const tail = key.slice(star + 1);
    if (specifier.length < key.length - 1) continue;
    if (!specifier.startsWith(key.slice(0, star)) || !specifier.endsWith(tail)) continue;
    if (best === null || star > best.prefix)
      best = { key, star: specifier.slice(star, specifier.length - tail.length), prefix: star };
  }
  return best;
}
