/**
 * For: what is in which folder, read once: resolution and the set of files ask thousands of times.
 * In and out: paths in, names and kinds out; changed paths in, "did anything appear or vanish" out.
 * Must never know: texts, TypeScript.
 */
import type { FileId } from '../base/text.ts';
import type { Disk } from './disk.ts';
import { basename, dirname, foldersUp, isBelow, normalise } from './paths.ts';

export interface Listing {
  readonly files: ReadonlySet<string>;
  /** Folders that are reached without a symbolic link. */
  readonly folders: ReadonlySet<string>;
  /** Symbolic links to folders. */
  readonly links: ReadonlySet<string>;
}

/** Limit: names are compared letter by letter, on disks that do not tell `A` from `a` too. */
export class Folders {
  readonly #disk: Disk;
  readonly #roots: readonly FileId[];
  readonly #listings = new Map<FileId, Listing | null>();
  /** Above the roots a folder may hold anything (a temporary folder, a home): there single names are asked for. */
  readonly #single = new Map<FileId, 'file' | 'folder' | null>();

  constructor(disk: Disk, roots: readonly FileId[]) {
    this.#disk = disk;
    this.#roots = roots;
  }

  /** null: no such folder. */
  list(folder: FileId): Listing | null {
    const known = this.#listings.get(folder);
    if (known !== undefined) return known;
    const listing = this.#mayExist(folder) ? this.#read(folder) : null;
    this.#listings.set(folder, listing);
    return listing;
  }

  hasFile(file: FileId): boolean {
    const folder = dirname(file);
    if (this.#isCheap(folder)) return this.list(folder)?.files.has(basename(file)) ?? false;
    return this.#kind(file) === 'file';
  }

  hasFolder(folder: FileId): boolean {
    if (this.#isCheap(folder)) return this.list(folder) !== null;
    return this.#kind(folder) === 'folder';
  }

  /** With symbolic links resolved. */
  realPath(path: FileId): FileId {
    return this.#disk.realPath(path);
  }

  /** Looks again where these paths are; true if a file or folder appeared or vanished. */
  refresh(paths: readonly FileId[]): boolean {
    let differs = this.#refreshSingle(paths);
    const stale = new Set<FileId>();
    for (const path of paths) {
      // Up to the nearest folder that was there: it may have new folders, and they new files.
      for (const folder of foldersUp(dirname(normalise(path)))) {
        const known = this.#listings.get(folder);
        if (known !== undefined) stale.add(folder);
        if (known !== undefined && known !== null) break;
      }
      // The path may have been a folder that went, or came back different.
      if (this.#listings.has(path))
        for (const known of [...this.#listings.keys()])
          if (isBelow(path, known)) {
            this.#listings.delete(known);
            differs = true;
          }
    }
    for (const folder of stale) {
      const before = this.#listings.get(folder) ?? null;
      const after = this.#read(folder);
      this.#listings.set(folder, after);
      if (!sameListing(before, after)) {
        differs = true;
        this.#forgetGone(folder, after);
      }
    }
    return differs;
  }

  /** Packages were installed or removed: everything in node_modules may be different, and no event said so. */
  forgetPackages(): void {
    for (const known of [...this.#listings.keys()])
      if (/\/node_modules(?:\/|$)/.test(known)) this.#listings.delete(known);
    for (const root of this.#roots) this.#listings.delete(root);
  }

  /** What is not in the listing above it need not be asked for. */
  #mayExist(folder: FileId): boolean {
    const up = dirname(folder);
    if (up === folder || !this.#isCheap(up)) return true;
    const above = this.list(up);
    return above !== null && (above.folders.has(basename(folder)) || above.links.has(basename(folder)));
  }

  #isCheap(folder: FileId): boolean {
    return this.#listings.has(folder) || this.#roots.some((root) => isBelow(root, folder));
  }

  #kind(path: FileId): 'file' | 'folder' | null {
    let kind = this.#single.get(path);
    if (kind === undefined) {
      kind = this.#disk.stat(path)?.kind ?? null;
      this.#single.set(path, kind);
    }
    return kind;
  }

  #refreshSingle(paths: readonly FileId[]): boolean {
    let differs = false;
    for (const [known, before] of this.#single) {
      if (!paths.some((path) => isBelow(path, known))) continue;
      this.#single.delete(known);
      differs ||= this.#kind(known) !== before;
    }
    return differs;
  }

  #read(folder: FileId): Listing | null {
    const entries = this.#disk.list(folder);
    if (entries === null) return null;
    const files = new Set<string>();
    const folders = new Set<string>();
    const links = new Set<string>();
    for (const { name, kind, link } of entries) (kind === 'file' ? files : link ? links : folders).add(name);
    return { files, folders, links };
  }

  /** Listings below folders that are no longer there, and those of folders that were not there before. */
  #forgetGone(folder: FileId, now: Listing | null): void {
    for (const known of [...this.#listings.keys()]) {
      if (known === folder || !isBelow(folder, known)) continue;
      const rest = known.slice(folder.endsWith('/') ? folder.length : folder.length + 1);
      const child = rest.slice(0, (rest.indexOf('/') + 1 || rest.length + 1) - 1);
      const listing = this.#listings.get(known) ?? null;
      const there = now !== null && (now.folders.has(child) || now.links.has(child));
      if (there !== (listing !== null)) this.#listings.delete(known);
    }
  }
}

function sameListing(a: Listing | null, b: Listing | null): boolean {
  if (a === null || b === null) return a === b;
  return same(a.files, b.files) && same(a.folders, b.folders) && same(a.links, b.links);
}

function same(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false;
  for (const name of a) if (!b.has(name)) return false;
  return true;
}
