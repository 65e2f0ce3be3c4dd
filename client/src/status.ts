/** The language status item: what the server is doing and how much it has found, out of the way until asked for. */
import * as vscode from 'vscode';
import type { ServerStatus } from './requests.ts';

export const LANGUAGES = ['javascript', 'javascriptreact', 'typescript', 'typescriptreact'] as const;

export interface Status {
  dispose(): void;
  show(status: ServerStatus): void;
  starting(): void;
  failed(reason: string): void;
}

export function createStatus(): Status {
  // The id is fixed: the editor remembers by it whether the reader pinned the item.
  const item = vscode.languages.createLanguageStatusItem(
    'lockstep.status',
    LANGUAGES.map((language) => ({ language })),
  );
  item.name = 'Lockstep';
  item.command = { command: 'lockstep.showOutput', title: vscode.l10n.t('Output') };
  const set = (text: string, severity: vscode.LanguageStatusSeverity, busy: boolean) => {
    item.text = text;
    item.severity = severity;
    item.busy = busy;
  };
  const starting = () =>
    set(vscode.l10n.t('Lockstep is starting'), vscode.LanguageStatusSeverity.Information, true);
  starting();
  return {
    starting,
    show: ({ busy, findings }) => set(countText(findings), vscode.LanguageStatusSeverity.Information, busy),
    failed: (reason) =>
      set(vscode.l10n.t('Lockstep stopped: {0}', reason), vscode.LanguageStatusSeverity.Error, false),
    dispose: () => item.dispose(),
  };
}

function countText(findings: number): string {
  if (findings === 0) return vscode.l10n.t('Lockstep: no findings');
  if (findings === 1) return vscode.l10n.t('Lockstep: 1 finding');
  return vscode.l10n.t('Lockstep: {0} findings', findings);
}
