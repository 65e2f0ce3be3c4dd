/** For: driving a language server as an editor does: a child process, JSON-RPC over its stdin and stdout. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type CodeAction,
  type Diagnostic,
  type DocumentDiagnosticReport,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type WorkspaceDiagnosticReport,
} from 'vscode-languageserver/node';
import { applyEdits, lineStarts, offsetAt } from '../../server/src/base/text.ts';
import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';

const HERE = dirname(fileURLToPath(import.meta.url));
const TYPESCRIPT = createRequire(import.meta.url).resolve('typescript');

/** Bundles a server into a folder of its own and returns the file to run. */
export async function bundleServer(entry: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-server-'));
  const outfile = join(folder, 'server.js');
  await build({
    entryPoints: [join(HERE, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    // As it ships: TypeScript stands beside the server and is not part of it.
    plugins: [
      {
        name: 'typescript-beside',
        setup: (bundling) =>
          bundling.onResolve({ filter: /^typescript$/ }, () => ({ path: TYPESCRIPT, external: true })),
      },
    ],
  });
  return outfile;
}

export function removeServer(server: string): void {
  rmSync(dirname(server), { recursive: true, force: true });
}

/** What VS Code says of itself, as far as the server asks. */
export const FULL_CLIENT: ClientCapabilities = {
  workspace: {
    configuration: true,
    workspaceFolders: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    workspaceEdit: { documentChanges: true, resourceOperations: ['create', 'rename', 'delete'] },
    diagnostics: { refreshSupport: true },
  },
  textDocument: {
    diagnostic: {
      dynamicRegistration: true,
      relatedInformation: true,
      codeDescriptionSupport: true,
      dataSupport: true,
    },
    publishDiagnostics: { relatedInformation: true, codeDescriptionSupport: true, dataSupport: true },
    codeAction: {
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source'] } },
    },
    hover: { contentFormat: ['markdown', 'plaintext'] },
  },
};

export interface ClientOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly capabilities?: ClientCapabilities;
  readonly initializationOptions?: unknown;
  /** What `workspace/configuration` answers for the section `lockstep`. */
  readonly settings?: unknown;
  readonly withoutFolder?: true;
  /** Words for the server besides `--stdio`. */
  readonly args?: readonly string[];
  /** Workspace folders, relative; default: the one that holds all files. */
  readonly folders?: readonly string[];
}

export class TestClient {
  readonly connection: ProtocolConnection;
  readonly folder: string;
  readonly pushed: PublishDiagnosticsParams[] = [];
  readonly logged: string[] = [];
  readonly shown: string[] = [];
  readonly statuses: unknown[] = [];
  readonly watchers: string[] = [];
  refreshes = 0;
  settings: unknown;
  settingsFor: (item: { scopeUri?: string }) => unknown = () => this.settings;
  /** Of the process, once it has ended. */
  readonly exitCode: Promise<number | null>;
  initialized!: InitializeResult;
  readonly #versions = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #kill: () => void;
  readonly #hangUp: () => void;

  private constructor(server: string, options: ClientOptions) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-workspace-')));
    for (const [name, text] of Object.entries(options.files ?? {})) this.write(name, text);
    this.settings = options.settings ?? null;
    const child = spawn(process.execPath, [server, '--stdio', ...(options.args ?? [])], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#kill = () => void child.kill();
    this.#hangUp = () => void child.stdin.end();
    this.exitCode = once(child, 'exit').then(([code]) => {
      rmSync(this.folder, { recursive: true, force: true });
      return code as number | null;
    });
    this.connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    this.#listen();
  }

  static async start(server: string, options: ClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(server, options);
    client.initialized = await client.connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: options.capabilities ?? FULL_CLIENT,
      workspaceFolders: options.withoutFolder
        ? null
        : (options.folders ?? ['']).map((name) => ({ uri: client.uri(name), name })),
      initializationOptions: options.initializationOptions ?? null,
    });
    await client.connection.sendNotification('initialized', {});
    return client;
  }

  /** Ends the server as an editor does. The folder goes when the process has ended. */
  async stop(): Promise<number | null> {
    try {
      await this.connection.sendRequest('shutdown');
      await this.connection.sendNotification('exit');
      return await this.exitCode;
    } finally {
      this.#kill();
      this.connection.dispose();
    }
  }

  /** The client goes away without a word. */
  hangUp(): void {
    this.#hangUp();
  }

  uri(name: string): string {
    return name.includes(':') ? name : pathToFileURL(join(this.folder, name)).href;
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  async open(name: string, text: string, languageId = 'typescript'): Promise<void> {
    this.#versions.set(name, 1);
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: this.uri(name), languageId, version: 1, text },
    });
  }

  /** Replaces the whole text. */
  async edit(name: string, text: string): Promise<void> {
    await this.change(name, [{ text }]);
  }

  async change(name: string, contentChanges: readonly unknown[]): Promise<void> {
    const version = (this.#versions.get(name) ?? 0) + 1;
    this.#versions.set(name, version);
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: this.uri(name), version },
      contentChanges,
    });
  }

  async close(name: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didClose', {
      textDocument: { uri: this.uri(name) },
    });
  }

  async changedOnDisk(name: string, type: 1 | 2 | 3): Promise<void> {
    await this.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: this.uri(name), type }],
    });
  }

  pull(name: string, previousResultId?: string): Promise<DocumentDiagnosticReport> {
    return this.connection.sendRequest('textDocument/diagnostic', {
      textDocument: { uri: this.uri(name) },
      previousResultId,
    });
  }

  async diagnostics(name: string): Promise<readonly Diagnostic[]> {
    const report = await this.pull(name);
    if (report.kind !== 'full') throw new Error('expected a full report');
    return report.items;
  }

  pullWorkspace(
    previousResultIds: readonly { uri: string; value: string }[] = [],
  ): Promise<WorkspaceDiagnosticReport> {
    return this.connection.sendRequest('workspace/diagnostic', { previousResultIds });
  }

  async actions(name: string, line: number, only?: string[]): Promise<CodeAction[]> {
    const at = { line, character: 0 };
    return this.connection.sendRequest('textDocument/codeAction', {
      textDocument: { uri: this.uri(name) },
      range: { start: at, end: { line, character: 1000 } },
      context: { diagnostics: [], ...(only === undefined ? {} : { only }) },
    });
  }

  resolve(action: CodeAction): Promise<CodeAction> {
    return this.connection.sendRequest('codeAction/resolve', action);
  }

  /** Resolves when the condition holds; it is looked at whenever a message has arrived. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #arrived(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #listen(): void {
    const record = (method: string, note: (params: never) => void) =>
      this.connection.onNotification(method, (params: unknown) => {
        note(params as never);
        this.#arrived();
      });
    record('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => this.pushed.push(params));
    record('window/logMessage', ({ message }: { message: string }) => this.logged.push(message));
    record('window/showMessage', ({ message }: { message: string }) => this.shown.push(message));
    record('lockstep/status', (params: unknown) => this.statuses.push(params));
    this.connection.onRequest('workspace/diagnostic/refresh', () => {
      this.refreshes++;
      this.#arrived();
      return null;
    });
    this.connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) =>
      items.map((item) => this.settingsFor(item as { scopeUri?: string })),
    );
    this.connection.onRequest(
      'client/registerCapability',
      ({ registrations }: { registrations: { method: string; registerOptions?: unknown }[] }) => {
        for (const { method, registerOptions } of registrations) {
          if (method !== 'workspace/didChangeWatchedFiles') continue;
          const { watchers } = registerOptions as { watchers: { globPattern: string }[] };
          this.watchers.push(...watchers.map(({ globPattern }) => globPattern));
        }
        this.#arrived();
        return null;
      },
    );
    this.connection.listen();
  }
}

/** The text after the edits that a workspace edit makes to one document. */
export function applyTo(text: string, uri: string, edit: WorkspaceEdit | undefined): string {
  const changes = (edit?.documentChanges ?? []).flatMap((change) =>
    'edits' in change && change.textDocument.uri === uri ? (change.edits as TextEdit[]) : [],
  );
  const all = [...changes, ...(edit?.changes?.[uri] ?? [])];
  const starts = lineStarts(text);
  const offset = (position: TextEdit['range']['start']) =>
    offsetAt(starts, text.length, { line: position.line, column: position.character });
  return applyEdits(
    text,
    all.map(({ range, newText }) => ({
      span: { file: uri, start: offset(range.start), end: offset(range.end) },
      text: newText,
    })),
  );
}
