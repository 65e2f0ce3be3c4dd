import ts from 'typescript';
import type { Fix } from '../../base/text.ts';
import type { Mark } from '../../ir/unit.ts';
import type { FixContext } from '../rule.ts';

/** What the check tells the fix: where the lock that is taken first here is taken, and whether this side is the one to change. */
export interface OrderData {
  readonly first: Mark;
  readonly turnRound: boolean;
}

/** Takes the two locks in the order of the other place, where nothing stands between the two acquisitions. */
export function fix(cx: FixContext): readonly Fix[] {
  const { first, turnRound } = cx.report.data as OrderData;
  const second = cx.report.at;
  if (!turnRound || first.file !== second.file) return [];
  const [outer, inner] = [acquisition(cx.node(first)), acquisition(cx.node(second))];
  if (outer === null || inner === null || !followsAtOnce(outer.call, inner.call)) return [];
  if (outer.method !== inner.method) return [];
  const source = cx.source(first.file);
  return [
    {
      title: `Take \`${inner.which.getText(source)}\` before \`${outer.which.getText(source)}\`, as the other place does`,
      safe: false,
      preferred: true,
      edits: [
        cx.edit(outer.which, inner.which.getText(source)),
        cx.edit(inner.which, outer.which.getText(source)),
      ],
    },
  ];
}

interface Acquisition {
  readonly call: ts.CallExpression;
  /** The part that says which lock: the receiver of a method, the argument of a function. */
  readonly which: ts.Expression;
  readonly method: string;
}

function acquisition(node: ts.Node): Acquisition | null {
  let call: ts.Node = node;
  while (!ts.isCallExpression(call)) {
    if (ts.isStatement(call)) return null;
    call = call.parent;
  }
  const { expression } = call;
  if (ts.isPropertyAccessExpression(expression)) {
    const isRequest = expression.name.text === 'request';
    const which = isRequest ? call.arguments[0] : expression.expression;
    return which === undefined ? null : { call, which, method: expression.name.text };
  }
  const which = call.arguments.at(-1);
  return which === undefined ? null : { call, which, method: expression.getText() };
}

/** The second is the next statement after the first, or the first thing in the function that the first runs. */
function followsAtOnce(first: ts.CallExpression, second: ts.CallExpression): boolean {
  const [before, after] = [statementOf(first), statementOf(second)];
  const { parent } = before;
  if (before !== after && parent === after.parent && ts.isBlock(parent)) {
    const at = parent.statements.indexOf(before);
    return parent.statements[at + 1] === after;
  }
  return first.arguments.some((argument) => {
    if (!ts.isArrowFunction(argument) && !ts.isFunctionExpression(argument)) return false;
    const { body } = argument;
    if (!ts.isBlock(body)) return unwrapped(body) === second;
    const opening = body.statements[0];
    return opening !== undefined && opening === after;
  });
}

function unwrapped(node: ts.Expression): ts.Expression {
  return ts.isAwaitExpression(node) || ts.isParenthesizedExpression(node) ? unwrapped(node.expression) : node;
}

function statementOf(node: ts.Node): ts.Statement {
  let at = node;
  while (!ts.isStatement(at) || ts.isBlock(at)) at = at.parent;
  return at;
}
