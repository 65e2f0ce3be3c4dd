/** For: what the suites do with an editor, each step waiting for the event that ends it. */
import * as vscode from 'vscode';

/** The longest that anything may take on a busy machine with two cores. */
const PATIENCE_MS = 20_000;

export const EXTENSION_ID = 'lockstep.lockstep';

export function workspaceUri(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error('the window has no folder');
  return vscode.Uri.joinPath(folder.uri, path);
}

/** Writes a file of the workspace, as another program would. */
export async function writeFile(path: string, text: string): Promise<vscode.Uri> {
  const uri = workspaceUri(path);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

export async function show(uri: vscode.Uri): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(uri);
  return vscode.window.showTextDocument(document, { preview: false });
}

/** Replaces the first `from` of the document as typing would: the text changes, the file does not. */
export async function type(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const start = document.getText().indexOf(from);
  if (start < 0) throw new Error(`${document.uri.path} has no ${from}`);
  const range = new vscode.Range(document.positionAt(start), document.positionAt(start + from.length));
  const done = await editor.edit((edit) => {
    edit.replace(range, to);
  });
  if (!done) throw new Error(`${document.uri.path} could not be edited`);
}

/** The position of the first `text` of the document, `into` characters further on. */
export function positionOf(document: vscode.TextDocument, text: string, into = 0): vscode.Position {
  const offset = document.getText().indexOf(text);
  if (offset < 0) throw new Error(`${document.uri.path} has no ${text}`);
  return document.positionAt(offset + into);
}

function findingsIn(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter((each) => each.source === 'lockstep');
}

function ruleOf(finding: vscode.Diagnostic): string {
  const { code } = finding;
  return String(typeof code === 'object' ? code.value : code);
}

/** Resolves with the first finding of `rule` in `uri`, as soon as there is one. */
export function findingOf(rule: string, uri: vscode.Uri): Promise<vscode.Diagnostic> {
  const first = (): vscode.Diagnostic | undefined => findingsIn(uri).find((each) => ruleOf(each) === rule);
  return whenFindings(uri, first, `a finding of ${rule} in ${uri.path}`);
}

/** Resolves as soon as nothing of `rule` is found in `uri`. */
export async function noFindingOf(rule: string, uri: vscode.Uri): Promise<void> {
  const gone = (): true | undefined => findingsIn(uri).every((each) => ruleOf(each) !== rule) || undefined;
  await whenFindings(uri, gone, `no finding of ${rule} in ${uri.path}`);
}

function whenFindings<T>(uri: vscode.Uri, wanted: () => T | undefined, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = wanted();
      if (found === undefined) return;
      stop();
      resolve(found);
    };
    const late = setTimeout(() => {
      stop();
      const seen = findingsIn(uri).map((each) => `line ${each.range.start.line + 1}: ${each.message}`);
      reject(
        new Error(`not within ${PATIENCE_MS / 1000} s: ${what}; seen: ${seen.join(' | ') || 'nothing'}`),
      );
    }, PATIENCE_MS);
    const subscription = vscode.languages.onDidChangeDiagnostics((event) => {
      if (event.uris.some((each) => each.toString() === uri.toString())) look();
    });
    const stop = (): void => {
      clearTimeout(late);
      subscription.dispose();
    };
    look();
  });
}

/** The quick fixes of one finding, as the light bulb lists them. */
export async function fixesOf(uri: vscode.Uri, finding: vscode.Diagnostic): Promise<vscode.CodeAction[]> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    uri,
    finding.range,
    vscode.CodeActionKind.QuickFix.value,
    20,
  );
  return actions;
}

/** The text of all hovers at a position. */
export async function hoverAt(uri: vscode.Uri, position: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    uri,
    position,
  );
  return hovers
    .flatMap((hover) => hover.contents)
    .filter((content) => content instanceof vscode.MarkdownString)
    .map((content) => content.value)
    .join('\n\n');
}

/** The webview's tab that `open` brings to the front. */
export async function webviewAfter(open: () => Thenable<unknown>): Promise<vscode.Tab> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
      if (!(tab?.input instanceof vscode.TabInputWebview)) return;
      stop();
      resolve(tab);
    };
    const late = setTimeout(() => {
      stop();
      const labels = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map((tab) => tab.label));
      reject(new Error(`no webview; there are: ${labels.join(', ')}`));
    }, PATIENCE_MS);
    const subscription = vscode.window.tabGroups.onDidChangeTabs(look);
    const stop = (): void => {
      clearTimeout(late);
      subscription.dispose();
    };
    open().then(look, (error: unknown) => {
      stop();
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}
