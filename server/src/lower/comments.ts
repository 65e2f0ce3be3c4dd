import ts from 'typescript';
import type { Suppression } from '../ir/unit.ts';

const FORM =
  /^lockstep-ignore(?:[ \t]+([\w-]+(?:[ \t]*,[ \t]*[\w-]+)*))?[ \t]*(?::[ \t]*(.*?))?[ \t]*(?:\*\/.*)?$/;

/** All `lockstep-ignore` comments, well formed or not: an empty rule list or reason is reported by a rule of its own. */
export function readSuppressions(source: ts.SourceFile): Suppression[] {
  const { text } = source;
  const found: Suppression[] = [];
  for (
    let from = text.indexOf('lockstep-ignore');
    from >= 0;
    from = text.indexOf('lockstep-ignore', from + 1)
  ) {
    const lineStart = Math.max(text.lastIndexOf('\n', from - 1), text.lastIndexOf('\r', from - 1)) + 1;
    const opening = /(\/\/|\/\*+|^\s*\*)\s*$/.exec(text.slice(lineStart, from));
    if (opening === null || isInsideToken(source, from)) continue;
    const rest = /^.*/.exec(text.slice(from))![0];
    const match = FORM.exec(rest);
    found.push({
      line: source.getLineAndCharacterOfPosition(from).line,
      rules: match?.[1]?.split(',').map((rule) => rule.trim()) ?? [],
      reason: match?.[2]?.trim() ?? '',
      start: lineStart + opening.index + (opening[0].length - opening[0].trimStart().length),
      end: from + rest.trimEnd().length,
    });
  }
  return found;
}

const TAGS = new Set([
  'guardedBy',
  'requiresLock',
  'acquires',
  'releases',
  'acquiredBefore',
  'threadConfined',
  'shared',
]);

/** Lockstep's own JSDoc tags on a declaration. */
export function readTags(node: ts.Node): { name: string; text: string }[] {
  const tags: { name: string; text: string }[] = [];
  for (const tag of ts.getJSDocTags(node)) {
    const name = tag.tagName.text;
    if (!TAGS.has(name)) continue;
    tags.push({ name, text: ts.getTextOfJSDocComment(tag.comment)?.trim() ?? '' });
  }
  return tags;
}

/** Strings and templates may talk about suppressions without being one. */
function isInsideToken(source: ts.SourceFile, offset: number): boolean {
  let node: ts.Node = source;
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(node, (child) =>
      child.getStart(source) <= offset && offset < child.getEnd() ? child : undefined,
    );
    if (inner === undefined)
      return ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isJsxText(node);
    node = inner;
  }
}
