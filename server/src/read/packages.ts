/**
 * For: the packages that a workspace itself consists of: which folder a package name stands for, and which source a
 * package.json points at.
 * In and out: names and folders in, folders and target paths out. Must never know: TypeScript, texts of sources.
 */
import type { FileId } from '../base/text.ts';
import type { Folders } from './folders.ts';
import { dirname, foldersUp, isBelow, join } from './paths.ts';

export interface Manifest {
  readonly name: string | null;
  /** As written: strings, conditions, patterns; undefined where there is none. */
  readonly exports: unknown;
  readonly imports: unknown;
  /** `source`, `types`, `typings`, `module`, `main`, those that are there, in this order. */
  readonly entries: readonly string[];
}

export interface PackagesHost {
  readonly roots: readonly FileId[];
  readonly folders: Folders;
  readonly read: (file: FileId) => string | null;
  /** Folders with a package.json below the roots; asked for only when a name is found nowhere else. */
  readonly packageFolders: () => Iterable<FileId>;
}

export class Packages {
  readonly #host: PackagesHost;
  readonly #manifests = new Map<FileId, Manifest | null>();
  readonly #around = new Map<FileId, FileId | null>();
  #byName: Map<string, FileId> | null = null;

  constructor(host: PackagesHost) {
    this.#host = host;
  }

  /** null: none there, or not JSON. */
  manifest(folder: FileId): Manifest | null {
    const known = this.#manifests.get(folder);
    if (known !== undefined) return known;
    const file = join(folder, 'package.json');
    const manifest = this.#host.folders.hasFile(file) ? parseManifest(this.#host.read(file)) : null;
    this.#manifests.set(folder, manifest);
    return manifest;
  }

  /** The folder of the package that a folder belongs to. */
  around(folder: FileId): FileId | null {
    const known = this.#around.get(folder);
    if (known !== undefined) return known;
    const up = dirname(folder);
    const has = this.#host.folders.hasFile(join(folder, 'package.json'));
    const found = has ? folder : up === folder ? null : this.around(up);
    this.#around.set(folder, found);
    return found;
  }

  /** The folder of a package of this workspace, as a file in `from` sees it; null: it is someone else's package. */
  find(name: string, from: FileId): FileId | null {
    const own = this.around(from);
    if (own !== null && this.manifest(own)?.name === name && this.#isOurs(own)) return own;
    for (const folder of foldersUp(from)) {
      const installed = join(folder, `node_modules/${name}`);
      if (!this.#host.folders.hasFolder(dirname(installed)) || !this.#host.folders.hasFolder(installed))
        continue;
      const real = this.#host.folders.realPath(installed);
      return this.#isOurs(real) ? real : null;
    }
    this.#byName ??= this.#index();
    return this.#byName.get(name) ?? null;
  }

  #index(): Map<string, FileId> {
    const index = new Map<string, FileId>();
    for (const folder of [...this.#host.packageFolders()].sort()) {
      const name = this.manifest(folder)?.name ?? null;
      if (name !== null && !index.has(name)) index.set(name, folder);
    }
    return index;
  }

  #isOurs(folder: FileId): boolean {
    return this.#host.roots.some(
      (root) => isBelow(root, folder) && !`${folder.slice(root.length)}/`.includes('/node_modules/'),
    );
  }
}

/**
 * The targets that `exports` or `imports` give for a subpath (`.`, `./sub`, `#name`), those of all conditions, in order.
 * Source: Node.js documentation, "Modules: Packages", "Conditional exports" and "Subpath patterns".
 */
export function targets(map: unknown, subpath: string): readonly string[] {
  if (!isRecord(map) || !Object.keys(map).some((key) => /^[.#]/.test(key)))
    return subpath === '.' ? flatten(map, '') : [];
  const exact = map[subpath];
  if (exact !== undefined && !subpath.includes('*')) return flatten(exact, '');
  let best: { readonly key: string; readonly prefix: number; readonly star: string } | null = null;
  for (const key of Object.keys(map)) {
    const star = key.indexOf('*');
    if (star < 0) continue;
    const tail = key.slice(star + 1);
    if (subpath.length < key.length || !subpath.startsWith(key.slice(0, star)) || !subpath.endsWith(tail))
      continue;
    if (best !== null && best.prefix >= star) continue;
    best = { key, prefix: star, star: subpath.slice(star, subpath.length - tail.length) };
  }
  return best === null ? [] : flatten(map[best.key], best.star);
}

/** `@scope/name/sub/path` → `@scope/name` and `./sub/path`; null: no package name. */
export function splitName(specifier: string): { readonly name: string; readonly subpath: string } | null {
  const match = /^((?:@[^/\\%]+\/)?[^./\\%@][^/\\%]*)(?:\/(.*))?$/.exec(specifier);
  if (match === null) return null;
  const rest = match[2] ?? '';
  return { name: match[1]!, subpath: rest === '' ? '.' : `./${rest}` };
}

function parseManifest(text: string | null): Manifest | null {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return null;
  }
  if (!isRecord(json)) return null;
  const entries = ['source', 'types', 'typings', 'module', 'main']
    .map((field) => json[field])
    .filter((entry) => typeof entry === 'string');
  return {
    name: typeof json['name'] === 'string' ? json['name'] : null,
    exports: json['exports'] ?? undefined,
    imports: json['imports'] ?? undefined,
    entries,
  };
}

function flatten(target: unknown, star: string): readonly string[] {
  if (typeof target === 'string') return [target.replaceAll('*', star)];
  if (Array.isArray(target)) return target.flatMap((part) => flatten(part, star));
  if (isRecord(target)) return Object.values(target).flatMap((part) => flatten(part, star));
  return [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
