import { applyEdits as applyJsonEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import type { CreateFile, TextDocumentEdit, TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import type { FileId } from '../base/text.ts';
import { isBelow } from './convert.ts';
import type { Session } from './session.ts';

export const CONFIG_NAME = 'lockstep.config.json';

/** The edit that turns a rule off for the file's folder; null: the client cannot make it, or there is no folder to put it in. */
export function turnOffEdit(
  rule: string,
  file: FileId,
  roots: readonly FileId[],
  session: Session,
): WorkspaceEdit | null {
  const root = roots.filter((folder) => isBelow(folder, file)).sort((a, b) => b.length - a.length)[0];
  if (root === undefined) return null;
  const config = nearestConfig(file, root, session);
  const text = config === null ? null : textOf(config, session);
  if (config !== null && text !== null) {
    const edit = changeText(text, rule, config, session);
    return edit === null ? null : asWorkspaceEdit(config, [edit], session);
  }
  if (!session.client.createsFiles) return null;
  const made = `${root.replace(/\/$/, '')}/${CONFIG_NAME}`;
  const uri = session.documents.uriOf(made);
  const create: CreateFile = { kind: 'create', uri, options: { ignoreIfExists: true } };
  const content: TextDocumentEdit = {
    textDocument: { uri, version: null },
    edits: [
      {
        range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
        newText: `${JSON.stringify({ rules: { [rule]: 'off' } }, null, 2)}\n`,
      },
    ],
  };
  return { documentChanges: [create, content] };
}

/** Edits of one document in the form that the client understands. */
export function asWorkspaceEdit(file: FileId, edits: TextEdit[], session: Session): WorkspaceEdit {
  const textDocument = session.documents.versioned(file);
  return session.client.documentChanges
    ? { documentChanges: [{ textDocument, edits }] }
    : { changes: { [textDocument.uri]: edits } };
}

function nearestConfig(file: FileId, root: FileId, session: Session): FileId | null {
  for (let folder = parentOf(file); isBelow(root, folder); folder = parentOf(folder)) {
    const candidate = `${folder.replace(/\/$/, '')}/${CONFIG_NAME}`;
    if (textOf(candidate, session) !== null) return candidate;
    if (folder === parentOf(folder)) break;
  }
  return null;
}

/** Comments and layout stay; a text of another shape is left alone. */
function changeText(text: string, rule: string, config: FileId, session: Session): TextEdit | null {
  const tree = parseTree(text);
  const rules = tree && findNodeAtLocation(tree, ['rules']);
  if ((tree?.type ?? 'object') !== 'object' || (rules?.type ?? 'object') !== 'object') return null;
  const formattingOptions = {
    insertSpaces: !/^\t/m.test(text),
    tabSize: /^( +)\S/m.exec(text)?.[1]?.length ?? 2,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
  const edits = modify(text, ['rules', rule], 'off', { formattingOptions });
  const after = applyJsonEdits(text, edits);
  // One edit over the part that differs: several would have to be made to versions in between.
  let start = 0;
  while (start < text.length && text[start] === after[start]) start++;
  let end = 0;
  while (end < text.length - start && end < after.length - start && text.at(-1 - end) === after.at(-1 - end))
    end++;
  const range = session.lines.range({ file: config, start, end: text.length - end });
  return { range, newText: after.slice(start, after.length - end) };
}

function textOf(file: FileId, session: Session): string | null {
  return session.documents.get(session.documents.uriOf(file))?.text ?? session.host.files.read(file);
}

function parentOf(path: FileId): FileId {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}
