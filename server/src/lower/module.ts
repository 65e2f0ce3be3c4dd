import ts from 'typescript';
import type { BindingId, Expr, Stmt } from '../ir/unit.ts';
import { declare, pointAt, pointOf, resolveName, type Lowering } from './context.ts';
import { lowerExpr } from './expr.ts';
import { lowerBody } from './stmt.ts';

/** The module body is a function like any other: id `''`, kind `module`. */
export function lowerModule(cx: Lowering): void {
  const { source } = cx;
  const at = pointAt(cx, 0, source.getEnd());
  for (const statement of source.statements) declareImports(cx, statement);
  const id = '';
  // Reserves the first place: outer functions come before the functions in them.
  cx.funcs[id] = placeholder(at);
  const body = lowerBody(cx, source.statements);
  for (const statement of source.statements) collectExports(cx, statement);
  cx.funcs[id] = { ...placeholder(at), body };
}

function placeholder(at: number) {
  return {
    id: '',
    name: '',
    kind: 'module' as const,
    async: false,
    generator: false,
    parent: null,
    cls: null,
    params: [],
    body: [] as readonly Stmt[],
    at,
    tags: [],
  };
}

function declareImports(cx: Lowering, statement: ts.Statement): void {
  if (ts.isImportEqualsDeclaration(statement)) {
    const { moduleReference } = statement;
    if (!ts.isExternalModuleReference(moduleReference)) return;
    if (!ts.isStringLiteralLike(moduleReference.expression)) return;
    const specifier = moduleReference.expression.text;
    const binding = declare(cx, statement.name, statement.name.text, 'import', null);
    cx.imports.push({
      specifier,
      name: 'default',
      binding,
      bare: false,
      typeOnly: statement.isTypeOnly,
      at: pointOf(cx, moduleReference),
    });
    return;
  }
  if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return;
  const specifier = statement.moduleSpecifier.text;
  const at = pointOf(cx, statement.moduleSpecifier);
  const clause = statement.importClause;
  if (clause === undefined) {
    cx.imports.push({ specifier, name: '*', binding: null, bare: true, typeOnly: false, at });
    return;
  }
  const typeOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const add = (name: string, local: ts.Identifier, onlyType: boolean) => {
    const binding = declare(cx, local, local.text, 'import', null);
    cx.imports.push({ specifier, name, binding, bare: false, typeOnly: typeOnly || onlyType, at });
  };
  if (clause.name !== undefined) add('default', clause.name, false);
  const named = clause.namedBindings;
  if (named === undefined) return;
  if (ts.isNamespaceImport(named)) add('*', named.name, false);
  else
    for (const element of named.elements)
      add((element.propertyName ?? element.name).text, element.name, element.isTypeOnly);
}

function collectExports(cx: Lowering, statement: ts.Statement): void {
  if (ts.isExportDeclaration(statement)) {
    if (!statement.isTypeOnly) collectExportDeclaration(cx, statement);
    return;
  }
  if (ts.isExportAssignment(statement)) {
    const target = statement.expression;
    const id = ts.isIdentifier(target) ? resolveName(cx, target.text) : `:${DEFAULT_EXPORT}`;
    if (id !== null) cx.exports.push({ name: 'default', value: variable(cx, id, statement) });
    return;
  }
  if (!ts.canHaveModifiers(statement)) return;
  const modifiers = ts.getModifiers(statement) ?? [];
  if (!modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return;
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword)) return;
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
    const name = (statement as ts.FunctionDeclaration | ts.ClassDeclaration).name?.text;
    const id = name === undefined ? `:${DEFAULT_EXPORT}` : resolveName(cx, name);
    if (id !== null) cx.exports.push({ name: 'default', value: variable(cx, id, statement) });
    return;
  }
  for (const name of declaredNames(statement)) {
    const id = resolveName(cx, name);
    if (id !== null) cx.exports.push({ name, value: variable(cx, id, statement) });
  }
}

/** The variable that holds `export default <expression>`. */
export const DEFAULT_EXPORT = '*default*';

function variable(cx: Lowering, id: BindingId, node: ts.Node): Expr {
  return { e: 'var', id, at: pointOf(cx, node) };
}

function collectExportDeclaration(cx: Lowering, statement: ts.ExportDeclaration): void {
  const from = statement.moduleSpecifier;
  const clause = statement.exportClause;
  if (from !== undefined && ts.isStringLiteral(from)) {
    const specifier = from.text;
    cx.imports.push({
      specifier,
      name: '*',
      binding: null,
      bare: false,
      typeOnly: false,
      at: pointOf(cx, from),
    });
    if (clause === undefined) cx.exports.push({ name: null, specifier });
    else if (ts.isNamespaceExport(clause))
      cx.exports.push({ name: clause.name.text, specifier, imported: '*' });
    else {
      for (const element of clause.elements) {
        if (element.isTypeOnly) continue;
        const imported = (element.propertyName ?? element.name).text;
        cx.exports.push({ name: element.name.text, specifier, imported });
      }
    }
    return;
  }
  if (clause === undefined || !ts.isNamedExports(clause)) return;
  for (const element of clause.elements) {
    const id = resolveName(cx, (element.propertyName ?? element.name).text);
    if (id !== null && !element.isTypeOnly) {
      cx.exports.push({ name: element.name.text, value: variable(cx, id, element) });
    }
  }
}

export function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap((declaration) => patternNames(declaration.name));
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    return statement.name === undefined || !ts.isIdentifier(statement.name) ? [] : [statement.name.text];
  }
  return [];
}

export function patternNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : patternNames(element.name),
  );
}

/** `export default <expression>` runs in its place; its value is kept in a variable of its own. */
export function lowerDefaultExport(cx: Lowering, statement: ts.ExportAssignment): Stmt[] {
  if (ts.isIdentifier(statement.expression) && resolveName(cx, statement.expression.text) !== null) return [];
  const at = pointOf(cx, statement);
  const id = declare(cx, statement, DEFAULT_EXPORT, 'const', null);
  const value = lowerExpr(cx, statement.expression);
  return [{ s: 'let', kind: 'const', target: { p: 'var', id, at }, value, at }];
}
