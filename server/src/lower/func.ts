import ts from 'typescript';
import type { Class, ClassId, Expr, Field, Func, FuncId, Param, Stmt } from '../ir/unit.ts';
import { readTags } from './comments.ts';
import {
  declare,
  freshFuncId,
  inScope,
  pointAt,
  pointOf,
  typeName,
  type FuncState,
  type Lowering,
} from './context.ts';
import { constant, lowerExpr, UNDEFINED } from './expr.ts';
import { parameterPattern } from './pattern.ts';
import { lowerBody } from './stmt.ts';

type FunctionNode =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.GetAccessorDeclaration
  | ts.SetAccessorDeclaration
  | ts.ConstructorDeclaration;

/** Lowers a function and all in it; returns its id. `name` is what a reader would call it, null where it has no name. */
export function lowerFunction(cx: Lowering, node: FunctionNode, name: string | null): FuncId {
  const outer = cx.func;
  const id = functionId(cx, name);
  return enterFunction(cx, id, isMember(node) ? outer.cls : null, () => {
    const at = pointOf(cx, node);
    const head = headOf(node);
    const shown =
      outer.cls !== null && isMember(node) ? `${cx.classes[outer.cls]!.name}.${name ?? ''}` : (name ?? '');
    const func: Func = {
      id,
      name: shown,
      kind: head.kind,
      async: head.async,
      generator: head.generator,
      parent: outer.id,
      cls: isMember(node) ? outer.cls : null,
      params: [],
      body: [],
      at,
      tags: readTags(node),
    };
    cx.funcs[id] = func;
    if (ts.isFunctionExpression(node) && node.name !== undefined)
      declare(cx, node.name, node.name.text, 'function', null);
    const params: Param[] = [];
    const fieldsFromParams: Stmt[] = [];
    for (const parameter of node.parameters) {
      if (ts.isIdentifier(parameter.name) && parameter.name.text === 'this') continue;
      const target = parameterPattern(cx, parameter);
      params.push({ target, rest: parameter.dotDotDotToken !== undefined, type: typeName(parameter.type) });
      if (ts.isParameterPropertyDeclaration(parameter, node) && ts.isIdentifier(parameter.name)) {
        fieldsFromParams.push(assignField(cx, parameter.name));
      }
    }
    const body = lowerFunctionBody(cx, node.body);
    cx.funcs[id] = { ...func, params, body: [...fieldsFromParams, ...body] };
    return id;
  });
}

/** `constructor(private sab: SharedArrayBuffer)` assigns `this.sab` before its first statement. */
function assignField(cx: Lowering, name: ts.Identifier): Stmt {
  const at = pointOf(cx, name);
  const value = lowerExpr(cx, name);
  const target = { p: 'member' as const, of: { e: 'this' as const }, key: constant(name.text), at };
  return { s: 'expr', value: { e: 'assign', target, op: '=', value, old: false, at }, at };
}

function lowerFunctionBody(cx: Lowering, body: ts.ConciseBody | undefined): Stmt[] {
  if (body === undefined) return [];
  if (ts.isBlock(body)) return lowerBody(cx, body.statements);
  const value = lowerExpr(cx, body);
  return [{ s: 'return', value, at: pointOf(cx, body) }];
}

function enterFunction<T>(cx: Lowering, id: FuncId, cls: ClassId | null, work: () => T): T {
  const outer = cx.func;
  const state: FuncState = { id, spans: [], cls, unnamed: 0, loop: null };
  cx.spans[id] = state.spans;
  cx.func = state;
  try {
    return inScope(cx, work);
  } finally {
    cx.func = outer;
  }
}

function functionId(cx: Lowering, name: string | null): FuncId {
  const { func } = cx;
  const prefix =
    func.cls !== null && !func.id.startsWith(`${func.cls}.`)
      ? `${func.cls}.`
      : func.id === ''
        ? ''
        : `${func.id}/`;
  return freshFuncId(cx, `${prefix}${name ?? `@${func.unnamed++}`}`);
}

function isMember(node: FunctionNode): boolean {
  return ts.isClassLike(node.parent);
}

function headOf(node: FunctionNode): { kind: Func['kind']; async: boolean; generator: boolean } {
  const modifiers = ts.getModifiers(node) ?? [];
  const async = modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword);
  const generator = 'asteriskToken' in node && node.asteriskToken !== undefined;
  if (ts.isArrowFunction(node)) return { kind: 'arrow', async, generator };
  if (ts.isConstructorDeclaration(node)) return { kind: 'constructor', async, generator };
  if (ts.isGetAccessorDeclaration(node)) return { kind: 'getter', async, generator };
  if (ts.isSetAccessorDeclaration(node)) return { kind: 'setter', async, generator };
  return { kind: ts.isMethodDeclaration(node) ? 'method' : 'function', async, generator };
}

/** Lowers a class and its members; returns its id. */
export function lowerClass(cx: Lowering, node: ts.ClassLikeDeclaration, wanted: string | null): ClassId {
  const name = node.name?.text ?? wanted ?? '';
  const { func } = cx;
  const base = `${func.id === '' ? '' : `${func.id}/`}${name === '' ? `@${func.unnamed++}` : name}`;
  let id = base;
  for (let n = 2; id in cx.classes; n++) id = `${base}~${n}`;
  const heritage = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)
    ?.types[0];
  const baseExpr = heritage === undefined ? null : lowerExpr(cx, heritage.expression);
  const exported = (ts.getModifiers(node) ?? []).some(
    (modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword,
  );
  const start: Class = {
    id,
    name,
    base: baseExpr,
    construct: null,
    methods: [],
    fields: [],
    statics: [],
    exported,
  };
  cx.classes[id] = start;
  const outer = cx.func;
  // Members are named after their class, but their spans and scopes are their own.
  cx.func = { ...outer, cls: id };
  try {
    cx.classes[id] = inScope(cx, () => {
      if (node.name !== undefined && ts.isClassExpression(node)) declare(cx, node.name, name, 'class', null);
      return lowerMembers(cx, node, start);
    });
  } finally {
    outer.unnamed = cx.func.unnamed;
    cx.func = outer;
  }
  return id;
}

function lowerMembers(cx: Lowering, node: ts.ClassLikeDeclaration, start: Class): Class {
  const methods: Class['methods'][number][] = [];
  const fields: Field[] = [];
  const statics: FuncId[] = [];
  let construct: FuncId | null = null;
  for (const member of node.members) {
    const isStatic =
      ts.canHaveModifiers(member) &&
      (ts.getModifiers(member) ?? []).some((m) => m.kind === ts.SyntaxKind.StaticKeyword);
    if (ts.isConstructorDeclaration(member)) {
      if (member.body === undefined) continue;
      construct = lowerFunction(cx, member, 'constructor');
      for (const parameter of member.parameters) {
        if (ts.isParameterPropertyDeclaration(parameter, member) && ts.isIdentifier(parameter.name)) {
          fields.push({
            name: parameter.name.text,
            static: false,
            init: null,
            type: typeName(parameter.type),
          });
        }
      }
    } else if (ts.isMethodDeclaration(member) || ts.isAccessor(member)) {
      if (member.body === undefined) continue;
      const name = memberName(member.name);
      const kind = ts.isGetAccessor(member) ? 'getter' : ts.isSetAccessor(member) ? 'setter' : 'method';
      methods.push({ name, static: isStatic, kind, func: lowerFunction(cx, member, name) });
    } else if (ts.isPropertyDeclaration(member)) {
      const name = memberName(member.name);
      const init =
        member.initializer === undefined ? null : lowerInitializer(cx, member.initializer, name, isStatic);
      fields.push({ name, static: isStatic, init, type: typeName(member.type) });
    } else if (ts.isClassStaticBlockDeclaration(member)) {
      statics.push(lowerStaticBlock(cx, member));
    }
  }
  return { ...start, construct, methods, fields, statics };
}

function memberName(name: ts.PropertyName): string {
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteralLike(name)) return name.text;
  return name.getText();
}

/** A field's initial value is a little function of its own: it sees `this`, not the constructor's parameters. */
function lowerInitializer(cx: Lowering, value: ts.Expression, name: string, isStatic: boolean): FuncId {
  const { cls } = cx.func;
  const id = freshFuncId(cx, `${cls}.${name}=`);
  const parent = cx.func.id;
  return enterFunction(cx, id, cls, () => {
    const at = pointOf(cx, value);
    const func = initializer(
      id,
      `${cx.classes[cls!]!.name}.${name}`,
      isStatic ? 'static' : 'field',
      parent,
      cls,
      at,
    );
    cx.funcs[id] = func;
    const body: Stmt[] = [{ s: 'return', value: lowerExpr(cx, value), at }];
    cx.funcs[id] = { ...func, body };
    return id;
  });
}

function lowerStaticBlock(cx: Lowering, node: ts.ClassStaticBlockDeclaration): FuncId {
  const { cls } = cx.func;
  const id = freshFuncId(cx, `${cls}.static`);
  const parent = cx.func.id;
  return enterFunction(cx, id, cls, () => {
    const func = initializer(
      id,
      `${cx.classes[cls!]!.name} static block`,
      'static',
      parent,
      cls,
      pointOf(cx, node),
    );
    cx.funcs[id] = func;
    cx.funcs[id] = { ...func, body: lowerBody(cx, node.body.statements) };
    return id;
  });
}

function initializer(
  id: FuncId,
  name: string,
  kind: 'field' | 'static',
  parent: FuncId,
  cls: ClassId | null,
  at: number,
): Func {
  return { id, name, kind, async: false, generator: false, parent, cls, params: [], body: [], at, tags: [] };
}

/** `enum Slot { Lock, Head = 4 }` is an object of constants, as far as they are constants. */
export function lowerEnum(cx: Lowering, node: ts.EnumDeclaration): Expr {
  const props: { key: Expr; value: Expr }[] = [];
  let next: number | null = 0;
  for (const member of node.members) {
    const key = constant(memberName(member.name));
    const value: Expr =
      member.initializer === undefined
        ? next === null
          ? UNDEFINED
          : constant(next)
        : lowerExpr(cx, member.initializer);
    props.push({ key, value });
    next = value.e === 'const' && typeof value.value === 'number' ? value.value + 1 : null;
  }
  return { e: 'object', props, at: pointAt(cx, node.getStart(cx.source), node.getEnd()) };
}
