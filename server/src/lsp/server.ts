/**
 * For: the language server: which message reaches which handler.
 * In and out: a connection and a host in; everything else goes over the connection.
 * Must never know: Node, a disk, a particular editor.
 */
import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  LSPErrorCodes,
  ResponseError,
  ShowMessageNotification,
  type CancellationToken,
  type Connection,
  type InitializeParams,
  type WorkspaceFolder,
} from 'vscode-languageserver';
import type { FileId } from '../base/text.ts';
import { readAbilities, serverCapabilities } from './capabilities.ts';
import { codeActions, resolveCodeAction } from './codeActions.ts';
import { fileOfUri } from './convert.ts';
import { Validator } from './diagnostics.ts';
import type { Host } from './host.ts';
import { hover } from './hover.ts';
import type { Folder } from './projects.ts';
import { explain, why, type StatusParams } from './requests.ts';
import { createSafely, requestCancelled, type Safely } from './safely.ts';
import { Session } from './session.ts';
import { DEFAULT_SETTINGS, asRecord, parseOptions, parseSettings, type Settings } from './settings.ts';

const WATCHED = [
  '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}',
  '**/{tsconfig,jsconfig}*.json',
  '**/tsconfig.*.json',
  '**/package.json',
  '**/lockstep.config.json',
  '**/.gitignore',
];

export function startServer(connection: Connection, host: Host): void {
  const safely = createSafely({
    log: (text) => connection.console.error(text),
    // As a notification: the request that asks the reader to choose something is not known to every client.
    tell: (message) => send(connection.sendNotification(ShowMessageNotification.type, { type: 1, message })),
  });
  connection.onInitialize((params) => {
    const client = readAbilities(params.capabilities);
    const session = new Session(host, client, parseOptions(params.initializationOptions), (line) =>
      connection.console.warn(line),
    );
    new Server(connection, session, safely, foldersOf(params)).listen(params);
    return {
      capabilities: serverCapabilities(client),
      serverInfo: { name: 'lockstep' },
    };
  });
  connection.listen();
}

class Server {
  readonly #connection: Connection;
  readonly #session: Session;
  readonly #safely: Safely;
  readonly #validator: Validator;
  #folders: readonly WorkspaceFolder[];
  /** What a client that cannot be asked has sent last. */
  #sentSettings: Settings = DEFAULT_SETTINGS;
  #status: StatusParams = { busy: false, findings: 0 };
  #configuring: Promise<void> = Promise.resolve();

  constructor(connection: Connection, session: Session, safely: Safely, folders: readonly WorkspaceFolder[]) {
    this.#connection = connection;
    this.#session = session;
    this.#safely = safely;
    this.#folders = folders;
    this.#validator = new Validator(session, {
      publish: (uri, diagnostics, version) =>
        send(connection.sendDiagnostics({ uri, diagnostics, ...(version === undefined ? {} : { version }) })),
      refresh: () => void safely(() => connection.languages.diagnostics.refresh(), undefined),
      count: (findings) => this.#tell({ ...this.#status, findings }),
      log: (line) => connection.console.warn(line),
      run: (work) => void safely(work, undefined),
    });
    session.onBusy = (busy) => this.#tell({ ...this.#status, busy });
  }

  listen(params: InitializeParams): void {
    const connection = this.#connection;
    this.#sentSettings = parseSettings(params.initializationOptions);
    connection.onInitialized(() => this.#initialized());
    this.#listenToDocuments();
    this.#listenToRequests();
    connection.onDidChangeConfiguration(({ settings }) => {
      this.#sentSettings = parseSettings(asRecord(settings)['lockstep']);
      this.#configure();
    });
    connection.onShutdown(() => this.#validator.dispose());
  }

  #initialized(): void {
    const { client } = this.#session;
    const { client: registry } = this.#connection;
    if (client.configurationEvents)
      void this.#safely(
        () => registry.register(DidChangeConfigurationNotification.type, { section: 'lockstep' }),
        undefined,
      );
    if (client.watchesFiles)
      void this.#safely(
        () =>
          registry.register(DidChangeWatchedFilesNotification.type, {
            watchers: WATCHED.map((globPattern) => ({ globPattern })),
          }),
        undefined,
      );
    if (client.workspaceFolders)
      this.#connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(removed.map(({ uri }) => uri));
        this.#folders = [...this.#folders.filter(({ uri }) => !gone.has(uri)), ...added];
        this.#configure();
      });
    this.#configure();
  }

  #listenToDocuments(): void {
    const { documents } = this.#session;
    const connection = this.#connection;
    connection.onDidOpenTextDocument(({ textDocument }) => {
      documents.open(textDocument);
      this.#changed();
    });
    connection.onDidChangeTextDocument((params) => {
      documents.change(params);
      this.#changed();
    });
    connection.onDidCloseTextDocument(({ textDocument }) => {
      documents.close(textDocument.uri);
      this.#changed();
    });
    const onDisk = (uris: readonly string[]) => {
      for (const uri of uris) documents.onDisk(uri);
      this.#changed();
    };
    connection.onDidChangeWatchedFiles(({ changes }) => onDisk(changes.map(({ uri }) => uri)));
    connection.workspace.onDidDeleteFiles(({ files }) => onDisk(files.map(({ uri }) => uri)));
    connection.workspace.onDidRenameFiles(({ files }) =>
      onDisk(files.flatMap(({ oldUri, newUri }) => [oldUri, newUri])),
    );
  }

  #listenToRequests(): void {
    const connection = this.#connection;
    const session = this.#session;
    const safely = this.#safely;
    connection.languages.diagnostics.on((params, token) =>
      safely(() => this.#validator.pullDocument(params, token), { kind: 'full', items: [] }, token),
    );
    connection.languages.diagnostics.onWorkspace((params, token, _progress, partial) =>
      safely(
        () => this.#validator.pullWorkspace(params, token, partial && ((report) => partial.report(report))),
        { items: [] },
        token,
      ),
    );
    connection.onHover((params, token) => safely(() => hover(params, session, token), null, token));
    connection.onCodeAction((params, token) =>
      safely(() => codeActions(params, session, this.#roots(), token), [], token),
    );
    connection.onCodeActionResolve((action, token) =>
      safely(() => resolveCodeAction(action, session, this.#roots(), token), action, token),
    );
    connection.onRequest('lockstep/why', (params: unknown, token: CancellationToken) =>
      safely(() => why(params, session, token), { reasons: [] }, token),
    );
    connection.onRequest('lockstep/explain', (params: unknown, token: CancellationToken) => {
      if (token.isCancellationRequested) return requestCancelled();
      const answer = explain(params, session);
      const { rule } = asRecord(params);
      return answer ?? new ResponseError(LSPErrorCodes.RequestFailed, `there is no rule ${String(rule)}`);
    });
  }

  #changed(): void {
    this.#session.changed();
    this.#validator.changed();
  }

  /** Asks for the settings of each folder and sets up engines by them; one after the other, in the order of the events. */
  #configure(): void {
    this.#configuring = this.#configuring.then(async () => {
      await this.#safely(() => this.#readSettings(), undefined);
      this.#session.changed();
      // Before the first settings nothing has been answered.
      if (this.#session.ready()) this.#validator.changed();
      else this.#validator.allChanged();
    });
  }

  async #readSettings(): Promise<void> {
    const { projects, documents, client } = this.#session;
    const onDisk = this.#folders.filter(({ uri }) => uri.startsWith('file:'));
    let settings: readonly Settings[] = [...onDisk, null].map(() => this.#sentSettings);
    if (client.configuration) {
      const scopes = [
        ...onDisk.map(({ uri }) => ({ scopeUri: uri, section: 'lockstep' })),
        { section: 'lockstep' },
      ];
      const answers: unknown[] = await this.#connection.workspace.getConfiguration(scopes);
      settings = answers.map(parseSettings);
    }
    const folders = onDisk.map(({ uri }, index): Folder => ({
      root: rootOf(uri),
      settings: settings[index] ?? DEFAULT_SETTINGS,
    }));
    projects.configure(folders, settings[onDisk.length] ?? DEFAULT_SETTINGS);
    documents.tellAllAgain();
  }

  #roots(): readonly FileId[] {
    return this.#folders.filter(({ uri }) => uri.startsWith('file:')).map(({ uri }) => rootOf(uri));
  }

  #tell(status: StatusParams): void {
    if (status.busy === this.#status.busy && status.findings === this.#status.findings) return;
    this.#status = status;
    send(this.#connection.sendNotification('lockstep/status', status));
  }
}

// eslint-disable-next-line @typescript-eslint/no-deprecated -- older clients send nothing else
function foldersOf({ workspaceFolders, rootUri }: InitializeParams): readonly WorkspaceFolder[] {
  if (workspaceFolders) return workspaceFolders;
  return rootUri ? [{ uri: rootUri, name: '' }] : [];
}

/** A client that has gone needs no message, and its going is no defect. */
function send(sending: Promise<void>): void {
  sending.catch(() => undefined);
}

function rootOf(uri: string): FileId {
  return fileOfUri(uri).replace(/(?<=.)\/$/, '');
}
