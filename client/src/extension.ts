/**
 * For: the door to the editor. It registers what the manifest names and starts the language server behind it.
 * In and out: the editor's context in; everything registered is disposed through it.
 * Must never know: how anything is found or taught.
 */
import * as vscode from 'vscode';
import { openExample } from './example.ts';
import { explainFinding, showSchedule, suppressFinding, whySilent } from './findings.ts';
import { createLessonPanels } from './lessons.ts';
import { createPages } from './pages.ts';
import { createServer } from './server.ts';
import { createStatus } from './status.ts';

/** What tests inside the editor may ask of the running extension. */
export interface Api {
  /** Resolves once the language server answers. */
  readonly ready: Promise<void>;
  /** Milliseconds that `activate` took. */
  readonly activationMs: number;
}

export function activate(context: vscode.ExtensionContext): Api {
  const begun = performance.now();
  const output = vscode.window.createOutputChannel('Lockstep', { log: true });
  const status = createStatus();
  const server = createServer(context, output, status);
  const pages = createPages(server);
  const lessons = createLessonPanels(context, output, server, pages);

  context.subscriptions.push(
    output,
    status,
    server,
    pages,
    lessons,
    command('lockstep.openLesson', (id) => lessons.open(id)),
    command('lockstep.openExample', () => openExample(context)),
    command('lockstep.explainFinding', (target) => explainFinding(pages, target)),
    command('lockstep.whySilent', (target) => whySilent(server, output, target)),
    command('lockstep.showSchedule', (target) => showSchedule(pages, target)),
    command('lockstep.suppress', (target) => suppressFinding(target)),
    command('lockstep.restartServer', () => server.restart()),
    command('lockstep.showOutput', () => output.show(true)),
  );
  void vscode.commands.executeCommand('setContext', 'lockstep.active', true);

  const ready = server.start();
  return { ready, activationMs: performance.now() - begun };
}

function command(id: string, run: (argument: unknown) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, run);
}
