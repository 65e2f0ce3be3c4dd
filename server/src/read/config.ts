/**
 * For: lockstep.config.json, the same file for editor and command line.
 * In and out: its text in; severities by rule and what is wrong with it, with exact spans, out.
 * Must never know: where the file stands, what a rule does.
 */
import ts from 'typescript';
import type { Problem, Severity } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import { closest } from './closest.ts';

export const CONFIG_NAME = 'lockstep.config.json';

export interface ParsedConfig {
  /** What could be understood, even where something else could not. */
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  readonly problems: readonly Problem[];
  /** True when the text says nothing that can be followed: broken JSON, or not an object. */
  readonly broken: boolean;
}

/** `known`: the ids that rules have; empty when the caller does not know them, then any id will do. */
export function parseConfig(file: FileId, text: string, known: readonly string[]): ParsedConfig {
  const problems: Problem[] = [];
  const report = (start: number, end: number, message: string): void => {
    problems.push({ file, span: { file, start, end }, message });
  };
  const error = ts.parseConfigFileTextToJson(file, text).error;
  if (error !== undefined && error.code < FIRST_SEMANTIC) {
    const start = Math.min(error.start ?? 0, text.length);
    const what = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/, '');
    report(
      start,
      Math.min(start + (error.length ?? 1), text.length),
      `this is not valid JSON: ${what}. Mend it here; until then every rule keeps its own severity`,
    );
    return { rules: {}, problems, broken: true };
  }
  const source = ts.parseJsonText(file, text);
  const top = source.statements[0]?.expression;
  // An empty file is an empty configuration.
  if (top === undefined) return { rules: {}, problems, broken: false };
  if (!ts.isObjectLiteralExpression(top)) {
    report(
      top.getStart(source),
      top.getEnd(),
      'the configuration must be an object: write `{ "rules": { "<rule-id>": "off" } }`',
    );
    return { rules: {}, problems, broken: true };
  }
  const rules: Record<string, Severity | 'off'> = {};
  for (const { key, name, value } of properties(top, source)) {
    const [start, end] = [name.getStart(source), name.getEnd()];
    if (key === 'rules') readRules(value, source, known, rules, report);
    else if (key !== '$schema')
      report(
        start,
        end,
        `unknown key \`${key}\`${didYouMean(key, ['rules', '$schema'])}: only \`rules\` and \`$schema\` are known`,
      );
  }
  return { rules, problems, broken: false };
}

/** `, did you mean `x`?`, or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const near = closest(word, words);
  return near === null ? '' : `, did you mean \`${near}\`?`;
}

/** TypeScript numbers syntax errors below this; those above speak of its own configuration files. */
const FIRST_SEMANTIC = 2000;

type Reporter = (start: number, end: number, message: string) => void;

const SEVERITY: Readonly<Record<string, Severity | 'off'>> = {
  off: 'off',
  hint: 'hint',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
};

function readRules(
  node: ts.Expression,
  source: ts.JsonSourceFile,
  known: readonly string[],
  rules: Record<string, Severity | 'off'>,
  report: Reporter,
): void {
  if (!ts.isObjectLiteralExpression(node)) {
    report(node.getStart(source), node.getEnd(), '`rules` must be an object: write `{ "<rule-id>": "off" }`');
    return;
  }
  const seen = new Set<string>();
  for (const { key, name, value } of properties(node, source)) {
    const [start, end] = [name.getStart(source), name.getEnd()];
    if (seen.has(key))
      report(start, end, `\`${key}\` stands here twice: the last one counts, remove the others`);
    seen.add(key);
    if (known.length > 0 && !known.includes(key)) {
      report(
        start,
        end,
        `unknown rule \`${key}\`${didYouMean(key, known) || ': remove it, or check its spelling'}`,
      );
      continue;
    }
    const written = ts.isStringLiteralLike(value) ? value.text : null;
    const severity = written !== null && Object.hasOwn(SEVERITY, written) ? SEVERITY[written] : undefined;
    if (severity !== undefined) rules[key] = severity;
    else {
      const words = ['off', 'hint', 'info', 'warning', 'error'];
      const hint = written === null ? '' : didYouMean(written, words);
      report(
        value.getStart(source),
        value.getEnd(),
        `\`${value.getText(source)}\` is no severity${hint || ''}: write "off", "hint", "info", "warning" or "error"`,
      );
    }
  }
}

function* properties(
  node: ts.ObjectLiteralExpression,
  source: ts.JsonSourceFile,
): Iterable<{ readonly key: string; readonly name: ts.Node; readonly value: ts.Expression }> {
  for (const property of node.properties) {
    if (!ts.isPropertyAssignment(property)) continue;
    const { name } = property;
    const key = ts.isStringLiteralLike(name) ? name.text : name.getText(source);
    yield { key, name, value: property.initializer };
  }
}
