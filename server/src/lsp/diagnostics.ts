/**
 * For: findings as the protocol's diagnostics, pulled by clients that can and pushed to those that cannot.
 * In and out: requests and changes in; reports, refreshes and publications out.
 * Must never know: how a finding is found.
 */
import type {
  CancellationToken,
  Diagnostic,
  DocumentDiagnosticParams,
  DocumentDiagnosticReport,
  WorkspaceDiagnosticParams,
  WorkspaceDiagnosticReport,
  WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver';
import { Cancelled, type CancelCheck } from '../base/cancel.ts';
import type { Finding } from '../base/finding.ts';
import { hashText, type FileId } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { problemDiagnostics, toDiagnostic } from './diagnostic.ts';
import { known, provisionalFindings, type Known } from './provisional.ts';
import { askAgain } from './safely.ts';
import type { Session, Target } from './session.ts';

export interface DiagnosticSink {
  publish(uri: string, diagnostics: Diagnostic[], version: number | undefined): void;
  refresh(): void;
  /** Findings in all files looked at so far. */
  count(findings: number): void;
  /** Runs work that nobody waits for; what it throws is dealt with as in a request. */
  run(work: () => Promise<void>): void;
}

/** An edit is followed by work on other files only after the typing has paused this long. */
const SETTLE_MS = 200;
/** What an early answer may take beyond the findings of the file alone. */
const QUICK_MS = 40;
/** Long enough to gather what belongs together, short enough not to be seen. */
const REFRESH_MS = 30;
/** Between files of a workspace report, messages have their turn this often. */
const BREATH_MS = 20;

export class Validator {
  readonly #session: Session;
  readonly #sink: DiagnosticSink;
  readonly #generations = new WeakMap<Engine, number>();
  readonly #counts = new Map<FileId, number>();
  /** By URI, open documents only, and only if early answers are wanted. */
  readonly #known = new Map<string, Known>();
  /** By URI, the id of what was published last; only where the client cannot pull. */
  readonly #published = new Map<string, string>();
  #cancelSettle: () => void = () => undefined;
  #cancelRefresh: () => void = () => undefined;

  constructor(session: Session, sink: DiagnosticSink) {
    this.#session = session;
    this.#sink = sink;
  }

  async pullDocument(
    { textDocument, previousResultId }: DocumentDiagnosticParams,
    token: CancellationToken,
  ): Promise<DocumentDiagnosticReport> {
    const found = await this.#session.on(textDocument.uri, token, (target, cancelled) =>
      this.#diagnose(target, () => this.#answer(target, cancelled)),
    );
    const items = found ?? [];
    const resultId = idOf(items);
    if (resultId === previousResultId) return { kind: 'unchanged', resultId };
    return { kind: 'full', resultId, items };
  }

  /** Files without findings are left out unless the client still shows some there; gone files are reported empty. */
  async pullWorkspace(
    { previousResultIds }: WorkspaceDiagnosticParams,
    token: CancellationToken,
    partial?: (report: WorkspaceDiagnosticReport) => void,
  ): Promise<WorkspaceDiagnosticReport> {
    const previous = new Map(previousResultIds.map(({ uri, value }) => [uri, value]));
    const items: WorkspaceDocumentDiagnosticReport[] = [];
    await this.#forEachFile(
      () => {
        if (token.isCancellationRequested) throw new Cancelled();
      },
      (uri, diagnostics, version) => {
        const known = previous.get(uri);
        previous.delete(uri);
        const resultId = idOf(diagnostics);
        if (known === resultId) items.push({ uri, version, kind: 'unchanged', resultId });
        else if (known !== undefined || diagnostics.length > 0)
          items.push({ uri, version, kind: 'full', resultId, items: diagnostics });
      },
    );
    for (const uri of previous.keys()) {
      // Documents outside the folders are reported by the document request alone.
      if (this.#session.documents.get(uri) === undefined)
        items.push({ uri, version: null, kind: 'full', resultId: idOf([]), items: [] });
    }
    if (partial === undefined) return { items };
    partial({ items });
    return { items: [] };
  }

  /** To be called after every change; what depends on it follows when the typing pauses. */
  changed(): void {
    this.#cancelSettle();
    this.#cancelSettle = this.#session.host.timers.after(SETTLE_MS, () =>
      this.#sink.run(() => this.#settle()),
    );
  }

  /** Settings or folders changed: everything may be different. */
  allChanged(): void {
    this.#counts.clear();
    this.#known.clear();
    if (this.#session.client.pullsDiagnostics) this.#refreshSoon();
    this.changed();
  }

  dispose(): void {
    this.#cancelSettle();
    this.#cancelRefresh();
  }

  #answer(target: Target, cancelled: CancelCheck): readonly Finding[] {
    const { options, client, revision, host } = this.#session;
    const { uri, file, engine } = target;
    const before = this.#known.get(uri);
    if (before === undefined || !options.quickAnswers || !client.refreshesDiagnostics)
      return this.#whole(target, cancelled);
    if (before.revision === revision) return before.findings;
    const quick = engine.quickFindings(file, cancelled);
    const end = host.timers.now() + QUICK_MS;
    const whole = attempt(() => this.#whole(target, () => host.timers.now() > end));
    if (whole !== null) return whole;
    this.#finish(target);
    return provisionalFindings(file, engine.text(file) ?? '', quick, before);
  }

  #whole(target: Target, cancelled: CancelCheck): readonly Finding[] {
    const { uri, file, engine } = target;
    const findings = engine.findings(file, cancelled);
    this.#noteGeneration(engine);
    if (this.#session.options.quickAnswers && this.#session.documents.get(uri) !== undefined)
      this.#known.set(
        uri,
        known(
          this.#session.revision,
          engine.text(file) ?? '',
          findings,
          engine.quickFindings(file, cancelled),
        ),
      );
    return findings;
  }

  /** Completes an answer that was given early, and has the client ask again; given up when something changes. */
  #finish(target: Target): void {
    this.#sink.run(async () => {
      await this.#session.work(this.#whileUnchanged(), (cancelled) => this.#whole(target, cancelled));
      this.#refreshSoon();
    });
  }

  #whileUnchanged(): () => void {
    const { revision } = this.#session;
    return () => {
      if (this.#session.revision !== revision) throw new Cancelled();
    };
  }

  async #settle(): Promise<void> {
    for (const uri of this.#known.keys())
      if (this.#session.documents.get(uri) === undefined) this.#known.delete(uri);
    const proceed = this.#whileUnchanged();
    if (this.#session.client.pullsDiagnostics) await this.#noteAllGenerations(proceed);
    else await this.#publishAll(proceed);
  }

  /** Brings each engine up to date through one document that is open, so that its generation says what is new. */
  async #noteAllGenerations(proceed: () => void): Promise<void> {
    await this.#session.started;
    for (const engine of this.#session.projects.engines()) {
      await this.#session.work(proceed, (cancelled) => {
        const open = this.#session.documents
          .all()
          .find((document) => document.isCode && this.#session.projects.engineOf(document.file) === engine);
        const file = open?.file ?? engine.files()[0];
        if (file !== undefined) engine.findings(file, cancelled);
        this.#noteGeneration(engine);
      });
    }
  }

  async #publishAll(proceed: () => void): Promise<void> {
    await this.#session.started;
    const stale = new Set(this.#published.keys());
    const publish = (uri: string, diagnostics: Diagnostic[], version: number | null) => {
      stale.delete(uri);
      const id = idOf(diagnostics);
      const known = this.#published.get(uri);
      if (known === id || (known === undefined && diagnostics.length === 0)) return;
      this.#published.set(uri, id);
      this.#sink.publish(uri, diagnostics, version ?? undefined);
    };
    for (const { uri } of this.#session.documents.all()) {
      const diagnostics = await this.#session.work(proceed, (cancelled) => {
        const target = this.#session.target(uri);
        return target === null
          ? []
          : this.#diagnose(target, () => target.engine.findings(target.file, cancelled));
      });
      publish(uri, diagnostics, this.#session.documents.get(uri)?.version ?? null);
    }
    await this.#forEachFile(proceed, publish);
    for (const uri of stale) publish(uri, [], null);
  }

  /** The files of the workspace folders and the files that problems name, each once. */
  async #forEachFile(
    proceed: () => void,
    visit: (uri: string, diagnostics: Diagnostic[], version: number | null) => void,
  ): Promise<void> {
    await this.#session.started;
    const session = this.#session;
    const { timers } = session.host;
    const { revision } = session;
    const goOn = () => {
      proceed();
      if (session.revision !== revision) throw askAgain();
    };
    const files = await session.work(goOn, () => session.projects.files());
    const seen = new Set<FileId>();
    let breath = timers.now();
    const run = async (file: FileId, diagnose: (cancelled: () => boolean) => Diagnostic[]) => {
      seen.add(file);
      // Most files are known already and take no time: those are not worth a turn each.
      const quick =
        timers.now() - breath < BREATH_MS ? attempt(() => diagnose(() => timers.now() - breath > 100)) : null;
      const diagnostics = quick ?? (await session.work(goOn, diagnose));
      if (quick === null) breath = timers.now();
      visit(session.documents.uriOf(file), diagnostics, session.documents.versioned(file).version);
    };
    for (const { file, engine } of files)
      await run(file, (cancelled) =>
        this.#diagnose({ uri: session.documents.uriOf(file), file, engine }, () =>
          engine.findings(file, cancelled),
        ),
      );
    for (const engine of session.projects.engines()) {
      this.#noteGeneration(engine);
      for (const file of new Set(engine.problems().map((problem) => problem.file)))
        if (!seen.has(file)) await run(file, () => problemDiagnostics(file, engine, session));
    }
  }

  #diagnose({ file, engine }: Target, findings: () => readonly Finding[]): Diagnostic[] {
    const found = findings();
    if (this.#counts.get(file) !== found.length) {
      this.#counts.set(file, found.length);
      this.#sink.count([...this.#counts.values()].reduce((sum, count) => sum + count, 0));
    }
    return [
      ...problemDiagnostics(file, engine, this.#session),
      ...found.map((finding) => toDiagnostic(finding, this.#session)),
    ];
  }

  #noteGeneration(engine: Engine): void {
    const generation = engine.generation();
    const known = this.#generations.get(engine);
    this.#generations.set(engine, generation);
    if (known !== undefined && known !== generation) this.#refreshSoon();
  }

  #refreshSoon(): void {
    if (!this.#session.client.refreshesDiagnostics) return;
    this.#cancelRefresh();
    this.#cancelRefresh = this.#session.host.timers.after(REFRESH_MS, () => this.#sink.refresh());
  }
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof Cancelled) return null;
    throw error;
  }
}

function idOf(diagnostics: readonly Diagnostic[]): string {
  return hashText(JSON.stringify(diagnostics));
}
