/**
 * For: questions of syntax that instrumenting asks. In and out: TypeScript nodes in, answers out.
 */
import ts from 'typescript';

/** Names that are assigned to after their declaration, anywhere in the file: by name, so too many rather than too few. */
export function reassignedNames(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const target = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    else if (ts.isParenthesizedExpression(node)) target(node.expression);
    else if (ts.isArrayLiteralExpression(node)) node.elements.forEach(target);
    else if (ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) target(node.expression);
    else if (ts.isObjectLiteralExpression(node)) node.properties.forEach(target);
    else if (ts.isPropertyAssignment(node)) target(node.initializer);
    else if (ts.isShorthandPropertyAssignment(node)) names.add(node.name.text);
    else if (ts.isBinaryExpression(node)) target(node.left);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) target(node.left);
    else if (isUpdate(node)) target(node.operand);
    else if (
      (ts.isForInStatement(node) || ts.isForOfStatement(node)) &&
      !ts.isVariableDeclarationList(node.initializer)
    )
      target(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

export function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

export function isUpdate(node: ts.Node): node is ts.PrefixUnaryExpression | ts.PostfixUnaryExpression {
  return (
    (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
    (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken)
  );
}

/** Evaluating it calls nothing of the program and assigns nothing, so variables keep their values meanwhile. */
export function isQuiet(node: ts.Node): boolean {
  if (
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isAwaitExpression(node) ||
    ts.isYieldExpression(node) ||
    ts.isTaggedTemplateExpression(node) ||
    isUpdate(node) ||
    (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind))
  )
    return isAtomicsCall(node) && (node as ts.CallExpression).arguments.every(isQuiet);
  if (ts.isFunctionLike(node)) return true;
  return ts.forEachChild(node, (child) => (isQuiet(child) ? undefined : true)) === undefined;
}

/** No type guard: what is no such call may be another call. */
export function isAtomicsCall(node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    ts.isIdentifier(node.expression.expression) &&
    node.expression.expression.text === 'Atomics'
  );
}

/** What an element access is for. `none`: no memory is touched by it. */
export type Use =
  | { readonly is: 'read' | 'update' | 'target' | 'none' }
  | { readonly is: 'assign'; readonly compound: boolean; readonly value: ts.Expression };

export function useOf(access: ts.ElementAccessExpression): Use {
  let node: ts.Node = access;
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const parent = node.parent;
  if (ts.isDeleteExpression(parent)) return { is: 'none' };
  if (isUpdate(parent)) return { is: 'update' };
  if (ts.isBinaryExpression(parent) && parent.left === node && isAssignment(parent.operatorToken.kind)) {
    if (isPattern(parent)) return { is: 'target' };
    return {
      is: 'assign',
      compound: parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken,
      value: parent.right,
    };
  }
  return { is: isPatternPart(node) ? 'target' : 'read' };
}

/** `a = 1` in `[a = 1] = x`: a default, not an assignment. */
function isPattern(node: ts.BinaryExpression): boolean {
  return node.operatorToken.kind === ts.SyntaxKind.EqualsToken && isPatternPart(node);
}

/** True for an expression that stands where a destructuring assignment (or the head of a for-of or for-in) assigns to. */
function isPatternPart(node: ts.Node): boolean {
  const parent = node.parent;
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isArrayLiteralExpression(parent)) return isPatternRoot(parent);
  if (ts.isSpreadElement(parent))
    return ts.isArrayLiteralExpression(parent.parent) && isPatternRoot(parent.parent);
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node && isPatternRoot(parent.parent);
  if (ts.isSpreadAssignment(parent)) return isPatternRoot(parent.parent);
  if (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  )
    return isPatternPart(parent);
  return false;
}

function isPatternRoot(literal: ts.Node): boolean {
  let node = literal;
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const parent = node.parent;
  if (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  )
    return true;
  return isPatternPart(literal);
}

/** What a number, too, has: all else that is looked up on an element tells that the element is no number. */
const OF_NUMBERS = new Set([
  ...Object.getOwnPropertyNames(Number.prototype),
  ...Object.getOwnPropertyNames(BigInt.prototype),
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/**
 * The element is called, iterated, taken apart or looked into: no element of a typed array can be, so there is nothing
 * to watch. Leaving these alone also keeps messages such as `x[i] is not a function`, which quote the code.
 */
export function neverNumber(access: ts.ElementAccessExpression): boolean {
  let node: ts.Node = access;
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const parent = node.parent;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.expression === node;
  if (ts.isTaggedTemplateExpression(parent)) return parent.tag === node;
  if (ts.isElementAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAccessExpression(parent)) return !OF_NUMBERS.has(parent.name.text);
  if (ts.isSpreadElement(parent) || ts.isHeritageClause(parent.parent)) return true;
  if (ts.isForOfStatement(parent)) return parent.expression === node;
  if (ts.isYieldExpression(parent)) return parent.asteriskToken !== undefined;
  if (ts.isVariableDeclaration(parent)) return !ts.isIdentifier(parent.name);
  if (ts.isBinaryExpression(parent)) {
    const { kind } = parent.operatorToken;
    if (kind === ts.SyntaxKind.EqualsToken)
      return (
        parent.right === node &&
        (ts.isArrayLiteralExpression(parent.left) || ts.isObjectLiteralExpression(parent.left))
      );
    if (kind === ts.SyntaxKind.InKeyword || kind === ts.SyntaxKind.InstanceOfKeyword)
      return parent.right === node;
  }
  return false;
}

/** A key that can never name an element: a word, `Symbol.iterator`. */
export function isNamedKey(key: ts.Expression): boolean {
  if (ts.isStringLiteralLike(key)) return !/^\d+$/.test(key.text);
  if (ts.isTemplateExpression(key)) return !/^\d*$/.test(key.head.text);
  return (
    ts.isPropertyAccessExpression(key) && ts.isIdentifier(key.expression) && key.expression.text === 'Symbol'
  );
}

/** Code that tries again until it succeeds: in the head of a loop, in an endless loop, in a function that says it locks. */
export function triesUntilDone(call: ts.CallExpression): boolean {
  for (let node: ts.Node = call; !ts.isSourceFile(node); node = node.parent) {
    const parent = node.parent;
    if (ts.isWhileStatement(parent) || ts.isDoStatement(parent)) {
      if (parent.expression === node || isEndless(parent.expression)) return true;
    } else if (ts.isForStatement(parent)) {
      if (parent.condition === node || parent.condition === undefined) return true;
    }
    if (ts.isFunctionLike(node)) return /^(lock|acquire|enter|take)/i.test(functionName(node));
  }
  return false;
}

function isEndless(condition: ts.Expression): boolean {
  return (
    condition.kind === ts.SyntaxKind.TrueKeyword || (ts.isNumericLiteral(condition) && condition.text !== '0')
  );
}

/** What a stack trace would call it; `''` where it has no name. */
export function functionName(node: ts.Node): string {
  if (ts.isConstructorDeclaration(node)) return `new ${classNameOf(node.parent)}`;
  if ('name' in node && node.name !== undefined) {
    const name = (node as ts.NamedDeclaration).name!;
    const own = ts.isIdentifier(name) || ts.isPrivateIdentifier(name) ? name.text : name.getText();
    return ts.isClassElement(node) ? `${classNameOf(node.parent)}.${own}` : own;
  }
  const parent = node.parent;
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.initializer === node)
    return parent.name.getText();
  if (ts.isBinaryExpression(parent) && parent.right === node && ts.isIdentifier(parent.left))
    return parent.left.text;
  return '';
}

function classNameOf(node: ts.Node): string {
  return ts.isClassLike(node) && node.name !== undefined ? node.name.text : 'Object';
}
