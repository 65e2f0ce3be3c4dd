/** The product in a trusted workspace, through the editor's own API. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  EXTENSION_ID,
  findingOf,
  fixesOf,
  hoverAt,
  noFindingOf,
  positionOf,
  show,
  type,
  webviewAfter,
  workspaceUri,
  writeFile,
} from './editor.ts';

const UPDATE = 'no-plain-shared-update';
const CAPTURE = 'no-late-loop-variable';
const NO_WORKER = 'unknown-worker';

const MAIN = `const memory = new SharedArrayBuffer(4);
const hits = new Int32Array(memory);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(memory);
setInterval(() => {
  hits[0] = hits[0]! + 1;
}, 10);
export {};
`;

const WORKER = `self.onmessage = (event: MessageEvent<SharedArrayBuffer>) => {
  const hits = new Int32Array(event.data);
  hits[0] = hits[0]! + 1;
};
export {};
`;

const COMMANDS = [
  'lockstep.openLesson',
  'lockstep.explainFinding',
  'lockstep.whySilent',
  'lockstep.restartServer',
  'lockstep.showOutput',
];

describe('Lockstep', () => {
  it('activates when TypeScript is opened', async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension, `${EXTENSION_ID} is loaded`);
    await show(await writeFile('plain/only.ts', 'export const one = 1;\n'));
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command that its manifest contributes', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      COMMANDS.filter((command) => !registered.has(command)),
      [],
    );
    const manifest = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const contributed = manifest.contributes.commands.map((each) => each.command);
    assert.deepEqual(
      contributed.filter((command) => !registered.has(command)),
      [],
    );
  });

  it('shows a race between two files, with the other side one click away', async () => {
    const { main, worker } = await race('race');
    await show(main);
    const finding = await findingOf(UPDATE, main);
    assert.equal(finding.range.start.line, 5, 'the finding is on the plain update');
    const related = finding.relatedInformation ?? [];
    assert.ok(
      related.some((each) => each.location.uri.toString() === worker.toString()),
      'the worker’s side is among the related places',
    );
    assert.ok(typeof finding.code === 'object', 'the rule’s page is linked');
  });

  it('shows the example’s race between the page and the analyst', async () => {
    const main = workspaceUri('src/main.ts');
    await show(main);
    const finding = await findingOf('no-unordered-shared-access', main);
    const related = finding.relatedInformation ?? [];
    assert.ok(
      related.some((each) => each.location.uri.path.endsWith('/src/analyst.ts')),
      'the analyst’s side is among the related places',
    );
  });

  it('moves the finding in main.ts when worker.ts changes', async () => {
    const { main, worker } = await race('moves');
    await show(main);
    await findingOf(UPDATE, main);
    const editor = await show(worker);
    // The worker no longer touches the cell that main.ts updates: nothing is left to race with.
    await type(editor, 'hits[0] = hits[0]! + 1', 'void hits.length');
    await noFindingOf(UPDATE, main);
    await type(editor, 'void hits.length', 'hits[0] = 7');
    await findingOf(UPDATE, main);
  });

  it('explains on hover what orders an access, or that nothing does', async () => {
    const { main } = await race('hover');
    const { document } = await show(main);
    await findingOf(UPDATE, main);
    const sent = await hoverAt(main, positionOf(document, 'postMessage', 2));
    assert.match(sent, /worker\.ts/, 'the hover on postMessage names the other side');
    const access = await hoverAt(main, positionOf(document, 'hits[0] = ', 1));
    assert.match(access, /worker\.ts/, 'the hover on the racing access names the other side');
    assert.match(access, /command:lockstep\.openLesson/, 'and links its lesson');
  });

  it('applies a fix, and the finding is gone', async () => {
    const { main } = await race('fix', WORKER.replace('hits[0] = hits[0]! + 1', 'Atomics.add(hits, 0, 1)'));
    const { document } = await show(main);
    const fix = await fixNamed('Atomics.add', main, await findingOf(UPDATE, main));
    assert.equal(await vscode.workspace.applyEdit(fix), true);
    assert.match(document.getText(), /Atomics\.add\(hits, 0, 1\)/);
    await noFindingOf(UPDATE, main);
  });

  it('mends a loop capture through source.fixAll.lockstep', async () => {
    const uri = await writeFile(
      'loop/timers.ts',
      'export function count(): void {\n  for (var i = 0; i < 3; i++) {\n    setTimeout(() => console.log(i), 10);\n  }\n}\n',
    );
    const { document } = await show(uri);
    await findingOf(CAPTURE, uri);
    await vscode.commands.executeCommand('editor.action.codeAction', {
      kind: 'source.fixAll.lockstep',
      apply: 'first',
    });
    await noFindingOf(CAPTURE, uri);
    assert.match(document.getText(), /for \(let i = 0/);
  });

  it('suppresses a finding in place', async () => {
    const { main } = await race('quiet');
    const { document } = await show(main);
    const finding = await findingOf(UPDATE, main);
    const actions = await fixesOf(main, finding);
    const suppress = actions.find((each) => /suppress/i.test(each.title));
    assert.ok(suppress, `an action that suppresses among: ${titles(actions)}`);
    // The reason is the reader's to give: the action asks for it, then writes this comment.
    assert.equal(suppress.command?.command, 'lockstep.suppress');
    const edit = new vscode.WorkspaceEdit();
    const line = finding.range.start.line;
    edit.insert(main, new vscode.Position(line, 0), `  // lockstep-ignore ${UPDATE}: shown in a test\n`);
    assert.equal(await vscode.workspace.applyEdit(edit), true);
    assert.match(document.getText(), new RegExp(`// lockstep-ignore ${UPDATE}: \\S`));
    await noFindingOf(UPDATE, main);
  });

  it('sees a file appear and vanish on disk', async () => {
    const main = await writeFile('disk/main.ts', MAIN);
    await show(main);
    await findingOf(NO_WORKER, main);
    const worker = await writeFile('disk/worker.ts', WORKER);
    await findingOf(UPDATE, main);
    await vscode.workspace.fs.delete(worker);
    await noFindingOf(UPDATE, main);
  });

  it('opens a lesson in a tab of its own', async () => {
    const tab = await webviewAfter(() =>
      vscode.commands.executeCommand('lockstep.openLesson', '01-first-race'),
    );
    assert.match((tab.input as vscode.TabInputWebview).viewType, /lockstep\.lesson/);
  });

  it('finds the race again after the server was restarted', async () => {
    const { main, worker } = await race('again');
    await show(main);
    await findingOf(UPDATE, main);
    await vscode.commands.executeCommand('lockstep.restartServer');
    // A finding from before would pass for a new one; only a living server can take it away and bring it back.
    const editor = await show(worker);
    await type(editor, 'hits[0] = hits[0]! + 1', 'void hits.length');
    await noFindingOf(UPDATE, main);
    await type(editor, 'void hits.length', 'hits[0] = 7');
    await findingOf(UPDATE, main);
  });
});

/** Writes main.ts and worker.ts of a race into a folder of their own. */
async function race(folder: string, workerText = WORKER): Promise<{ main: vscode.Uri; worker: vscode.Uri }> {
  const worker = await writeFile(`${folder}/worker.ts`, workerText);
  return { worker, main: await writeFile(`${folder}/main.ts`, MAIN) };
}

async function fixNamed(
  part: string,
  uri: vscode.Uri,
  finding: vscode.Diagnostic,
): Promise<vscode.WorkspaceEdit> {
  const actions = await fixesOf(uri, finding);
  const edit = actions.find((each) => each.title.includes(part))?.edit;
  assert.ok(edit, `an edit named ${part} among: ${titles(actions)}`);
  return edit;
}

function titles(actions: readonly vscode.CodeAction[]): string {
  return actions.map((each) => each.title).join(', ');
}
