import ts from 'typescript';
import type { Constant, Expr, ObjectPart } from '../ir/unit.ts';
import { pointOf, resolveName, type Lowering } from './context.ts';
import { lowerClass, lowerFunction } from './func.ts';
import { patternOf } from './pattern.ts';

export const UNDEFINED: Expr = { e: 'const', value: undefined };

/** Evaluation order, calls, accesses and the shape of values are kept; the rest becomes `other` with its parts. */
export function lowerExpr(cx: Lowering, node: ts.Expression): Expr {
  switch (node.kind) {
    case ts.SyntaxKind.Identifier:
      return lowerName(cx, node as ts.Identifier);
    case ts.SyntaxKind.NumericLiteral:
      return constant(Number((node as ts.NumericLiteral).text));
    case ts.SyntaxKind.BigIntLiteral:
      return constant(Number((node as ts.BigIntLiteral).text.replace(/n$/, '')));
    case ts.SyntaxKind.StringLiteral:
    case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
      return constant((node as ts.StringLiteralLike).text);
    case ts.SyntaxKind.TrueKeyword:
      return constant(true);
    case ts.SyntaxKind.FalseKeyword:
      return constant(false);
    case ts.SyntaxKind.NullKeyword:
      return constant(null);
    case ts.SyntaxKind.ThisKeyword:
      return { e: 'this' };
    case ts.SyntaxKind.SuperKeyword:
      return { e: 'super' };
    case ts.SyntaxKind.OmittedExpression:
      return UNDEFINED;
    default:
      return lowerCompound(cx, node);
  }
}

function lowerCompound(cx: Lowering, node: ts.Expression): Expr {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isExpressionWithTypeArguments(node)
  ) {
    return lowerExpr(cx, node.expression);
  }
  if (ts.isPropertyAccessExpression(node)) {
    const of = lowerExpr(cx, node.expression);
    const optional = node.questionDotToken !== undefined;
    return { e: 'member', of, key: constant(node.name.text), optional, at: pointOf(cx, node) };
  }
  if (ts.isElementAccessExpression(node)) {
    const of = lowerExpr(cx, node.expression);
    const key = lowerExpr(cx, node.argumentExpression);
    return { e: 'member', of, key, optional: node.questionDotToken !== undefined, at: pointOf(cx, node) };
  }
  if (ts.isCallExpression(node)) return lowerCall(cx, node);
  if (ts.isNewExpression(node)) {
    const callee = lowerExpr(cx, node.expression);
    const args = lowerList(cx, node.arguments ?? []);
    return { e: 'new', callee, args, at: pointOf(cx, node) };
  }
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
    const at = pointOf(cx, node);
    return { e: 'func', id: lowerFunction(cx, node, nameFromPlace(node)), at };
  }
  if (ts.isClassExpression(node)) {
    const at = pointOf(cx, node);
    return { e: 'class', id: lowerClass(cx, node, nameFromPlace(node)), at };
  }
  if (ts.isObjectLiteralExpression(node)) {
    const props = node.properties.map((property) => lowerProperty(cx, property));
    return { e: 'object', props, at: pointOf(cx, node) };
  }
  if (ts.isArrayLiteralExpression(node)) {
    return { e: 'array', items: lowerList(cx, node.elements), at: pointOf(cx, node) };
  }
  if (ts.isSpreadElement(node)) return { e: 'spread', of: lowerExpr(cx, node.expression) };
  if (ts.isBinaryExpression(node)) return lowerBinary(cx, node);
  if (ts.isPrefixUnaryExpression(node)) return lowerPrefix(cx, node);
  if (ts.isPostfixUnaryExpression(node)) return lowerStep(cx, node, true);
  if (ts.isTypeOfExpression(node)) return operation(cx, node, 'typeof', [node.expression]);
  if (ts.isVoidExpression(node)) return operation(cx, node, 'void', [node.expression]);
  if (ts.isDeleteExpression(node)) {
    return { e: 'delete', of: lowerExpr(cx, node.expression), at: pointOf(cx, node) };
  }
  if (ts.isConditionalExpression(node)) {
    const test = lowerExpr(cx, node.condition);
    const yes = lowerExpr(cx, node.whenTrue);
    const no = lowerExpr(cx, node.whenFalse);
    return { e: 'cond', test, yes, no, at: pointOf(cx, node) };
  }
  if (ts.isAwaitExpression(node)) {
    return { e: 'await', of: lowerExpr(cx, node.expression), at: pointOf(cx, node) };
  }
  if (ts.isYieldExpression(node)) {
    const of = node.expression === undefined ? null : lowerExpr(cx, node.expression);
    return { e: 'yield', of, star: node.asteriskToken !== undefined, at: pointOf(cx, node) };
  }
  if (ts.isTemplateExpression(node)) {
    const args = [constant(node.head.text)];
    for (const span of node.templateSpans) {
      args.push(lowerExpr(cx, span.expression), constant(span.literal.text));
    }
    return { e: 'op', op: '+', args, at: pointOf(cx, node) };
  }
  if (ts.isTaggedTemplateExpression(node)) {
    const callee = lowerExpr(cx, node.tag);
    const parts = ts.isTemplateExpression(node.template)
      ? node.template.templateSpans.map((span) => lowerExpr(cx, span.expression))
      : [];
    const args: Expr[] = [{ e: 'other', parts: [] }, ...parts];
    return { e: 'call', callee, args, optional: false, at: pointOf(cx, node) };
  }
  if (ts.isMetaProperty(node)) {
    const name = node.keywordToken === ts.SyntaxKind.ImportKeyword ? 'import.meta' : 'new.target';
    return { e: 'meta', name };
  }
  return { e: 'other', parts: expressionsIn(node).map((part) => lowerExpr(cx, part)) };
}

/** The outermost expressions below a node of a kind that is not told apart (JSX and what may come). */
function expressionsIn(node: ts.Node): ts.Expression[] {
  const parts: ts.Expression[] = [];
  ts.forEachChild(node, (child) => {
    if (ts.isTypeNode(child)) return;
    if (ts.isExpression(child) && !isIntrinsicTag(child)) parts.push(child);
    else parts.push(...expressionsIn(child));
  });
  return parts;
}

function isIntrinsicTag(node: ts.Node): boolean {
  return (
    ts.isIdentifier(node) &&
    (ts.isJsxAttribute(node.parent) ||
      ts.isJsxOpeningLikeElement(node.parent) ||
      ts.isJsxClosingElement(node.parent))
  );
}

export function constant(value: Constant): Expr {
  return { e: 'const', value };
}

function lowerName(cx: Lowering, node: ts.Identifier): Expr {
  const id = resolveName(cx, node.text);
  if (id !== null) return { e: 'var', id, at: pointOf(cx, node) };
  if (node.text === 'undefined') return UNDEFINED;
  if (node.text === 'NaN' || node.text === 'Infinity') return constant(Number(node.text));
  return { e: 'global', name: node.text, at: pointOf(cx, node) };
}

export function lowerList(cx: Lowering, nodes: readonly ts.Expression[]): Expr[] {
  return nodes.map((node) => lowerExpr(cx, node));
}

function lowerCall(cx: Lowering, node: ts.CallExpression): Expr {
  const first = node.arguments[0];
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire =
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'require' &&
    node.arguments.length === 1 &&
    resolveName(cx, 'require') === null;
  if ((isImport || isRequire) && first !== undefined) {
    const of = lowerExpr(cx, first);
    const at = pointOf(cx, node);
    if (of.e === 'const' && typeof of.value === 'string') {
      cx.imports.push({ specifier: of.value, name: '*', binding: null, bare: false, typeOnly: false, at });
    }
    return { e: 'import', of, at };
  }
  const callee = lowerExpr(cx, node.expression);
  const args = lowerList(cx, node.arguments);
  return { e: 'call', callee, args, optional: node.questionDotToken !== undefined, at: pointOf(cx, node) };
}

function operation(cx: Lowering, node: ts.Node, op: string, operands: readonly ts.Expression[]): Expr {
  const args = operands.map((operand) => lowerExpr(cx, operand));
  return { e: 'op', op, args, at: pointOf(cx, node) };
}

function lowerPrefix(cx: Lowering, node: ts.PrefixUnaryExpression): Expr {
  switch (node.operator) {
    case ts.SyntaxKind.PlusPlusToken:
    case ts.SyntaxKind.MinusMinusToken:
      return lowerStep(cx, node, false);
    case ts.SyntaxKind.MinusToken:
      if (ts.isNumericLiteral(node.operand)) return constant(-Number(node.operand.text));
      return operation(cx, node, '-', [node.operand]);
    default:
      return operation(cx, node, ts.tokenToString(node.operator) ?? '?', [node.operand]);
  }
}

function lowerStep(
  cx: Lowering,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  old: boolean,
): Expr {
  const op = node.operator === ts.SyntaxKind.PlusPlusToken ? '+' : '-';
  const target = patternOf(cx, node.operand);
  return { e: 'assign', target, op, value: constant(1), old, at: pointOf(cx, node) };
}

function lowerBinary(cx: Lowering, node: ts.BinaryExpression): Expr {
  const operator = node.operatorToken.kind;
  if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment) {
    const target = patternOf(cx, node.left);
    const value = lowerExpr(cx, node.right);
    const text = ts.tokenToString(operator)!;
    const op = text === '=' ? '=' : text.slice(0, -1);
    return { e: 'assign', target, op, value, old: false, at: pointOf(cx, node) };
  }
  switch (operator) {
    case ts.SyntaxKind.AmpersandAmpersandToken:
    case ts.SyntaxKind.BarBarToken:
    case ts.SyntaxKind.QuestionQuestionToken: {
      const left = lowerExpr(cx, node.left);
      const right = lowerExpr(cx, node.right);
      const op = ts.tokenToString(operator) as '&&' | '||' | '??';
      return { e: 'logic', op, left, right, at: pointOf(cx, node) };
    }
    case ts.SyntaxKind.CommaToken:
      return { e: 'seq', items: [lowerExpr(cx, node.left), lowerExpr(cx, node.right)] };
    default: {
      const flat = leftSpine(node, operator);
      return operation(cx, node, ts.tokenToString(operator) ?? '?', flat);
    }
  }
}

/** `a + b + c + …` as one operation: generated code has chains of thousands, which must not end the stack. */
function leftSpine(node: ts.BinaryExpression, operator: ts.SyntaxKind): ts.Expression[] {
  const operands: ts.Expression[] = [];
  let left: ts.Expression = node;
  while (ts.isBinaryExpression(left) && left.operatorToken.kind === operator) {
    operands.push(left.right);
    left = left.left;
  }
  operands.push(left);
  return operands.reverse();
}

function lowerProperty(cx: Lowering, property: ts.ObjectLiteralElementLike): ObjectPart {
  if (ts.isSpreadAssignment(property)) return { spread: lowerExpr(cx, property.expression) };
  if (ts.isShorthandPropertyAssignment(property)) {
    return { key: constant(property.name.text), value: lowerName(cx, property.name) };
  }
  const key = propertyKey(cx, property.name);
  if (ts.isPropertyAssignment(property)) return { key, value: lowerExpr(cx, property.initializer) };
  const at = pointOf(cx, property);
  const func = lowerFunction(cx, property, property.name.getText(cx.source));
  if (ts.isGetAccessorDeclaration(property)) return { key, get: func };
  if (ts.isSetAccessorDeclaration(property)) return { key, set: func };
  return { key, value: { e: 'func', id: func, at } };
}

export function propertyKey(cx: Lowering, name: ts.PropertyName | ts.BindingName): Expr {
  if (ts.isComputedPropertyName(name)) return lowerExpr(cx, name.expression);
  if (ts.isNumericLiteral(name)) return constant(Number(name.text));
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteralLike(name))
    return constant(name.text);
  return { e: 'other', parts: [] };
}

/** A function value is called by what it is assigned to: `const bump = () => …` is `bump`. */
function nameFromPlace(node: ts.FunctionExpression | ts.ArrowFunction | ts.ClassExpression): string | null {
  if (node.name !== undefined) return node.name.text;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) {
    const { name } = parent;
    return ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteral(name)
      ? name.text
      : null;
  }
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    const { left } = parent;
    if (ts.isIdentifier(left)) return left.text;
    if (ts.isPropertyAccessExpression(left)) return left.name.text;
  }
  return null;
}
