/** The packaged extension in a workspace that nobody trusts: it finds and explains, and runs nothing of it. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { EXTENSION_ID, findingsOnce, show, workspaceUri } from './editor.ts';

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

  it('shows findings all the same', async () => {
    const uri = workspaceUri('main.ts');
    await show(uri);
    const findings = await findingsOnce(uri, (all) => all.length > 0, 'a finding in main.ts');
    assert.ok(findings.length > 0);
  });
});
