/**
 * For: the diagnostics of all files at once, computed once for each state of the workspace and kept until the next.
 * In and out: a session in; the files that have diagnostics out. Must never know: who asked.
 */
import type { Diagnostic } from 'vscode-languageserver';
import { Cancelled, type CancelCheck } from '../base/cancel.ts';
import { hashText, type FileId } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { problemDiagnostics, toDiagnostic } from './diagnostic.ts';
import { askAgain } from './safely.ts';
import type { Session } from './session.ts';

export interface FileDiagnostics {
  readonly uri: string;
  /** null: not open. */
  readonly version: number | null;
  readonly resultId: string;
  /** At least one. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Between files, messages have their turn this often. */
const BREATH_MS = 20;

export class Sweep {
  readonly #session: Session;
  readonly #counts: Counts;
  readonly #seen: (engine: Engine) => void;
  readonly #log: (line: string) => void;
  readonly #logged = new Set<string>();
  #last: { readonly revision: number; readonly all: readonly FileDiagnostics[] } | null = null;

  constructor(session: Session, counts: Counts, seen: (engine: Engine) => void, log: (line: string) => void) {
    this.#session = session;
    this.#counts = counts;
    this.#seen = seen;
    this.#log = log;
  }

  /** Throws what `proceed` throws, and asks to be asked again when something changes on the way. */
  async all(proceed: () => void): Promise<readonly FileDiagnostics[]> {
    await this.#session.started;
    const { revision } = this.#session;
    if (this.#last?.revision === revision) return this.#last.all;
    const all = await this.#run(() => {
      proceed();
      if (this.#session.revision !== revision) throw askAgain();
    });
    this.#last = { revision, all };
    return all;
  }

  async #run(proceed: () => void): Promise<readonly FileDiagnostics[]> {
    const session = this.#session;
    const { timers } = session.host;
    const all: FileDiagnostics[] = [];
    const add = (file: FileId, diagnostics: readonly Diagnostic[]) => {
      if (diagnostics.length === 0) return;
      const { uri, version } = session.documents.versioned(file);
      all.push({ uri, version, resultId: idOf(diagnostics), diagnostics });
    };
    const files = await session.work(proceed, () => session.projects.files());
    let breath = timers.now();
    for (const { file, engine } of files) {
      const find = (cancelled: CancelCheck) =>
        engine.findings(file, cancelled).map((finding) => toDiagnostic(finding, session));
      // Most files are known already and take no time: those are not worth a turn each.
      const end = breath + BREATH_MS;
      const quick = timers.now() < end ? attempt(() => find(() => timers.now() > end)) : null;
      const diagnostics = quick ?? (await session.work(proceed, find));
      if (quick === null) breath = timers.now();
      this.#counts.set(file, diagnostics.length);
      add(file, diagnostics);
    }
    for (const engine of session.projects.engines()) this.#seen(engine);
    for (const file of this.#problemFiles(new Set(files.map((each) => each.file))))
      add(file, problemDiagnostics(file, session));
    return all;
  }

  /** Configuration files with something wrong in them. What is wrong with code, the output says, once. */
  #problemFiles(code: ReadonlySet<FileId>): ReadonlySet<FileId> {
    const files = new Set<FileId>();
    for (const engine of this.#session.projects.engines())
      for (const { file, message } of engine.problems()) {
        if (!code.has(file)) files.add(file);
        else if (!this.#logged.has(`${file} ${message}`)) {
          this.#logged.add(`${file} ${message}`);
          this.#log(`${file}: ${message}`);
        }
      }
    return files;
  }
}

/** How many findings there are in all files looked at so far. */
export class Counts {
  readonly #told: (sum: number) => void;
  readonly #counts = new Map<FileId, number>();
  #sum = 0;

  constructor(told: (sum: number) => void) {
    this.#told = told;
  }

  set(file: FileId, count: number): void {
    const change = count - (this.#counts.get(file) ?? 0);
    this.#counts.set(file, count);
    if (change === 0) return;
    this.#sum += change;
    this.#told(this.#sum);
  }

  clear(): void {
    this.#counts.clear();
    this.#sum = 0;
  }
}

/** Equal for equal diagnostics, different for different ones. */
export function idOf(diagnostics: readonly Diagnostic[]): string {
  return hashText(JSON.stringify(diagnostics));
}

/** null: the work was stopped. */
export function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Cancelled) return null;
    throw error;
  }
}
