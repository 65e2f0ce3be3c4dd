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
import type { Engine } from '../engine.ts';
import { problemDiagnostics, toDiagnostic } from './diagnostic.ts';
import { attempt, Counts, idOf, Sweep } from './sweep.ts';
import { known, provisionalFindings, type Known } from './provisional.ts';
import type { Session, Target } from './session.ts';

export interface DiagnosticSink {
  publish(uri: string, diagnostics: Diagnostic[], version: number | undefined): void;
  refresh(): void;
  /** Findings in all files looked at so far. */
  count(findings: number): void;
  /** Into the client's output. */
  log(line: string): void;
  /** Runs work that nobody waits for; what it throws is dealt with as in a request. */
  run(work: () => Promise<void>): void;
}

/** An edit is followed by work on other files only after the typing has paused this long. */
const SETTLE_MS = 200;
/** What an early answer may take beyond the findings of the file alone. */
const QUICK_MS = 40;
/** Long enough to gather what belongs together, short enough not to be seen. */
const REFRESH_MS = 30;

export class Validator {
  readonly #session: Session;
  readonly #sink: DiagnosticSink;
  readonly #generations = new WeakMap<Engine, number>();
  readonly #counts: Counts;
  readonly #sweep: Sweep;
  /** By URI, open documents only, and only if early answers are wanted. */
  readonly #known = new Map<string, Known>();
  /** By URI, the id of what was published last; only where the client cannot pull. */
  readonly #published = new Map<string, string>();
  #cancelSettle: () => void = () => undefined;
  #cancelRefresh: () => void = () => undefined;

  constructor(session: Session, sink: DiagnosticSink) {
    this.#session = session;
    this.#sink = sink;
    this.#counts = new Counts((findings) => sink.count(findings));
    this.#sweep = new Sweep(
      session,
      this.#counts,
      (engine) => this.#noteGeneration(engine),
      (line) => sink.log(line),
    );
  }

  async pullDocument(
    { textDocument, previousResultId }: DocumentDiagnosticParams,
    token: CancellationToken,
  ): Promise<DocumentDiagnosticReport> {
    const found = await this.#session.on(textDocument.uri, token, (target, cancelled) =>
      this.#diagnose(target, cancelled),
    );
    const items =
      found ?? problemDiagnostics(this.#session.documents.fileOf(textDocument.uri), this.#session);
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
    const all = await this.#sweep.all(() => {
      if (token.isCancellationRequested) throw new Cancelled();
    });
    const previous = new Map(previousResultIds.map(({ uri, value }) => [uri, value]));
    const items: WorkspaceDocumentDiagnosticReport[] = [];
    for (const { uri, version, resultId, diagnostics } of all) {
      const isKnown = previous.get(uri) === resultId;
      previous.delete(uri);
      if (isKnown) items.push({ uri, version, kind: 'unchanged', resultId });
      else items.push({ uri, version, kind: 'full', resultId, items: [...diagnostics] });
    }
    const resultId = idOf([]);
    for (const [uri, known] of previous) {
      const { documents, projects } = this.#session;
      const file = documents.fileOf(uri);
      // Documents outside the folders are reported by the document request alone.
      if (documents.get(uri) !== undefined && !projects.isInFolder(file)) continue;
      const { version } = documents.versioned(file);
      if (known === resultId) items.push({ uri, version, kind: 'unchanged', resultId });
      else items.push({ uri, version, kind: 'full', resultId, items: [] });
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
    const publish = (uri: string, diagnostics: readonly Diagnostic[], version: number | null) => {
      stale.delete(uri);
      const id = idOf(diagnostics);
      const known = this.#published.get(uri);
      if (known === id || (known === undefined && diagnostics.length === 0)) return;
      this.#published.set(uri, id);
      this.#sink.publish(uri, [...diagnostics], version ?? undefined);
    };
    for (const { uri } of this.#session.documents.all()) {
      const diagnostics = await this.#session.work(proceed, (cancelled) => {
        const target = this.#session.target(uri);
        return target === null ? [] : this.#diagnose(target, cancelled);
      });
      publish(uri, diagnostics, this.#session.documents.get(uri)?.version ?? null);
    }
    for (const { uri, diagnostics, version } of await this.#sweep.all(proceed))
      publish(uri, diagnostics, version);
    for (const uri of stale) publish(uri, [], null);
  }

  #diagnose(target: Target, cancelled: CancelCheck): Diagnostic[] {
    const found = this.#answer(target, cancelled);
    this.#counts.set(target.file, found.length);
    return found.map((finding) => toDiagnostic(finding, this.#session));
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
