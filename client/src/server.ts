/** The language server as the rest of the client sees it: started late, restarted on request, asked by name. */
import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions } from 'vscode-languageclient/node';
import { parseStatus } from './requests.ts';
import { LANGUAGES, type Status } from './status.ts';

export interface Server {
  dispose(): void;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** From now on the server looks at this folder as if it belonged to the workspace. */
  addFolder(folder: vscode.Uri): Promise<void>;
  /** Rejects when the server is not running or refuses. */
  request(method: string, params: unknown, token?: vscode.CancellationToken): Promise<unknown>;
}

/** A link in server-made markdown may call these and nothing else. */
const TRUSTED_COMMANDS = ['lockstep.openLesson'] as const;

export function createServer(
  context: vscode.ExtensionContext,
  output: vscode.LogOutputChannel,
  status: Status,
): Server {
  let client: LanguageClient | null = null;
  let starting: Promise<void> | null = null;
  const folders = new Map<string, vscode.Uri>();
  const announce = async (added: readonly vscode.Uri[]) => {
    if (added.length === 0) return;
    const named = added.map((folder) => ({ uri: folder.toString(), name: 'lockstep' }));
    await client?.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: named, removed: [] },
    });
  };

  const launch = async () => {
    status.starting();
    try {
      client = await createClient(context, output, status);
      await client.start();
      await announce([...folders.values()]);
      status.show({ busy: false, findings: 0 });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      output.error(vscode.l10n.t('The language server did not start: {0}', reason));
      status.failed(reason);
      throw error;
    }
  };
  const start = () => {
    starting ??= launch();
    // Whoever awaits the promise hears of the failure; the status item says it to everyone else.
    starting.catch(() => undefined);
    return starting;
  };

  return {
    start,
    restart: async () => {
      await starting?.catch(() => undefined);
      await client?.dispose();
      client = null;
      starting = null;
      output.info(vscode.l10n.t('The language server starts again'));
      await start();
    },
    addFolder: async (folder) => {
      if (folders.has(folder.toString())) return;
      await start();
      folders.set(folder.toString(), folder);
      await announce([folder]);
    },
    request: async (method, params, token) => {
      await start();
      if (client === null) throw new Error(vscode.l10n.t('The language server is not running'));
      return client.sendRequest<unknown>(method, params, token);
    },
    dispose: () => void client?.dispose(),
  };
}

async function createClient(
  context: vscode.ExtensionContext,
  output: vscode.LogOutputChannel,
  status: Status,
): Promise<LanguageClient> {
  // Loaded here and not at the top: the library is larger than all of the client, and activation does not wait for it.
  const { LanguageClient, TransportKind } = await import('vscode-languageclient/node');
  const module = vscode.Uri.joinPath(context.extensionUri, 'dist', 'server.js').fsPath;
  const options: LanguageClientOptions = {
    documentSelector: documentSelector(),
    outputChannel: output,
    initializationOptions: {
      docsBase: `${vscode.env.uriScheme}://${context.extension.id}/rules/`,
      commands: true,
      // The editor asks again when the server says that there is more to see.
      quickAnswers: true,
    },
    markdown: { isTrusted: { enabledCommands: TRUSTED_COMMANDS } },
    // Settings and watched files are the server's to ask for: it registers for both once it runs.
    diagnosticPullOptions: { onChange: true, onSave: true, onTabs: false },
  };
  const client = new LanguageClient(
    'lockstep',
    'Lockstep',
    {
      run: { module, transport: TransportKind.stdio },
      debug: {
        module,
        transport: TransportKind.stdio,
        options: { execArgv: ['--nolazy', '--inspect=6019'] },
      },
    },
    options,
  );
  client.onNotification('lockstep/status', (params: unknown) => {
    const parsed = parseStatus(params);
    if (parsed !== null) status.show(parsed);
  });
  return client;
}

/** Files on disk and unsaved ones, and whatever scheme the workspace's folders have; never the left side of a diff. */
function documentSelector(): { language: string; scheme: string }[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.scheme);
  const schemes = new Set(['file', 'untitled', ...folders]);
  return [...schemes].flatMap((scheme) => LANGUAGES.map((language) => ({ language, scheme })));
}
