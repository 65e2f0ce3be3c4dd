/**
 * A lesson's files as the learner's own: copied once, out of the extension's folder, without the author's marks,
 * so that they can be changed, linted and kept.
 */
import * as vscode from 'vscode';
import type { LessonDoc } from '../../server/src/learn/protocol.ts';
import { readSource } from '../../server/src/learn/source.ts';
import type { Server } from './server.ts';

const SHARED = ['stage.ts', 'node.d.ts', 'lockstep.d.ts', 'tsconfig.json'] as const;

export async function openLessonFile(
  context: vscode.ExtensionContext,
  server: Server,
  lesson: LessonDoc,
  file: string,
  line: number,
): Promise<void> {
  if (!lesson.files.includes(file)) throw new Error(vscode.l10n.t('This lesson has no file {0}', file));
  const from = vscode.Uri.joinPath(context.extensionUri, 'media', 'lessons');
  const to = vscode.Uri.joinPath(context.globalStorageUri, 'lessons');

  for (const name of SHARED)
    await copyIfMissing(vscode.Uri.joinPath(from, name), vscode.Uri.joinPath(to, name));
  // A program and its workers stand side by side: without its neighbours a file would show no race.
  const folder = file.includes('/') ? `${lesson.id}/${file.slice(0, file.lastIndexOf('/'))}` : lesson.id;
  for (const [name, type] of await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(from, folder))) {
    if (type !== vscode.FileType.File || !name.endsWith('.ts')) continue;
    await copyIfMissing(vscode.Uri.joinPath(from, folder, name), vscode.Uri.joinPath(to, folder, name));
  }
  // The files lie outside the workspace; without this the server would look at each of them alone.
  await server.addFolder(to);
  const position = new vscode.Position(line, 0);
  await vscode.window.showTextDocument(vscode.Uri.joinPath(to, lesson.id, file), {
    viewColumn: vscode.ViewColumn.Beside,
    selection: new vscode.Range(position, position),
  });
}

async function copyIfMissing(from: vscode.Uri, to: vscode.Uri): Promise<void> {
  try {
    await vscode.workspace.fs.stat(to);
  } catch {
    const raw = new TextDecoder().decode(await vscode.workspace.fs.readFile(from));
    await vscode.workspace.fs.writeFile(to, new TextEncoder().encode(readSource(raw).text));
  }
}
