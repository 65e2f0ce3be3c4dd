/** The packaged extension in a workspace that nobody trusts: it finds and explains, and runs nothing of it. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { EXTENSION_ID, findingOf, show, webviewAfter, writeFile } from './editor.ts';

describe('Lockstep, installed from its package, in restricted mode', () => {
  it('is not trusted here', () => {
    assert.equal(vscode.workspace.isTrusted, false);
  });

  it('activates from the installed package', async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension, `${EXTENSION_ID} is installed`);
    assert.match(extension.extensionPath, /extensions/);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('finds what is wrong all the same', async () => {
    const uri = await writeFile(
      'restricted/main.ts',
      `const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const memory = new SharedArrayBuffer(4);
worker.postMessage(memory);
const hits = new Int32Array(memory);
hits[0]!++;
`,
    );
    await writeFile(
      'restricted/worker.ts',
      `self.onmessage = (event: MessageEvent<SharedArrayBuffer>) => {
  new Int32Array(event.data)[0]!++;
};
`,
    );
    await show(uri);
    await findingOf('no-plain-shared-update', uri);
  });

  it('opens a lesson: its programs come with the package, not with the workspace', async () => {
    await webviewAfter(() => vscode.commands.executeCommand('lockstep.openLesson', '01-first-race'));
  });
});
