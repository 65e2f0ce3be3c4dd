import ts from 'typescript';
import type { DeclareKind, Pattern } from '../ir/unit.ts';
import { declare, pointOf, resolveName, typeName, type Lowering } from './context.ts';
import { constant, lowerExpr, propertyKey } from './expr.ts';

/** The target of an assignment. */
export function patternOf(cx: Lowering, node: ts.Expression): Pattern {
  if (ts.isIdentifier(node)) {
    const id = resolveName(cx, node.text);
    const at = pointOf(cx, node);
    return id === null ? { p: 'global', name: node.text, at } : { p: 'var', id, at };
  }
  if (ts.isPropertyAccessExpression(node)) {
    const of = lowerExpr(cx, node.expression);
    return { p: 'member', of, key: constant(node.name.text), at: pointOf(cx, node) };
  }
  if (ts.isElementAccessExpression(node)) {
    const of = lowerExpr(cx, node.expression);
    const key = lowerExpr(cx, node.argumentExpression);
    return { p: 'member', of, key, at: pointOf(cx, node) };
  }
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isSatisfiesExpression(node)
  ) {
    return patternOf(cx, node.expression);
  }
  if (ts.isBinaryExpression(node)) {
    return { p: 'default', to: patternOf(cx, node.left), value: lowerExpr(cx, node.right) };
  }
  if (ts.isArrayLiteralExpression(node)) {
    const at = pointOf(cx, node);
    const last = node.elements.at(-1);
    const rest = last !== undefined && ts.isSpreadElement(last) ? patternOf(cx, last.expression) : null;
    const fixed = rest === null ? node.elements : node.elements.slice(0, -1);
    const items = fixed.map((element) => (ts.isOmittedExpression(element) ? null : patternOf(cx, element)));
    return { p: 'array', items, rest, at };
  }
  if (ts.isObjectLiteralExpression(node)) return objectPattern(cx, node);
  // `f() = 1` and other broken code: evaluated, bound to nothing.
  const of = lowerExpr(cx, node);
  return { p: 'member', of, key: { e: 'other', parts: [] }, at: pointOf(cx, node) };
}

function objectPattern(cx: Lowering, node: ts.ObjectLiteralExpression): Pattern {
  const at = pointOf(cx, node);
  const props: { key: ReturnType<typeof constant>; to: Pattern }[] = [];
  let rest: Pattern | null = null;
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) rest = patternOf(cx, property.expression);
    else if (ts.isShorthandPropertyAssignment(property)) {
      const to = patternOf(cx, property.name);
      const { objectAssignmentInitializer: value } = property;
      props.push({
        key: constant(property.name.text),
        to: value === undefined ? to : { p: 'default', to, value: lowerExpr(cx, value) },
      });
    } else if (ts.isPropertyAssignment(property)) {
      props.push({ key: propertyKey(cx, property.name), to: patternOf(cx, property.initializer) });
    }
  }
  return { p: 'object', props, rest, at };
}

/** The target of a declaration or a parameter: declares its names. */
export function bindingPattern(
  cx: Lowering,
  name: ts.BindingName,
  kind: DeclareKind | 'param' | 'catch',
  type: string | null,
): Pattern {
  if (ts.isIdentifier(name)) {
    // `var` was hoisted: its variable is the function's, whatever block it stands in.
    const hoisted = kind === 'var' ? resolveName(cx, name.text) : null;
    const id = hoisted ?? declare(cx, name, name.text, kind, type);
    return { p: 'var', id, at: pointOf(cx, name) };
  }
  const at = pointOf(cx, name);
  if (ts.isArrayBindingPattern(name)) {
    const items: (Pattern | null)[] = [];
    let rest: Pattern | null = null;
    for (const element of name.elements) {
      if (ts.isOmittedExpression(element)) items.push(null);
      else if (element.dotDotDotToken !== undefined) rest = bindingPattern(cx, element.name, kind, null);
      else items.push(bindingElement(cx, element, kind));
    }
    return { p: 'array', items, rest, at };
  }
  const props: { key: ReturnType<typeof constant>; to: Pattern }[] = [];
  let rest: Pattern | null = null;
  for (const element of name.elements) {
    if (element.dotDotDotToken !== undefined) rest = bindingPattern(cx, element.name, kind, null);
    else {
      const key = propertyKey(cx, element.propertyName ?? element.name);
      props.push({ key, to: bindingElement(cx, element, kind) });
    }
  }
  return { p: 'object', props, rest, at };
}

function bindingElement(
  cx: Lowering,
  element: ts.BindingElement,
  kind: DeclareKind | 'param' | 'catch',
): Pattern {
  const to = bindingPattern(cx, element.name, kind, null);
  if (element.initializer === undefined) return to;
  return { p: 'default', to, value: lowerExpr(cx, element.initializer) };
}

export function parameterPattern(cx: Lowering, parameter: ts.ParameterDeclaration): Pattern {
  const type = typeName(parameter.type);
  const to = bindingPattern(cx, parameter.name, 'param', type);
  if (parameter.initializer === undefined) return to;
  return { p: 'default', to, value: lowerExpr(cx, parameter.initializer) };
}
