/**
 * For: the workspace as it lives through time: it holds what was read and knows what each change makes stale.
 * In and out: see workspace.ts. Must never know: rules, the editor's protocol.
 */
import type { CancelCheck } from '../base/cancel.ts';
import type { Problem } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import { CONFIG_NAME, type ParsedConfig, parseConfig } from './config.ts';
import type { Encoding } from './decode.ts';
import { type FileSet, findFiles, Walk } from './files.ts';
import { Folders } from './folders.ts';
import { Ignores } from './ignores.ts';
import { Packages } from './packages.ts';
import { basename, dirname, isUri, join, normalise } from './paths.ts';
import { Projects } from './projects.ts';
import { Resolver } from './resolve.ts';
import { Texts } from './texts.ts';
import { Types } from './types.ts';
import type {
  Change,
  Config,
  DiskWorkspace,
  ReadProblem,
  ReceiverKind,
  WorkspaceOptions,
} from './workspace.ts';

export class State implements DiskWorkspace {
  readonly #options: WorkspaceOptions;
  readonly #roots: readonly FileId[];
  readonly #only: readonly FileId[];
  readonly #folders: Folders;
  readonly #texts: Texts;
  readonly #types: Types;
  /** Opened files that may belong to the workspace only because they are open. */
  readonly #guests = new Set<FileId>();
  #layout: Layout;
  #configs = new Map<FileId, ParsedConfig>();
  #nearestConfig = new Map<FileId, FileId | null>();

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#roots = options.roots.map(normalise);
    this.#only = (options.only ?? []).map(normalise);
    this.#folders = new Folders(options.disk, this.#roots);
    this.#texts = new Texts(options.disk);
    this.#layout = this.#read();
    this.#types = new Types({
      text: (file) => this.text(file),
      hasFile: this.#hasFile,
      folders: this.#folders,
      projects: () => this.#layout.projects,
      files: () => this.files(),
      declarations: () => {
        for (const root of this.#roots) this.#layout.walk.sources(root);
        return this.#layout.walk.declarations;
      },
      ...(options.libDir === undefined ? {} : { libDir: normalise(options.libDir) }),
      ...(options.maxProgramFiles === undefined ? {} : { maxFiles: options.maxProgramFiles }),
      log: options.log ?? (() => undefined),
    });
  }

  apply(change: Change): void {
    const touched = new Set<FileId>();
    let moved = false;
    const guests: FileId[] = [];
    for (const { file, text } of change.opened ?? []) {
      const id = normalise(file);
      // A file that the set does not hold may enter it by being opened; one that is not on disk may now be imported.
      if (!this.#texts.isOpen(id) && !(this.files().includes(id) && this.#folders.hasFile(id))) {
        this.#guests.add(id);
        guests.push(id);
        moved = true;
      }
      if (this.#texts.text(id) !== text) touched.add(id);
      this.#texts.open(id, text);
    }
    for (const file of change.closed ?? []) {
      const id = normalise(file);
      if (this.#guests.delete(id)) moved = true;
      this.#texts.close(id);
      touched.add(id);
    }
    const onDisk = (change.onDisk ?? []).map(normalise);
    for (const file of onDisk) {
      this.#texts.forget(file);
      touched.add(file);
    }
    if (onDisk.some((file) => PACKAGES_CHANGED.test(file))) this.#folders.forgetPackages();
    // A file opened from a folder that was not there yet comes before the news of the folder, or without any.
    if (this.#folders.refresh([...onDisk, ...guests])) moved = true;
    for (const file of touched) if (this.#shapes(file)) moved = true;
    if (moved) {
      this.#layout = this.#read();
      for (const file of this.#texts.opened()) this.#guests.add(file);
      this.#configs.clear();
      this.#nearestConfig.clear();
    }
    this.#types.changed(touched, moved);
  }

  files(): readonly FileId[] {
    return this.#fileSet().files;
  }

  text(file: FileId): string | null {
    return this.#texts.text(file);
  }

  encoding(file: FileId): Encoding | null {
    return this.#texts.encoding(file);
  }

  resolve(specifier: string, from: FileId): FileId | null {
    return this.#layout.resolver.resolve(specifier, from);
  }

  resolvePath(path: string, from: FileId): FileId | null {
    return this.#layout.resolver.resolvePath(path, from);
  }

  config(file: FileId): Config {
    const config = this.#configFor(file);
    if (config === null) return { file: null, rules: {} };
    return { file: config, rules: this.#parsed(config).rules };
  }

  fatal(): ReadProblem | null {
    if (this.#options.configFile === undefined) return null;
    const file = normalise(this.#options.configFile);
    const parsed = this.#parsed(file);
    const first = parsed.problems[0];
    return parsed.broken && first !== undefined ? { ...first, about: 'config' } : null;
  }

  problems(): readonly ReadProblem[] {
    const set = this.#fileSet();
    for (const root of this.#roots) this.#configFor(join(root, 'x'));
    for (const config of new Set(this.#nearestConfig.values())) if (config !== null) this.#parsed(config);
    const of = (about: ReadProblem['about'], problems: readonly Problem[]): ReadProblem[] =>
      problems.map((problem) => ({ ...problem, about }));
    return [
      ...of('path', set.problems),
      ...[...this.#configs.values()].flatMap((config) => of('config', config.problems)),
      ...of('tsconfig', this.#layout.projects.problems()),
      ...of(
        'file',
        this.#texts.problems().filter(({ file }) => !this.#configs.has(file)),
      ),
    ].sort((a, b) =>
      a.file < b.file ? -1 : a.file > b.file ? 1 : (a.span?.start ?? 0) - (b.span?.start ?? 0),
    );
  }

  kindsOf(
    file: FileId,
    spans: readonly { readonly start: number; readonly end: number }[],
    cancelled?: CancelCheck,
  ): readonly ReceiverKind[] {
    return this.#types.kindsOf(file, spans, cancelled);
  }

  release(): void {
    this.#types.release();
  }

  readonly #hasFile = (file: FileId): boolean => this.#texts.isOpen(file) || this.#folders.hasFile(file);

  #fileSet(): FileSet {
    const { walk, projects } = this.#layout;
    return (this.#layout.set ??= findFiles({
      roots: this.#roots,
      only: this.#only,
      opened: this.#texts.opened(),
      folders: this.#folders,
      walk,
      projects,
    }));
  }

  /** Everything that is derived from names on disk and from configuration; made anew when those change. */
  #read(): Layout {
    const read = (file: FileId): string | null => this.#texts.text(file);
    const folders = this.#folders;
    const hasFile = this.#hasFile;
    const ignores = new Ignores(folders, read);
    const walk = new Walk(folders, ignores);
    const projects = new Projects({
      hasFile,
      hasFolder: (folder) => folders.hasFolder(folder),
      read,
      realPath: (path) => folders.realPath(path),
    });
    const packages = new Packages({
      roots: this.#roots,
      folders,
      read,
      packageFolders: () => {
        for (const root of this.#roots) walk.sources(root);
        return walk.packages;
      },
    });
    const isIgnored = (file: FileId): boolean => ignores.isIgnored(file);
    const resolver = new Resolver({ roots: this.#roots, hasFile, isIgnored, projects, packages });
    return { walk, projects, resolver, set: null };
  }

  /** Whether the content of this file decides which files there are, what they resolve to or how they are judged. */
  #shapes(file: FileId): boolean {
    const name = basename(file);
    if (name === CONFIG_NAME || name === '.gitignore' || name === 'package.json') return true;
    if (file === this.#options.configFile || !file.endsWith('.json'))
      return file === this.#options.configFile;
    return this.#layout.projects.dependsOn(file);
  }

  #configFor(file: FileId): FileId | null {
    if (this.#options.configFile !== undefined) return normalise(this.#options.configFile);
    return isUri(file) ? null : this.#configNear(dirname(file));
  }

  #configNear(folder: FileId): FileId | null {
    const known = this.#nearestConfig.get(folder);
    if (known !== undefined) return known;
    const here = join(folder, CONFIG_NAME);
    const up = dirname(folder);
    const top =
      up === folder || this.#folders.hasFolder(join(folder, '.git')) || this.#hasFile(join(folder, '.git'));
    const found = this.#hasFile(here) ? here : top ? null : this.#configNear(up);
    this.#nearestConfig.set(folder, found);
    return found;
  }

  #parsed(config: FileId): ParsedConfig {
    const known = this.#configs.get(config);
    if (known !== undefined) return known;
    const text = this.#texts.text(config);
    const why = this.#texts.problems().find(({ file }) => file === config)?.message;
    const parsed: ParsedConfig =
      text !== null
        ? parseConfig(config, text, this.#options.knownRules)
        : {
            rules: {},
            broken: true,
            problems: [{ file: config, message: why ?? 'no such configuration file: check the path' }],
          };
    this.#configs.set(config, parsed);
    return parsed;
  }
}

interface Layout {
  readonly walk: Walk;
  readonly projects: Projects;
  readonly resolver: Resolver;
  set: FileSet | null;
}

/** Written at the end of an installation of packages. */
const PACKAGES_CHANGED =
  /\/(?:package(?:-lock)?\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|node_modules(?:\/\.package-lock\.json)?)$/;
