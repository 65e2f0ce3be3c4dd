import type { FileId } from '../base/text.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import { isBelow } from './convert.ts';
import type { Change } from './documents.ts';
import type { Settings } from './settings.ts';

/** A workspace folder with the settings that hold in it. */
export interface Folder {
  readonly root: FileId;
  readonly settings: Settings;
}

interface Project {
  readonly roots: readonly FileId[];
  readonly key: string;
  readonly engine: Engine;
}

/**
 * One engine for all folders that share their rules, so that findings reach from folder to folder; and one for documents
 * that belong to no folder, each of which stands alone.
 */
export class Projects {
  readonly #createEngine: (options: EngineOptions) => Engine;
  readonly #log: (line: string) => void;
  #folders: readonly Folder[] = [];
  #projects: readonly Project[] = [];
  #loose: Project | null = null;

  constructor(createEngine: (options: EngineOptions) => Engine, log: (line: string) => void) {
    this.#createEngine = createEngine;
    this.#log = log;
  }

  /** Engines whose folders and rules stay the same are kept, with all that they know. */
  configure(folders: readonly Folder[], elsewhere: Settings): void {
    this.#folders = folders;
    const groups = new Map<string, Folder[]>();
    for (const folder of folders) {
      if (!folder.settings.enable) continue;
      const key = JSON.stringify(folder.settings.rules);
      groups.set(key, [...(groups.get(key) ?? []), folder]);
    }
    this.#projects = [...groups.values()].map((group) =>
      this.#project(
        group.map(({ root }) => root),
        group[0]!.settings,
      ),
    );
    this.#loose = elsewhere.enable ? this.#project([], elsewhere) : null;
  }

  /** null: Lockstep is switched off there. */
  engineOf(file: FileId): Engine | null {
    const folder = this.#folderOf(file);
    if (folder === null) return this.#loose?.engine ?? null;
    return this.#projects.find(({ roots }) => roots.includes(folder.root))?.engine ?? null;
  }

  isInFolder(file: FileId): boolean {
    return this.#folderOf(file) !== null;
  }

  /** The files of the workspace folders, each with the engine that speaks for it. */
  files(): readonly { readonly file: FileId; readonly engine: Engine }[] {
    return this.#projects.flatMap(({ engine }) =>
      engine
        .files()
        .filter((file) => this.#folderOf(file) !== null && this.engineOf(file) === engine)
        .map((file) => ({ file, engine })),
    );
  }

  engines(): readonly Engine[] {
    return [...this.#projects, ...(this.#loose === null ? [] : [this.#loose])].map(({ engine }) => engine);
  }

  apply({ opened = [], closed = [], onDisk = [] }: Change): void {
    const isLoose = (file: FileId) => this.#folderOf(file) === null;
    const inFolders: Change = {
      opened: opened.filter(({ file }) => !isLoose(file)),
      closed: closed.filter((file) => !isLoose(file)),
      onDisk,
    };
    for (const { engine } of this.#projects) engine.apply(inFolders);
    this.#loose?.engine.apply({
      opened: opened.filter(({ file }) => isLoose(file)),
      closed: closed.filter(isLoose),
      onDisk: onDisk.filter(isLoose),
    });
  }

  #folderOf(file: FileId): Folder | null {
    let nearest: Folder | null = null;
    for (const folder of this.#folders)
      if (isBelow(folder.root, file) && folder.root.length > (nearest?.root.length ?? -1)) nearest = folder;
    return nearest;
  }

  #project(roots: readonly FileId[], { rules }: Settings): Project {
    const key = JSON.stringify([roots, rules]);
    const same = [...this.#projects, ...(this.#loose === null ? [] : [this.#loose])].find(
      (project) => project.key === key,
    );
    return same ?? { roots, key, engine: this.#createEngine({ roots, rules, log: this.#log }) };
  }
}
