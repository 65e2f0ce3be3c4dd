/**
 * For: what the reader can do about a finding: mend it, have it explained, silence it with a reason.
 * In and out: a range in; actions out. Edits are computed when an action is chosen, from the findings of that moment.
 * Must never know: how a fix is found.
 */
import type {
  CancellationToken,
  CodeAction,
  CodeActionKind,
  CodeActionParams,
  Diagnostic,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver';
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import type { Finding } from '../base/finding.ts';
import type { Edit, FileId, Fix } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { asWorkspaceEdit, CONFIG_NAME, turnOffEdit } from './configEdit.ts';
import { touch } from './convert.ts';
import { findingKey, scheduleOf, toDiagnostic } from './diagnostic.ts';
import { editsByFile, mergeFixes, safeFix } from './mergeFixes.ts';
import type { Session, Target } from './session.ts';
import { asRecord } from './settings.ts';

const FIX_ALL = 'source.fixAll.lockstep';

/** On save an editor waits for us: what is not mended by then is mended at the next save. */
const FIX_ALL_BUDGET_MS = 1500;

/** What an action needs to compute its edit later. */
interface ActionData {
  readonly uri: string;
  /** null: the document was not open. */
  readonly version: number | null;
  readonly key: string;
  readonly does: { readonly fix: string } | { readonly turnOff: string };
}

export async function codeActions(
  { textDocument, range, context }: CodeActionParams,
  session: Session,
  roots: readonly FileId[],
  token: CancellationToken,
): Promise<CodeAction[]> {
  const actions = await session.on(textDocument.uri, token, (target, cancelled) => {
    const { engine, file } = target;
    const findings = engine.findings(file, cancelled);
    const made: CodeAction[] = [];
    // Without being asked by name, a source action has no place among the actions at the cursor.
    if (context.only?.some((kind) => includes(kind, FIX_ALL)) === true)
      made.push(...fixAll(target, findings, session));
    if (!wants(context.only, 'quickfix')) return made;
    for (const finding of findings) {
      if (touch(session.lines.range(finding.span), range))
        made.push(...actionsFor(finding, target, context.diagnostics, session, roots));
    }
    return made;
  });
  return actions ?? [];
}

/** Fills in the edit. Fails with ContentModified if the document is not what it was when the action was offered. */
export async function resolveCodeAction(
  action: CodeAction,
  session: Session,
  roots: readonly FileId[],
  token: CancellationToken,
): Promise<CodeAction> {
  const data = parseData(action.data);
  if (data === null || action.edit !== undefined) return action;
  const outdated = () => new ResponseError(LSPErrorCodes.ContentModified, 'the document changed meanwhile');
  if ((session.documents.get(data.uri)?.version ?? null) !== data.version) throw outdated();
  const edit = await session.on(data.uri, token, ({ engine, file }, cancelled) => {
    const finding = engine.findings(file, cancelled).find((each) => findingKey(each) === data.key);
    if (finding === undefined) throw outdated();
    return editOf(data.does, finding, engine, session, roots);
  });
  if (edit === null) throw outdated();
  return { ...action, edit };
}

function actionsFor(
  finding: Finding,
  { uri, file, engine }: Target,
  asked: readonly Diagnostic[],
  session: Session,
  roots: readonly FileId[],
): CodeAction[] {
  const { rule, lesson, schedule } = finding;
  const { client, options, documents } = session;
  const diagnostic = toDiagnostic(finding, session);
  const key = findingKey(finding);
  const diagnostics = [asked.find((each) => asRecord(each.data)['key'] === key) ?? diagnostic];
  const version = documents.get(uri)?.version ?? null;
  const { line } = diagnostic.range.start;

  /** Lazily where the client can ask again, at once where it cannot. */
  const withEdit = (action: CodeAction, does: ActionData['does']): CodeAction[] => {
    if (client.resolvesEdits) return [{ ...action, data: { uri, version, key, does } satisfies ActionData }];
    const edit = editOf(does, finding, engine, session, roots);
    return edit === null ? [] : [{ ...action, edit }];
  };
  const action = (title: string): CodeAction => ({ title, kind: 'quickfix', diagnostics });

  const fixes = engine.fixes(finding);
  const preferred = fixes.findIndex((fix) => fix.preferred === true);
  const actions = fixes.flatMap((fix, index) =>
    withEdit(
      { ...action(fix.title), ...(index === preferred ? { isPreferred: true } : {}) },
      { fix: fix.title },
    ),
  );
  if (options.commands) {
    const command = (title: string, name: string, argument: unknown): CodeAction => ({
      ...action(title),
      command: { title, command: name, arguments: [argument] },
    });
    actions.push(
      command(`Explain: ${ruleTitle(rule, session)}`, 'lockstep.explainFinding', { uri, line, rule }),
    );
    if (lesson !== '') actions.push(command(`Open lesson ${lesson}`, 'lockstep.openLesson', lesson));
    if (schedule.length > 0)
      actions.push(
        command('Show the order of steps that goes wrong', 'lockstep.showSchedule', {
          uri,
          line,
          rule,
          schedule: scheduleOf(finding, session.lines),
        }),
      );
    actions.push(command('Suppress with a reason', 'lockstep.suppress', { uri, line, rule }));
  } else {
    actions.push({ ...action('Suppress with a reason'), edit: suppressEdit(rule, line, file, session) });
  }
  const turnOff = `Turn off ${rule} in ${CONFIG_NAME}`;
  if (turnOffEdit(rule, file, roots, session) !== null)
    actions.push(...withEdit(action(turnOff), { turnOff: rule }));
  return actions;
}

function editOf(
  does: ActionData['does'],
  finding: Finding,
  engine: Engine,
  session: Session,
  roots: readonly FileId[],
): WorkspaceEdit | null {
  if ('turnOff' in does) return turnOffEdit(does.turnOff, finding.span.file, roots, session);
  const fix = engine.fixes(finding).find(({ title }) => title === does.fix);
  return fix === undefined ? null : workspaceEdit(fix.edits, session);
}

/** Safe fixes of this file alone: an editor that saves one file is not to find others changed. */
function fixAll({ file, engine }: Target, findings: readonly Finding[], session: Session): CodeAction[] {
  const { timers } = session.host;
  const end = timers.now() + FIX_ALL_BUDGET_MS;
  const candidates: { finding: Finding; fix: Fix }[] = [];
  for (const finding of findings) {
    if (timers.now() > end) break;
    const fix = safeFix(engine.fixes(finding));
    if (fix !== undefined && fix.edits.length > 0 && fix.edits.every(({ span }) => span.file === file))
      candidates.push({ finding, fix });
  }
  const { edits } = mergeFixes(candidates);
  if (edits.length === 0) return [];
  const title = 'Mend everything that Lockstep can mend safely';
  return [{ title, kind: FIX_ALL, edit: workspaceEdit(edits, session) }];
}

function workspaceEdit(edits: readonly Edit[], session: Session): WorkspaceEdit {
  const byFile = [...editsByFile(edits)].map(([file, own]) => ({
    textDocument: session.documents.versioned(file),
    edits: own.map(({ span, text }): TextEdit => ({ range: session.lines.range(span), newText: text })),
  }));
  if (session.client.documentChanges) return { documentChanges: byFile };
  return { changes: Object.fromEntries(byFile.map((each) => [each.textDocument.uri, each.edits])) };
}

/**
 * A comment above the line, as deep as the line.
 * Limit: where the line is inside a template literal or JSX text, a comment above it is not a comment.
 */
function suppressEdit(rule: string, line: number, file: FileId, session: Session): WorkspaceEdit {
  const { text, newline } = session.lines.line(file, line);
  const indent = /^\s*/.exec(text)![0];
  const start = { line, character: 0 };
  const range = { start, end: start };
  const before = `${indent}// lockstep-ignore ${rule}: `;
  const placeholder = 'say why this is right here';
  if (!session.client.snippetEdits)
    return asWorkspaceEdit(file, [{ range, newText: `${before}${placeholder}${newline}` }], session);
  const escaped = before.replaceAll(/[\\$}]/g, '\\$&');
  const snippet = { kind: 'snippet' as const, value: `${escaped}\${1:${placeholder}}${newline}` };
  return {
    documentChanges: [{ textDocument: session.documents.versioned(file), edits: [{ range, snippet }] }],
  };
}

function ruleTitle(rule: string, session: Session): string {
  const page = session.host.files.page(rule);
  return /^#\s+(.+)/.exec(page ?? '')?.[1]?.trim() ?? rule;
}

/** True if `asked` is `kind` or a kind above it: `source` includes `source.fixAll.lockstep`. */
function includes(asked: CodeActionKind, kind: CodeActionKind): boolean {
  return asked === '' || kind === asked || kind.startsWith(`${asked}.`);
}

function wants(only: readonly CodeActionKind[] | undefined, kind: CodeActionKind): boolean {
  return only === undefined || only.some((asked) => includes(asked, kind));
}

function parseData(value: unknown): ActionData | null {
  const { uri, version, key, does } = asRecord(value);
  const { fix, turnOff } = asRecord(does);
  if (typeof uri !== 'string' || typeof key !== 'string') return null;
  const common = { uri, key, version: typeof version === 'number' ? version : null };
  if (typeof fix === 'string') return { ...common, does: { fix } };
  return typeof turnOff === 'string' ? { ...common, does: { turnOff } } : null;
}
