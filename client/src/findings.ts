/** Commands about one finding, given by a link or a code action, or the one at the cursor. */
import * as vscode from 'vscode';
import type { Pages } from './pages.ts';
import { parseTarget, parseWhy, scheduleOf, type ProtocolRange, type Target } from './requests.ts';
import { schedulePage } from './schedule.ts';
import type { Server } from './server.ts';
import { suppression } from './suppression.ts';

export async function explainFinding(pages: Pages, argument: unknown): Promise<void> {
  const target = parseTarget(argument);
  const rule = target.rule ?? (await findingAt(target))?.rule;
  if (rule === undefined) say(vscode.l10n.t('There is no Lockstep finding on this line'));
  else await pages.openRule(rule);
}

/** Lists the named reasons why nothing is reported on a line; picking one jumps to the place that it speaks of. */
export async function whySilent(
  server: Server,
  output: vscode.LogOutputChannel,
  argument: unknown,
): Promise<void> {
  const place = placeOf(parseTarget(argument));
  if (place === null) {
    say(vscode.l10n.t('Put the cursor on the line that you ask about'));
    return;
  }
  const { reasons } = parseWhy(
    await server.request('lockstep/why', { uri: place.uri.toString(), line: place.line }),
  );
  const where = `${vscode.workspace.asRelativePath(place.uri)}:${place.line + 1}`;
  if (reasons.length === 0) {
    say(
      vscode.l10n.t('Nothing on {0} is shared between agents or overlapping calls, as far as is seen', where),
    );
    return;
  }
  output.info(vscode.l10n.t('Why {0} is not reported:', where));
  const items: (vscode.QuickPickItem & { readonly uri: string; readonly range: ProtocolRange })[] = [];
  for (const reason of reasons) {
    output.info(`  ${reason.name}: ${reason.message}`);
    items.push({
      label: reason.name,
      detail: reason.message,
      uri: place.uri.toString(),
      range: reason.range,
      iconPath: new vscode.ThemeIcon('check'),
    });
    for (const link of reason.links) {
      const line = `${vscode.workspace.asRelativePath(vscode.Uri.parse(link.uri))}:${link.range.start.line + 1}`;
      output.info(`    ${link.label} (${line})`);
      items.push({
        label: link.label,
        description: line,
        uri: link.uri,
        range: link.range,
        iconPath: new vscode.ThemeIcon('arrow-right'),
      });
    }
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Why {0} is not reported', where),
    placeHolder: vscode.l10n.t('Choose a reason to go to its place'),
    matchOnDetail: true,
  });
  if (picked !== undefined) await jump(vscode.Uri.parse(picked.uri), picked.range);
}

export async function showSchedule(pages: Pages, argument: unknown): Promise<void> {
  const target = parseTarget(argument);
  const found = await findingAt(target);
  const steps = target.schedule ?? found?.schedule ?? [];
  if (steps.length === 0) {
    say(vscode.l10n.t('No finding on this line carries a schedule'));
    return;
  }
  const rule = target.rule ?? found?.rule ?? 'lockstep';
  await pages.openSchedule(
    schedulePage([rule, vscode.l10n.t('One order of steps that goes wrong')], steps, (uri) =>
      vscode.workspace.asRelativePath(vscode.Uri.parse(uri)),
    ),
  );
}

/** Asks for a reason and writes the suppression above the line. */
export async function suppressFinding(argument: unknown): Promise<void> {
  const target = parseTarget(argument);
  const place = placeOf(target);
  const rule = target.rule ?? (await findingAt(target))?.rule;
  if (place === null || rule === undefined) {
    say(vscode.l10n.t('There is no Lockstep finding on this line'));
    return;
  }
  const reason = await vscode.window.showInputBox({
    title: vscode.l10n.t('Suppress {0} on this line', rule),
    prompt: vscode.l10n.t('Say why this is right here: the next reader will ask'),
    validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('A suppression needs a reason') : undefined),
  });
  if (reason === undefined) return;
  const document = await vscode.workspace.openTextDocument(place.uri);
  const line = Math.min(place.line, document.lineCount - 1);
  const above = line > 0 ? document.lineAt(line - 1).text : null;
  const { insert, replaceAbove } = suppression(document.lineAt(line).text, above, rule, reason);
  const edit = new vscode.WorkspaceEdit();
  if (replaceAbove === null) {
    const newline = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
    edit.insert(place.uri, new vscode.Position(line, 0), insert + newline);
  } else {
    edit.replace(place.uri, document.lineAt(line - 1).range, replaceAbove);
  }
  await vscode.workspace.applyEdit(edit);
}

interface FindingAtLine {
  readonly rule: string;
  readonly schedule: ReturnType<typeof scheduleOf>;
}

async function findingAt(target: Target): Promise<FindingAtLine | null> {
  const place = placeOf(target);
  if (place === null) return null;
  const found = vscode.languages
    .getDiagnostics(place.uri)
    .filter(
      (each) =>
        each.source === 'lockstep' &&
        each.range.start.line <= place.line &&
        place.line <= each.range.end.line,
    )
    .map((each) => ({
      rule: ruleOf(each),
      // The language client keeps the protocol's `data` on the diagnostics that it makes.
      schedule: scheduleOf('data' in each ? each.data : undefined),
    }))
    .filter((each) => target.rule === undefined || each.rule === target.rule);
  if (found.length <= 1) return found[0] ?? null;
  const rule = await vscode.window.showQuickPick([...new Set(found.map((each) => each.rule))], {
    placeHolder: vscode.l10n.t('Several findings stand on this line: which one?'),
  });
  return found.find((each) => each.rule === rule) ?? null;
}

function ruleOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}

function placeOf(target: Target): { readonly uri: vscode.Uri; readonly line: number } | null {
  const editor = vscode.window.activeTextEditor;
  const uri = target.uri === undefined ? editor?.document.uri : vscode.Uri.parse(target.uri);
  const line = target.line ?? editor?.selection.active.line;
  return uri === undefined || line === undefined ? null : { uri, line };
}

async function jump(uri: vscode.Uri, { start, end }: ProtocolRange): Promise<void> {
  await vscode.window.showTextDocument(uri, {
    selection: new vscode.Range(start.line, start.character, end.line, end.character),
  });
}

function say(text: string): void {
  void vscode.window.showInformationMessage(text);
}
