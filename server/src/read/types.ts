/**
 * For: what the type checker says, asked only where syntax cannot decide, so that most runs never make a program.
 * In and out: spans in, kinds out; no TypeScript object leaves. Must never know: rules.
 */
import ts from 'typescript';
import type { CancelCheck } from '../base/cancel.ts';
import type { FileId } from '../base/text.ts';
import { nodeDisk } from './disk.ts';
import type { Folders } from './folders.ts';
import { kindOf } from './kinds.ts';
import { basename, dirname, isBelow, isUri, join, normalise } from './paths.ts';
import type { Projects } from './projects.ts';
import type { Project } from './tsconfig.ts';
import { decode } from './decode.ts';
import type { ReceiverKind } from './workspace.ts';

export interface TypesHost {
  readonly text: (file: FileId) => string | null;
  readonly hasFile: (file: FileId) => boolean;
  readonly folders: Folders;
  readonly projects: () => Projects;
  /** The sources of the workspace, sorted. */
  readonly files: () => readonly FileId[];
  /** Declaration files of the workspace: each project takes the ones that it includes. */
  readonly declarations: () => Iterable<FileId>;
  readonly libDir?: FileId;
  readonly maxFiles?: number;
  readonly log: (line: string) => void;
}

export class Types {
  readonly #host: TypesHost;
  readonly #libDir: FileId;
  readonly #versions = new Map<FileId, number>();
  /** By configuration file; `''` where there is none. */
  readonly #services = new Map<FileId, Service>();
  #registry: ts.DocumentRegistry | null = null;
  #generation = 0;
  readonly #logged = new Set<string>();

  constructor(host: TypesHost) {
    this.#host = host;
    this.#libDir = host.libDir ?? normalise(dirname(normalise(ts.getDefaultLibFilePath({}))));
  }

  /** These files say something else now; `moved`: files appeared, vanished or are configured anew. */
  changed(files: Iterable<FileId>, moved: boolean): void {
    for (const file of files) {
      this.#generation++;
      this.#versions.set(file, (this.#versions.get(file) ?? 0) + 1);
    }
    for (const [key, service] of this.#services) if (service.state === 'failed') this.#services.delete(key);
    if (!moved) return;
    this.#generation++;
    for (const service of this.#services.values()) service.doubt();
  }

  release(): void {
    this.#dispose();
    this.#registry = null;
  }

  /** As many kinds as spans; `unknown` for all when the checker cannot be asked or the reader no longer waits. */
  kindsOf(
    file: FileId,
    spans: readonly { readonly start: number; readonly end: number }[],
    cancelled: CancelCheck = () => false,
  ): readonly ReceiverKind[] {
    const unknown = spans.map((): ReceiverKind => 'unknown');
    if (spans.length === 0 || cancelled() || this.#host.text(file) === null) return unknown;
    const project = this.#host.projects().forFile(file);
    const service = this.#service(project);
    if (service === null) return unknown;
    try {
      return service.kinds(file, spans, cancelled);
    } catch (error) {
      if (error instanceof Interrupted || error instanceof ts.OperationCanceledException) service.forget();
      else if (error instanceof TooLarge) {
        service.close('too large');
        this.#log(error.message);
      } else {
        // A checker that failed once on this text fails again; the next change makes a new one.
        service.close('failed');
        this.#log(`types are unknown in ${file}: ${error instanceof Error ? error.message : String(error)}`);
      }
      return unknown;
    }
  }

  #service(project: Project | null): Service | null {
    const key = project?.file ?? '';
    let service = this.#services.get(key);
    if (service !== undefined && !service.fits(project)) {
      service.close('released');
      service = undefined;
    }
    if (service === undefined) {
      this.#registry ??= ts.createDocumentRegistry(true, '/');
      service = new Service(this.#host, project, this.#libDir, this.#registry, {
        version: (file) => this.#versions.get(file) ?? 0,
        generation: () => this.#generation,
      });
      this.#services.set(key, service);
    }
    return service.state === 'ready' ? service : null;
  }

  #dispose(): void {
    for (const service of this.#services.values()) service.close('released');
    this.#services.clear();
  }

  #log(line: string): void {
    if (!this.#logged.has(line)) this.#host.log(line);
    this.#logged.add(line);
  }
}

/** A program of this many files takes about two gigabytes. */
const MAX_FILES = 3000;

class TooLarge extends Error {}

class Interrupted extends Error {}

type ServiceState = 'ready' | 'failed' | 'too large' | 'released';

interface Versions {
  readonly version: (file: FileId) => number;
  readonly generation: () => number;
}

/** TypeScript asks for the last member too, although its public type does not name it. */
interface LenientHost extends ts.LanguageServiceHost {
  /** True: what was not found may be there now, and what was found may be gone. */
  readonly hasInvalidatedResolutions: () => boolean;
}

/** One project's language service. It begins with the files asked for and what they import, never with the whole project. */
class Service {
  readonly #host: TypesHost;
  readonly #libDir: FileId;
  readonly #libraries = new Map<FileId, string | null>();
  readonly #options: ts.CompilerOptions;
  readonly #roots = new Set<FileId>();
  readonly #loaded = new Set<FileId>();
  readonly #service: ts.LanguageService;
  #cancelled: CancelCheck = () => false;
  #state: ServiceState = 'ready';
  /** Files came, went or were configured anew since the last question. */
  #isDoubted = false;
  #attempt = 0;
  #program: ts.Program | undefined;
  #steps = 0;

  constructor(
    host: TypesHost,
    project: Project | null,
    libDir: FileId,
    registry: ts.DocumentRegistry,
    versions: Versions,
  ) {
    this.#host = host;
    this.#libDir = libDir;
    this.#options = compilerOptions(project);
    this.#addDeclarations(project);
    const snapshots = new Map<FileId, { readonly text: string; readonly snapshot: ts.IScriptSnapshot }>();
    const asker: LenientHost = {
      getCompilationSettings: () => this.#options,
      getScriptFileNames: () => [...this.#roots],
      getScriptVersion: (file) => String(versions.version(normalise(file))),
      getProjectVersion: () => `${versions.generation()} ${this.#roots.size} ${this.#attempt}`,
      hasInvalidatedResolutions: () => this.#isDoubted,
      getScriptSnapshot: (path) => {
        const file = normalise(path);
        const text = this.#text(file);
        if (text === null) return undefined;
        this.#count(file);
        const known = snapshots.get(file);
        if (known?.text === text) return known.snapshot;
        const snapshot = ts.ScriptSnapshot.fromString(text);
        snapshots.set(file, { text, snapshot });
        return snapshot;
      },
      getCurrentDirectory: () => project?.folder ?? '/',
      getDefaultLibFileName: (forOptions) => join(libDir, ts.getDefaultLibFileName(forOptions)),
      useCaseSensitiveFileNames: () => true,
      fileExists: (path) => this.#exists(normalise(path)),
      readFile: (path) => this.#text(normalise(path)) ?? undefined,
      directoryExists: (path) => host.folders.hasFolder(normalise(path)),
      getDirectories: (path) => {
        const listing = host.folders.list(normalise(path));
        return listing === null ? [] : [...listing.folders, ...listing.links];
      },
      realpath: (path) => host.folders.realPath(normalise(path)),
      getCancellationToken: () => ({ isCancellationRequested: () => this.#cancelled() }),
    };
    this.#service = ts.createLanguageService(asker, registry);
  }

  get state(): ServiceState {
    return this.#state;
  }

  kinds(
    file: FileId,
    spans: readonly { readonly start: number; readonly end: number }[],
    cancelled: CancelCheck,
  ): readonly ReceiverKind[] {
    this.#cancelled = cancelled;
    try {
      if (!this.#roots.has(file) && this.#program?.getSourceFile(file) === undefined) this.#grow(file);
      let program = this.#service.getProgram();
      if (program?.getSourceFile(file) === undefined) {
        this.#roots.add(file);
        program = this.#service.getProgram();
      }
      this.#program = program;
      this.#isDoubted = false;
      const source = program?.getSourceFile(file);
      if (program === undefined || source === undefined) return spans.map(() => 'unknown');
      const isLibrary = (declaration: ts.Declaration): boolean =>
        program.isSourceFileDefaultLibrary(declaration.getSourceFile());
      const token = { isCancellationRequested: cancelled, throwIfCancellationRequested: () => undefined };
      return program.getTypeChecker().runWithCancellationToken(token, (checker) =>
        spans.map(({ start, end }) => {
          if (cancelled()) throw new Interrupted();
          const node = expressionAt(source, start, end);
          return node === null ? 'unknown' : kindOf(checker.getTypeAtLocation(node), checker, isLibrary);
        }),
      );
    } finally {
      this.#cancelled = () => false;
    }
  }

  /** A cancelled checker is half way through: the next question gets a fresh one. */
  forget(): void {
    this.#program = undefined;
    this.#service.cleanupSemanticCache();
    this.#attempt++;
  }

  /** After files came, went or were configured anew. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Whether it can go on for this project as it is now. */
  fits(project: Project | null): boolean {
    if (!this.#isDoubted) return true;
    if (this.#state !== 'ready' || JSON.stringify(this.#options) !== JSON.stringify(compilerOptions(project)))
      return false;
    for (const file of this.#roots) if (!this.#exists(file)) this.#roots.delete(file);
    this.#addDeclarations(project);
    return true;
  }

  close(state: Exclude<ServiceState, 'ready'>): void {
    this.#state = state;
    this.#program = undefined;
    this.#service.dispose();
  }

  /**
   * A new program costs a new checker. So each time that a file is asked for which the program does not hold, twice as
   * many of the files after it come along: a run over all files makes a few programs, an editor small ones.
   */
  #grow(file: FileId): void {
    this.#roots.add(file);
    let more = 2 ** this.#steps++ - 1;
    if (more === 0) return;
    const files = this.#host.files();
    const project = this.#host.projects().forFile(file)?.file;
    for (let index = files.indexOf(file) + 1; index < files.length && more > 0; index++) {
      const next = files[index]!;
      if (this.#roots.has(next) || this.#host.projects().forFile(next)?.file !== project) continue;
      this.#roots.add(next);
      more--;
    }
  }

  #addDeclarations(project: Project | null): void {
    if (project === null) return;
    for (const file of this.#host.declarations())
      if (project.includes(file) || project.named.includes(file)) this.#roots.add(file);
  }

  #count(file: FileId): void {
    this.#loaded.add(file);
    const most = this.#host.maxFiles ?? MAX_FILES;
    if (this.#loaded.size > most)
      throw new TooLarge(
        `types are not asked for: the program has more than ${most} files (lower \`include\` in tsconfig.json, or raise the limit)`,
      );
  }

  #exists(file: FileId): boolean {
    return isBelow(this.#libDir, file) ? this.#library(file) !== null : this.#host.hasFile(file);
  }

  #text(file: FileId): string | null {
    if (isBelow(this.#libDir, file)) return this.#library(file);
    return isUri(file) || this.#host.hasFile(file) ? this.#host.text(file) : null;
  }

  /** TypeScript's own libraries come from the real disk, wherever the workspace's files come from. */
  #library(file: FileId): string | null {
    let text = this.#libraries.get(file);
    if (text === undefined) {
      const bytes = /^lib\..*\.?d\.ts$/.test(basename(file)) ? nodeDisk().readFile(file) : null;
      const decoded = bytes instanceof Uint8Array ? decode(bytes) : null;
      text = decoded !== null && 'text' in decoded ? decoded.text : null;
      this.#libraries.set(file, text);
    }
    return text;
  }
}

/** The project's options, without all that costs time and tells no types. */
function compilerOptions(project: Project | null): ts.CompilerOptions {
  const own = project?.options ?? { target: ts.ScriptTarget.ESNext, strict: true };
  const module = own.module ?? ts.ModuleKind.ESNext;
  return {
    ...own,
    module,
    ...(own.moduleResolution === undefined && own.module === undefined
      ? { moduleResolution: ts.ModuleResolutionKind.Bundler }
      : {}),
    allowJs: true,
    checkJs: false,
    // Scripts would see one another's names, and the answer would depend on what was asked before.
    moduleDetection: ts.ModuleDetectionKind.Force,
    maxNodeModuleJsDepth: 0,
    noEmit: true,
    noResolve: false,
    composite: false,
    incremental: false,
    declaration: false,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
    types: [],
    plugins: [],
  };
}

/** The innermost expression that spans exactly this text. */
function expressionAt(source: ts.SourceFile, start: number, end: number): ts.Node | null {
  let found: ts.Node | null = null;
  const visit = (node: ts.Node): void => {
    if (node.pos > start || node.end < end) return;
    if (node.end === end && node.getStart(source) === start && ts.isExpression(node)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
