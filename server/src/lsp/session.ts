import type { CancellationToken } from 'vscode-languageserver';
import { Cancelled, type CancelCheck } from '../base/cancel.ts';
import type { FileId } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import type { ClientAbilities } from './capabilities.ts';
import { Lines } from './convert.ts';
import { Documents } from './documents.ts';
import type { Host } from './host.ts';
import { Projects } from './projects.ts';
import { askAgain } from './safely.ts';
import type { ServerOptions } from './settings.ts';
import { inSlices } from './slices.ts';

/** A document together with the engine that answers for it. */
export interface Target {
  readonly uri: string;
  readonly file: FileId;
  readonly engine: Engine;
}

/** All that lives from message to message. Requests leave nothing behind here. */
export class Session {
  readonly documents = new Documents();
  readonly projects: Projects;
  readonly lines: Lines;
  readonly host: Host;
  readonly client: ClientAbilities;
  readonly options: ServerOptions;
  /** Called when an answer takes longer than a moment, and when the last such answer is there. */
  onBusy: (busy: boolean) => void = () => undefined;
  /** Counts everything that may change an answer. */
  #revision = 0;
  #long = 0;
  /** Resolves when the work that was asked for last is over. */
  #working: Promise<void> = Promise.resolve();
  #started: () => void = () => undefined;
  #isReady = false;
  /** Resolves when settings and engines are there; requests that come earlier wait. */
  readonly started = new Promise<void>((resolve) => (this.#started = resolve));

  constructor(host: Host, client: ClientAbilities, options: ServerOptions, log: (line: string) => void) {
    this.host = host;
    this.client = client;
    this.options = options;
    this.projects = new Projects((engineOptions) => host.createEngine(engineOptions), log);
    this.lines = new Lines(
      (file) => this.projects.engineOf(file)?.text(file) ?? this.#otherText(file),
      (file) => this.documents.uriOf(file),
    );
  }

  /** True the first time. */
  ready(): boolean {
    const first = !this.#isReady;
    this.#isReady = true;
    this.#started();
    return first;
  }

  changed(): void {
    this.#revision++;
  }

  get revision(): number {
    return this.#revision;
  }

  /** null: Lockstep is off for this document, does not read it, or it is gone. */
  target(uri: string): Target | null {
    const document = this.documents.get(uri);
    if (document?.isCode === false) return null;
    const file = this.documents.fileOf(uri);
    const engine = this.projects.engineOf(file);
    if (engine === null) return null;
    // A deleted file may still be asked about.
    return engine.text(file) === null ? null : { uri, file, engine };
  }

  /** Tells the engines what happened since the last time. */
  flush(): void {
    const change = this.documents.takeChange();
    if (change === null) return;
    for (const file of [...(change.closed ?? []), ...(change.onDisk ?? [])]) this.lines.forget(file);
    this.projects.apply(change);
  }

  /**
   * Work on one document. Spans in its result belong to the texts of this moment, so they are turned into ranges inside
   * `work`. Answers null if nobody reads the document; throws when the request is cancelled or the document changed.
   */
  async on<T>(
    uri: string,
    token: CancellationToken | undefined,
    work: (target: Target, cancelled: CancelCheck) => T,
  ): Promise<T | null> {
    await this.started;
    const version = this.documents.get(uri)?.version;
    return this.work(
      () => {
        if (token?.isCancellationRequested === true) throw new Cancelled();
        if (this.documents.get(uri)?.version !== version) throw askAgain();
      },
      (cancelled) => {
        const target = this.target(uri);
        return target === null ? null : work(target, cancelled);
      },
    );
  }

  /**
   * Work in slices, with the engines up to date at the beginning of each. One after the other: two that take turns would
   * each undo what the other has got.
   */
  async work<T>(proceed: () => void, work: (cancelled: CancelCheck) => T): Promise<T> {
    const answer = { isLong: false };
    const before = this.#working;
    let done: () => void = () => undefined;
    this.#working = new Promise((resolve) => (done = resolve));
    await before;
    try {
      return await inSlices(
        this.host.timers,
        proceed,
        () => {
          answer.isLong = true;
          if (++this.#long === 1) this.onBusy(true);
        },
        (cancelled) => {
          this.flush();
          return work(cancelled);
        },
      );
    } finally {
      done();
      if (answer.isLong && --this.#long === 0) this.onBusy(false);
    }
  }

  /** The text of a file that no engine reads, such as a configuration file: the editor's, else the disk's. */
  #otherText(file: FileId): string | null {
    return this.documents.get(this.documents.uriOf(file))?.text ?? this.host.files.read(file);
  }
}
