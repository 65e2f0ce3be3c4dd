/**
 * For: the lesson panel: finds a lesson's data, hands it to the webview, runs its programs in a process of their own.
 * In and out: checked messages from the webview in (protocol.ts); lesson, run events and problems out.
 * Must never know: how a lesson is written or drawn.
 */
import * as vscode from 'vscode';
import { launch, LIMITS, type Run } from '../../server/src/learn/launch.ts';
import {
  parseFromPanel,
  parseLessonDoc,
  parseLessonIndex,
  type FromPanel,
  type LessonDoc,
  type LessonEntry,
  type ToPanel,
} from '../../server/src/learn/protocol.ts';
import { openLessonFile } from './lessonFiles.ts';
import { panelHtml } from './panelHtml.ts';
import type { Pages } from './pages.ts';
import type { Server } from './server.ts';
import { panelStrings } from './strings.ts';

export interface LessonPanels {
  dispose(): void;
  /** Opens a lesson by its id; without one, the lesson that was open last, or the first. */
  open(id: unknown): Promise<void>;
}

const VIEW = 'lockstep.lesson';
const LAST_LESSON = 'lastLesson';

export function createLessonPanels(
  context: vscode.ExtensionContext,
  output: vscode.LogOutputChannel,
  server: Server,
  pages: Pages,
): LessonPanels {
  let panel: LessonPanel | null = null;
  const attach = (view: vscode.WebviewPanel, lesson: LessonDoc, index: readonly LessonEntry[]) => {
    panel = new LessonPanel(context, output, server, pages, view, lesson, index);
    view.onDidDispose(() => {
      panel?.stop();
      panel = null;
    });
  };

  const open = async (argument: unknown) => {
    const index = await readIndex(context);
    const last = context.globalState.get<string>(LAST_LESSON);
    const id = typeof argument === 'string' ? argument : (known(index, last) ?? index[0]?.id ?? '');
    if (known(index, id) === undefined) {
      void vscode.window.showWarningMessage(vscode.l10n.t('There is no lesson {0}', id));
      return;
    }
    const lesson = await readLesson(context, id);
    if (panel !== null) {
      panel.show(lesson, index);
      return;
    }
    const view = vscode.window.createWebviewPanel(VIEW, lesson.title, vscode.ViewColumn.Active, {
      enableFindWidget: true,
    });
    attach(view, lesson, index);
  };

  const serializer = vscode.window.registerWebviewPanelSerializer(VIEW, {
    deserializeWebviewPanel: async (view, state: unknown) => {
      const index = await readIndex(context);
      const wanted = typeof state === 'object' && state !== null && 'lesson' in state ? state.lesson : null;
      const id = known(index, wanted) ?? index[0]?.id;
      if (id === undefined) view.dispose();
      else attach(view, await readLesson(context, id), index);
    },
  });
  return {
    open,
    dispose: () => {
      panel?.stop();
      serializer.dispose();
    },
  };
}

class LessonPanel {
  private readonly context: vscode.ExtensionContext;
  private readonly output: vscode.LogOutputChannel;
  private readonly server: Server;
  private readonly pages: Pages;
  private readonly view: vscode.WebviewPanel;
  private lesson: LessonDoc;
  private index: readonly LessonEntry[];
  private run: Run | null = null;
  /** What was sent about each program of this lesson: a webview that was hidden begins anew and is told again. */
  private readonly sent = new Map<string, ToPanel[]>();

  constructor(
    context: vscode.ExtensionContext,
    output: vscode.LogOutputChannel,
    server: Server,
    pages: Pages,
    view: vscode.WebviewPanel,
    lesson: LessonDoc,
    index: readonly LessonEntry[],
  ) {
    this.context = context;
    this.output = output;
    this.server = server;
    this.pages = pages;
    this.view = view;
    this.lesson = lesson;
    this.index = index;
    const { extensionUri } = context;
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: [
        vscode.Uri.joinPath(extensionUri, 'dist', 'webview'),
        vscode.Uri.joinPath(extensionUri, 'media'),
      ],
    };
    view.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.svg');
    view.webview.onDidReceiveMessage((message: unknown) => {
      const parsed = parseFromPanel(message);
      if (parsed === null) output.warn(vscode.l10n.t('The lesson panel sent a message that is not known'));
      else this.receive(parsed);
    });
    view.title = lesson.title;
    const address = (...path: string[]) =>
      view.webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, ...path)).toString();
    view.webview.html = panelHtml({
      script: address('dist', 'webview', 'lesson.js'),
      style: address('media', 'panel.css'),
      styleSource: view.webview.cspSource,
      nonce: crypto.randomUUID().replaceAll('-', ''),
      language: vscode.env.language,
    });
  }

  show(lesson: LessonDoc, index: readonly LessonEntry[]): void {
    this.stop();
    if (lesson.id !== this.lesson.id) this.sent.clear();
    this.lesson = lesson;
    this.index = index;
    this.view.title = lesson.title;
    this.view.reveal();
    this.sendLesson();
  }

  stop(): void {
    this.run?.stop();
    this.run = null;
  }

  private receive(message: FromPanel): void {
    switch (message.type) {
      case 'ready':
        this.sendLesson();
        break;
      case 'run':
        this.start(message.file);
        break;
      case 'stop':
        this.stop();
        break;
      case 'openFile':
        this.attempt(openLessonFile(this.context, this.server, this.lesson, message.file, message.line ?? 0));
        break;
      case 'openRule':
        this.attempt(this.pages.openRule(message.rule));
        break;
      case 'openLesson':
        this.attempt(vscode.commands.executeCommand('lockstep.openLesson', message.id));
        break;
    }
  }

  private sendLesson(): void {
    void this.context.globalState.update(LAST_LESSON, this.lesson.id);
    this.post({ type: 'lesson', lesson: this.lesson, index: [...this.index], strings: panelStrings() });
    for (const message of [...this.sent.values()].flat()) this.post(message);
  }

  /** Only programs that the lesson itself names are run, and only one at a time. */
  private start(file: string): void {
    this.stop();
    const block = this.lesson.blocks.find((each) => each.kind === 'run' && each.file === file);
    if (block?.kind !== 'run') {
      this.problem(vscode.l10n.t('This lesson runs no program {0}', file));
      return;
    }
    const built = vscode.Uri.joinPath(this.context.extensionUri, 'dist');
    if (built.scheme !== 'file') {
      this.problem(vscode.l10n.t('Programs run on the desktop and on remote machines, not in the browser'));
      return;
    }
    const { id } = this.lesson;
    const sent: ToPanel[] = [];
    this.sent.set(file, sent);
    const tell = (message: ToPanel & { type: 'started' | 'run' }) => {
      // A tally holds all counts so far: of many, only the last one matters.
      const last = sent.at(-1);
      const isTally = (each: ToPanel | undefined) => each?.type === 'run' && each.event.type === 'tally';
      if (isTally(last) && isTally(message)) sent.pop();
      sent.push(message);
      this.post(message);
    };
    tell({ type: 'started', file });
    this.run = launch(
      {
        runner: vscode.Uri.joinPath(built, 'runner.js').fsPath,
        entry: vscode.Uri.joinPath(built, 'lessons', id, block.entry).fsPath,
        limits: LIMITS,
      },
      (event) => {
        // The reader may have gone on to another lesson while this one's last messages were under way.
        if (this.lesson.id === id) tell({ type: 'run', file, event });
      },
    );
  }

  private attempt(action: Thenable<unknown>): void {
    action.then(undefined, (error: unknown) => {
      this.problem(error instanceof Error ? error.message : String(error));
    });
  }

  private problem(message: string): void {
    this.output.error(message);
    this.post({ type: 'problem', message });
  }

  private post(message: ToPanel): void {
    void this.view.webview.postMessage(message);
  }
}

function known(index: readonly LessonEntry[], id: unknown): string | undefined {
  return index.find((entry) => entry.id === id)?.id;
}

async function readIndex(context: vscode.ExtensionContext): Promise<LessonEntry[]> {
  return parseLessonIndex(await readJson(context, 'index.json'));
}

async function readLesson(context: vscode.ExtensionContext, id: string): Promise<LessonDoc> {
  return parseLessonDoc(await readJson(context, `${id}.json`));
}

async function readJson(context: vscode.ExtensionContext, name: string): Promise<unknown> {
  const uri = vscode.Uri.joinPath(context.extensionUri, 'dist', 'lessons', name);
  return JSON.parse(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
}
