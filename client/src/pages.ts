/** Pages that are written when they are opened: a rule's page, a schedule. Read-only documents of the scheme `lockstep`. */
import * as vscode from 'vscode';
import { parseExplain } from './requests.ts';
import type { SchedulePage } from './schedule.ts';
import type { Server } from './server.ts';

export interface Pages {
  dispose(): void;
  /** Opens the rule's page as rendered markdown. */
  openRule(rule: string): Promise<void>;
  openSchedule(page: SchedulePage): Promise<void>;
}

const SCHEME = 'lockstep';
const RULE_PATH = /^\/?rules\/([a-z0-9-]+)(?:\.md)?$/;

export function createPages(server: Server): Pages {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let schedule: SchedulePage = { text: '', links: [] };

  const openRule = async (rule: string) => {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/rules/${rule}.md` });
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The built-in markdown extension can be switched off; its source reads well enough.
      await vscode.window.showTextDocument(uri, { preview: true });
    }
  };
  const subscriptions = [
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: async (uri, token) => {
        if (uri.path.startsWith('/schedule/')) return schedule.text;
        return rulePage(server, uri, token);
      },
    }),
    vscode.languages.registerDocumentLinkProvider(
      { scheme: SCHEME },
      {
        provideDocumentLinks: (document) =>
          document.uri.path.startsWith('/schedule/') ? schedule.links.map(documentLink) : [],
      },
    ),
    vscode.window.registerUriHandler({
      handleUri: async (uri) => {
        const rule = RULE_PATH.exec(uri.path)?.[1];
        if (rule !== undefined) await openRule(rule);
      },
    }),
  ];
  return {
    openRule,
    openSchedule: async (page) => {
      schedule = page;
      const uri = vscode.Uri.from({ scheme: SCHEME, path: `/schedule/${vscode.l10n.t('Schedule')}` });
      changed.fire(uri);
      await vscode.window.showTextDocument(uri, {
        viewColumn: vscode.ViewColumn.Beside,
        preview: true,
        preserveFocus: false,
      });
    },
    dispose: () => {
      for (const each of subscriptions) each.dispose();
    },
  };
}

async function rulePage(server: Server, uri: vscode.Uri, token: vscode.CancellationToken): Promise<string> {
  const rule = RULE_PATH.exec(uri.path)?.[1];
  if (rule === undefined) return vscode.l10n.t('There is no such page');
  try {
    return parseExplain(await server.request('lockstep/explain', { rule }, token)).markdown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return vscode.l10n.t('The page of the rule {0} cannot be shown: {1}', rule, reason);
  }
}

function documentLink(link: SchedulePage['links'][number]): vscode.DocumentLink {
  const { line, from, to } = link.at;
  const target = vscode.Uri.parse(link.uri).with({ fragment: `L${link.line + 1},${link.column + 1}` });
  const made = new vscode.DocumentLink(new vscode.Range(line, from, line, to), target);
  made.tooltip = vscode.l10n.t('Go to this step');
  return made;
}
