import type { ClientCapabilities, ServerCapabilities } from 'vscode-languageserver';

/** What the client can do, as far as answers depend on it. */
export interface ClientAbilities {
  readonly pullsDiagnostics: boolean;
  readonly refreshesDiagnostics: boolean;
  readonly relatedInformation: boolean;
  readonly codeDescription: boolean;
  readonly diagnosticData: boolean;
  readonly codeActionLiterals: boolean;
  readonly resolvesEdits: boolean;
  readonly documentChanges: boolean;
  readonly createsFiles: boolean;
  readonly snippetEdits: boolean;
  readonly markdownHover: boolean;
  readonly configuration: boolean;
  readonly configurationEvents: boolean;
  readonly workspaceFolders: boolean;
  readonly watchesFiles: boolean;
}

export function readAbilities({ workspace, textDocument }: ClientCapabilities): ClientAbilities {
  const pull = textDocument?.diagnostic;
  const push = textDocument?.publishDiagnostics;
  const diagnostics = pull ?? push;
  const resolvable = textDocument?.codeAction?.resolveSupport?.properties ?? [];
  const edit = workspace?.workspaceEdit;
  return {
    pullsDiagnostics: pull !== undefined,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    // The pull capability got these fields in 3.18; a client that pulls by 3.17 says them under the push capability.
    relatedInformation: (diagnostics?.relatedInformation ?? push?.relatedInformation) === true,
    codeDescription: (diagnostics?.codeDescriptionSupport ?? push?.codeDescriptionSupport) === true,
    diagnosticData: (diagnostics?.dataSupport ?? push?.dataSupport) === true,
    codeActionLiterals: textDocument?.codeAction?.codeActionLiteralSupport !== undefined,
    resolvesEdits: textDocument?.codeAction?.dataSupport === true && resolvable.includes('edit'),
    documentChanges: edit?.documentChanges === true,
    createsFiles: edit?.documentChanges === true && (edit.resourceOperations ?? []).includes('create'),
    snippetEdits: edit?.documentChanges === true && edit.snippetEditSupport === true,
    markdownHover: (textDocument?.hover?.contentFormat ?? []).includes('markdown'),
    configuration: workspace?.configuration === true,
    configurationEvents: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    workspaceFolders: workspace?.workspaceFolders === true,
    watchesFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
  };
}

const FOLDERS = { filters: [{ scheme: 'file', pattern: { glob: '**/*', matches: 'folder' as const } }] };

export function serverCapabilities(client: ClientAbilities): ServerCapabilities {
  return {
    positionEncoding: 'utf-16',
    textDocumentSync: { openClose: true, change: 2 },
    hoverProvider: true,
    codeActionProvider: {
      codeActionKinds: ['quickfix', 'source.fixAll.lockstep'],
      resolveProvider: true,
    },
    workspace: {
      workspaceFolders: { supported: true, changeNotifications: true },
      // Watchers speak of files; a folder that is moved or deleted as a whole is told here.
      fileOperations: { didRename: FOLDERS, didDelete: FOLDERS },
    },
    // Invariant: a client gets its diagnostics by pull or by push, never both: it would show them twice.
    ...(client.pullsDiagnostics
      ? {
          diagnosticProvider: {
            identifier: 'lockstep',
            interFileDependencies: true,
            workspaceDiagnostics: true,
          },
        }
      : {}),
  };
}
