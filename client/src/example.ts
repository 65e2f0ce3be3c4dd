/** Opens a copy of the bundled example project in a window of its own, so that it can be mended and broken freely. */
import * as vscode from 'vscode';

export async function openExample(context: vscode.ExtensionContext): Promise<void> {
  const source = vscode.Uri.joinPath(context.extensionUri, 'media', 'example');
  const copy = vscode.Uri.joinPath(context.globalStorageUri, 'example');
  if (await exists(copy)) {
    const again = vscode.l10n.t('Start afresh');
    const keep = vscode.l10n.t('Keep my changes');
    const choice = await vscode.window.showInformationMessage(
      vscode.l10n.t('You have opened the example before'),
      { modal: true, detail: vscode.l10n.t('Starting afresh undoes what you changed in it') },
      again,
      keep,
    );
    if (choice === undefined) return;
    if (choice === again) await vscode.workspace.fs.copy(source, copy, { overwrite: true });
  } else {
    await vscode.workspace.fs.createDirectory(context.globalStorageUri);
    await vscode.workspace.fs.copy(source, copy, { overwrite: true });
  }
  await vscode.commands.executeCommand('vscode.openFolder', copy, { forceNewWindow: true });
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
