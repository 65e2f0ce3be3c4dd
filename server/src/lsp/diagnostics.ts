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
import { Cancelled } from '../base/cancel.ts';
import type { Finding, Problem } from '../base/finding.ts';
import { hashText, type FileId } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { SEVERITY } from './convert.ts';
import { askAgain } from './safely.ts';
import type { Session, Target } from './session.ts';
import { pageAddress } from './settings.ts';

/** What travels with a diagnostic and comes back with a request for code actions. */
export interface DiagnosticData {
  readonly key: string;
  readonly confidence: Finding['confidence'];
  readonly category: Finding['category'];
  readonly lesson: string;
  /** Absent if there is none. */
  readonly schedule?: readonly ScheduleStepData[];
}
export interface ScheduleStepData {
  readonly agent: string;
  readonly does: string;
  readonly uri: string;
  readonly range: Diagnostic['range'];
}

/** Names a finding as long as its place and words stay the same. */
export function findingKey({ rule, span, message }: Finding): string {
  return hashText(`${rule} ${span.file} ${span.start} ${span.end} ${message}`);
}

export function toDiagnostic(finding: Finding, { lines, client, options }: Session): Diagnostic {
  const { rule, related } = finding;
  const elsewhere = related.map(({ span, message }) => ({ location: lines.location(span), message }));
  const told = client.relatedInformation
    ? ''
    : elsewhere
        .map(
          ({ location: { uri, range }, message }) =>
            `\n${shortName(uri)}:${range.start.line + 1}: ${message}`,
        )
        .join('');
  const data: DiagnosticData = {
    key: findingKey(finding),
    confidence: finding.confidence,
    category: finding.category,
    lesson: finding.lesson,
    ...(finding.schedule.length === 0 ? {} : { schedule: scheduleOf(finding, lines) }),
  };
  return {
    range: lines.range(finding.span),
    severity: SEVERITY[finding.severity],
    code: rule,
    ...(client.codeDescription ? { codeDescription: { href: pageAddress(options, rule) } } : {}),
    source: 'lockstep',
    message: finding.message + told,
    ...(client.relatedInformation && elsewhere.length > 0 ? { relatedInformation: elsewhere } : {}),
    ...(client.diagnosticData ? { data } : {}),
  };
}

export function scheduleOf({ schedule }: Finding, lines: Session['lines']): ScheduleStepData[] {
  return schedule.map(({ agent, does, span }) => ({ agent, does, ...lines.location(span) }));
}

export interface DiagnosticSink {
  publish(uri: string, diagnostics: Diagnostic[], version: number | undefined): void;
  refresh(): void;
  /** Findings in all files looked at so far. */
  count(findings: number): void;
}

/** An edit is followed by work on other files only after the typing has paused this long. */
const SETTLE_MS = 200;
/** Long enough to gather what belongs together, short enough not to be seen. */
const REFRESH_MS = 30;
/** Between files of a workspace report, messages have their turn this often. */
const BREATH_MS = 20;

export class Validator {
  readonly #session: Session;
  readonly #sink: DiagnosticSink;
  readonly #generations = new WeakMap<Engine, number>();
  readonly #counts = new Map<FileId, number>();
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
    const found = await this.#session.on(textDocument.uri, token, (target, cancelled) => {
      const items = this.#diagnose(target, () => target.engine.findings(target.file, cancelled));
      this.#noteGeneration(target.engine);
      return items;
    });
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
  changed(run: (settle: () => Promise<void>) => void): void {
    this.#cancelSettle();
    this.#cancelSettle = this.#session.host.timers.after(SETTLE_MS, () => run(() => this.#settle()));
  }

  /** Settings or folders changed: everything may be different. */
  allChanged(run: (settle: () => Promise<void>) => void): void {
    this.#counts.clear();
    if (this.#session.client.pullsDiagnostics) this.#refreshSoon();
    this.changed(run);
  }

  dispose(): void {
    this.#cancelSettle();
    this.#cancelRefresh();
  }

  async #settle(): Promise<void> {
    const { revision } = this.#session;
    const proceed = () => {
      if (this.#session.revision !== revision) throw new Cancelled();
    };
    try {
      if (this.#session.client.pullsDiagnostics) await this.#noteAllGenerations(proceed);
      else await this.#publishAll(proceed);
    } catch (error) {
      // A newer change has its own call.
      if (!(error instanceof Cancelled)) throw error;
    }
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

/** What is wrong with a file as input, such as a configuration with an unknown rule. */
function problemDiagnostics(file: FileId, engine: Engine, { lines }: Session): Diagnostic[] {
  return engine
    .problems()
    .filter((problem) => problem.file === file)
    .map((problem: Problem) => ({
      range: lines.range(problem.span ?? { file, start: 0, end: 0 }),
      severity: SEVERITY.warning,
      code: 'input',
      source: 'lockstep',
      message: problem.message,
    }));
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

function shortName(uri: string): string {
  return decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
}
