/**
 * For: what git ignores, so that built and vendored code is not looked at.
 * In and out: paths in, yes or no out. Must never know: TypeScript, which files belong to the workspace.
 */
import ignore from 'ignore';
import type { FileId } from '../base/text.ts';
import type { Folders } from './folders.ts';
import { below, dirname, foldersUp, isBelow } from './paths.ts';

/** The rules that hold in a folder: those of its own .gitignore stand over those of the folders above. */
export interface Level {
  readonly folder: FileId;
  readonly rules: ReturnType<typeof ignore>;
  readonly above: Level | null;
}

/**
 * Limit: `.git/info/exclude` and the user's global excludes are not read; a nested .gitignore cannot take back a folder
 * that one above it ignores by the folder's name.
 */
export class Ignores {
  readonly #folders: Folders;
  readonly #read: (file: FileId) => string | null;
  readonly #levels = new Map<FileId, Level | null>();
  readonly #ignoredFolders = new Map<FileId, boolean>();
  readonly #tops = new Map<FileId, FileId>();

  constructor(folders: Folders, read: (file: FileId) => string | null) {
    this.#folders = folders;
    this.#read = read;
  }

  /** The rules for what lies directly in this folder. */
  level(folder: FileId): Level | null {
    const known = this.#levels.get(folder);
    if (known !== undefined) return known;
    const up = dirname(folder);
    const above = up === folder || this.#top(folder) === folder ? null : this.level(up);
    const file = folder.endsWith('/') ? `${folder}.gitignore` : `${folder}/.gitignore`;
    const text = this.#folders.hasFile(file) ? this.#read(file) : null;
    const level = text === null ? above : { folder, rules: ignore().add(text), above };
    this.#levels.set(folder, level);
    return level;
  }

  /** Whether git ignores the file or a folder above it. */
  isIgnored(file: FileId): boolean {
    const folder = dirname(file);
    return this.isFolderIgnored(folder) || ignoredBy(this.level(folder), file, 'file');
  }

  isFolderIgnored(folder: FileId): boolean {
    const known = this.#ignoredFolders.get(folder);
    if (known !== undefined) return known;
    const up = dirname(folder);
    const ignored =
      up !== folder &&
      this.#top(folder) !== folder &&
      (this.isFolderIgnored(up) || ignoredBy(this.level(up), folder, 'folder'));
    this.#ignoredFolders.set(folder, ignored);
    return ignored;
  }

  /** The folder of the repository around it; without one, the file system's root. */
  #top(folder: FileId): FileId {
    const known = this.#tops.get(folder);
    if (known !== undefined) return known;
    const up = foldersUp(folder);
    // `.git` is a folder in a clone and a file in a worktree or submodule.
    const top = up.find((at) => this.#folders.hasFolder(`${at}/.git`) || this.#folders.hasFile(`${at}/.git`));
    const result = top ?? up.at(-1)!;
    for (const at of up) if (isBelow(result, at)) this.#tops.set(at, result);
    return result;
  }
}

/** Whether the rules of this level and those above ignore what lies directly in a folder that itself is not ignored. */
export function ignoredBy(level: Level | null, path: FileId, kind: 'file' | 'folder'): boolean {
  for (let at = level; at !== null; at = at.above) {
    const relative = below(at.folder, path);
    const verdict = at.rules.test(kind === 'folder' ? `${relative}/` : relative);
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}
