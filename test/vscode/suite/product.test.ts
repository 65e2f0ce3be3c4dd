/** The product in a trusted workspace, through the editor's own API. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  EXTENSION_ID,
  findingsIn,
  findingsOnce,
  fixesOf,
  hoverAt,
  positionOf,
  ruleOf,
  show,
  tabAfter,
  type,
  writeFile,
} from './editor.ts';

const MAIN = `const memory = new SharedArrayBuffer(4);
const hits = new Int32Array(memory);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(memory);
setInterval(() => {
  hits[0] = hits[0]! + 1;
}, 10);
export {};
`;

const WORKER_PLAIN = `self.onmessage = (event: MessageEvent<SharedArrayBuffer>) => {
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
    const worker = await writeFile('race/worker.ts', WORKER_PLAIN);
    const main = await writeFile('race/main.ts', MAIN);
    await show(main);
    const [finding] = await findingsOnce(main, (all) => all.length > 0, 'a finding in main.ts');
    assert.ok(finding);
    assert.equal(finding.source, 'lockstep');
    assert.equal(finding.range.start.line, 5, 'the finding is on the plain update');
    const related = finding.relatedInformation ?? [];
    assert.ok(
      related.some((each) => each.location.uri.toString() === worker.toString()),
      'the worker’s side is among the related places',
    );
    assert.equal(typeof finding.code, 'object', 'the rule’s page is linked');
  });

  it('moves the finding in main.ts when worker.ts changes', async () => {
    const worker = await writeFile('moves/worker.ts', WORKER_PLAIN);
    const main = await writeFile('moves/main.ts', MAIN);
    await show(main);
    const [before] = await findingsOnce(main, (all) => all.length > 0, 'a finding in main.ts');
    assert.ok(before);
    const editor = await show(worker);
    // The worker no longer touches the cell that main.ts updates: nothing is left to race with.
    await type(
      editor,
      'new Int32Array(event.data);\n  hits[0] = hits[0]! + 1;',
      'new Int32Array(event.data);\n  void hits.length;',
    );
    await findingsOnce(
      main,
      (all) => all.length === 0,
      'no finding in main.ts once the worker leaves the cell alone',
    );
    await type(editor, 'void hits.length;', 'hits[0] = 7;');
    const [again] = await findingsOnce(main, (all) => all.length > 0, 'the finding in main.ts is back');
    assert.ok(again);
    assert.equal(again.range.start.line, before.range.start.line);
  });

  it('explains on hover what orders an access, or that nothing does', async () => {
    await writeFile('hover/worker.ts', WORKER_PLAIN);
    const main = await writeFile('hover/main.ts', MAIN);
    const { document } = await show(main);
    await findingsOnce(main, (all) => all.length > 0, 'a finding in main.ts');
    const text = await hoverAt(main, positionOf(document, 'postMessage', 2));
    assert.match(text, /worker\.ts/, 'the hover on postMessage names the other side');
    const access = await hoverAt(main, positionOf(document, 'hits[0] = ', 1));
    assert.match(access, /worker\.ts/, 'the hover on the racing access names the other side');
    assert.match(access, /command:lockstep\.openLesson/, 'and links its lesson');
  });

  it('applies a fix, and the finding is gone', async () => {
    await writeFile(
      'fix/worker.ts',
      WORKER_PLAIN.replace('hits[0] = hits[0]! + 1', 'Atomics.add(hits, 0, 1)'),
    );
    const main = await writeFile('fix/main.ts', MAIN);
    const { document } = await show(main);
    const [finding] = await findingsOnce(main, (all) => all.length > 0, 'a finding in main.ts');
    assert.ok(finding);
    const fixes = await fixesOf(main, finding);
    const atomic = fixes.find((each) => each.title.includes('Atomics.add'));
    assert.ok(atomic, `a fix with Atomics.add among: ${fixes.map((each) => each.title).join(', ')}`);
    assert.ok(atomic.edit, 'the fix is an edit');
    assert.equal(await vscode.workspace.applyEdit(atomic.edit), true);
    assert.match(document.getText(), /Atomics\.add\(hits, 0, 1\)/);
    await findingsOnce(main, (all) => all.length === 0, 'no finding after the fix');
  });

  it('mends a loop capture on save through source.fixAll.lockstep', async () => {
    const uri = await writeFile(
      'loop/timers.ts',
      'export function count(): void {\n  for (var i = 0; i < 3; i++) {\n    setTimeout(() => console.log(i), 10);\n  }\n}\n',
    );
    const { document } = await show(uri);
    const [finding] = await findingsOnce(uri, (all) => all.length > 0, 'a finding on the captured variable');
    assert.ok(finding);
    await vscode.commands.executeCommand('editor.action.codeAction', {
      kind: 'source.fixAll.lockstep',
      apply: 'first',
    });
    await findingsOnce(uri, (all) => all.length === 0, 'no finding after fixing all');
    assert.match(document.getText(), /for \(let i = 0/);
  });

  it('offers to suppress a finding with a reason', async () => {
    await writeFile('quiet/worker.ts', WORKER_PLAIN);
    const main = await writeFile('quiet/main.ts', MAIN);
    await show(main);
    const [finding] = await findingsOnce(main, (all) => all.length > 0, 'a finding in main.ts');
    assert.ok(finding);
    const fixes = await fixesOf(main, finding);
    const suppress = fixes.find((each) => /suppress|ignore/i.test(each.title));
    assert.ok(suppress?.edit, `an edit that suppresses among: ${fixes.map((each) => each.title).join(', ')}`);
    assert.equal(await vscode.workspace.applyEdit(suppress.edit), true);
    const text = (await vscode.workspace.openTextDocument(main)).getText();
    assert.match(text, new RegExp(`// lockstep-ignore ${ruleOf(finding)}: \\S`));
    await findingsOnce(main, (all) => all.length === 0, 'no finding once it is suppressed');
  });

  it('sees a file appear and vanish on disk', async () => {
    const main = await writeFile('disk/main.ts', MAIN);
    await show(main);
    const worker = await writeFile('disk/worker.ts', WORKER_PLAIN);
    await findingsOnce(main, (all) => all.length > 0, 'a finding once worker.ts is there');
    await vscode.workspace.fs.delete(worker);
    await findingsOnce(main, (all) => all.length === 0, 'no finding once worker.ts is gone');
  });

  it('opens a lesson in a tab of its own', async () => {
    const tab = await tabAfter(() => vscode.commands.executeCommand('lockstep.openLesson'), /./);
    assert.ok(tab.input instanceof vscode.TabInputWebview, 'the lesson is a webview');
    assert.match(tab.input.viewType, /lockstep/);
  });

  it('finds the race again after the server was restarted', async () => {
    await writeFile('again/worker.ts', WORKER_PLAIN);
    const main = await writeFile('again/main.ts', MAIN);
    await show(main);
    await findingsOnce(main, (all) => all.length > 0, 'a finding in main.ts');
    await vscode.commands.executeCommand('lockstep.restartServer');
    await findingsOnce(main, (all) => all.length > 0, 'the finding after the restart');
    assert.ok(findingsIn(main).length > 0);
  });
});
