import ts from 'typescript';
import type { DeclareKind, Expr, Loop, Pattern, Stmt } from '../ir/unit.ts';
import { declare, inScope, pointOf, resolveName, typeName, type Lowering } from './context.ts';
import { constant, lowerExpr } from './expr.ts';
import { lowerClass, lowerEnum, lowerFunction } from './func.ts';
import { declaredNames, lowerDefaultExport, patternNames } from './module.ts';
import { bindingPattern, patternOf } from './pattern.ts';

/** A function's or module's statements in the current scope: `var` hoisted from anywhere in it, functions first. */
export function lowerBody(cx: Lowering, statements: readonly ts.Statement[]): Stmt[] {
  hoistVars(cx, statements);
  return lowerScope(cx, statements);
}

/** Statements of one block: lexical names are declared before any of them is looked at, functions are made first. */
function lowerScope(cx: Lowering, statements: readonly ts.Statement[]): Stmt[] {
  for (const statement of statements) declareLexical(cx, statement);
  const result: Stmt[] = [];
  for (const statement of statements) {
    if (ts.isFunctionDeclaration(statement) && statement.body !== undefined)
      result.push(lowerFunctionDeclaration(cx, statement));
  }
  for (const statement of statements) lowerStmt(cx, statement, result);
  return result;
}

function hoistVars(cx: Lowering, nodes: readonly ts.Node[]): void {
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isExpression(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) {
      for (const declaration of node.declarations) {
        const type = typeName(declaration.type);
        for (const name of patternNames(declaration.name)) declare(cx, declaration.name, name, 'var', type);
      }
    }
    ts.forEachChild(node, visit);
  };
  nodes.forEach(visit);
}

function declareLexical(cx: Lowering, statement: ts.Statement): void {
  if (ts.isVariableStatement(statement)) {
    const kind = declareKind(statement.declarationList);
    if (kind === 'var') return;
    for (const declaration of statement.declarationList.declarations) {
      const type = typeName(declaration.type);
      for (const name of patternNames(declaration.name)) declare(cx, declaration.name, name, kind, type);
    }
  } else if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) {
    declare(cx, statement.name, statement.name.text, 'function', null);
  } else if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
    declare(cx, statement.name, statement.name.text, 'class', null);
  } else if (ts.isEnumDeclaration(statement)) {
    declare(cx, statement.name, statement.name.text, 'const', null);
  } else if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name)) {
    declare(cx, statement.name, statement.name.text, 'const', null);
  }
}

function declareKind(list: ts.VariableDeclarationList): DeclareKind {
  // `AwaitUsing` is `Const` and `Using` together: the combined ones are asked for first.
  const flags: number = list.flags;
  const has = (wanted: number) => (flags & wanted) === wanted;
  if (has(ts.NodeFlags.AwaitUsing)) return 'await using';
  if (has(ts.NodeFlags.Using)) return 'using';
  if (has(ts.NodeFlags.Const)) return 'const';
  return has(ts.NodeFlags.Let) ? 'let' : 'var';
}

function lowerFunctionDeclaration(cx: Lowering, node: ts.FunctionDeclaration): Stmt {
  const at = pointOf(cx, node.name ?? node);
  const name = node.name?.text ?? 'default';
  const id =
    node.name === undefined ? declare(cx, node, '*default*', 'function', null) : resolveName(cx, name)!;
  const func = lowerFunction(cx, node, name);
  return { s: 'let', kind: 'const', target: { p: 'var', id, at }, value: { e: 'func', id: func, at }, at };
}

function lowerStmt(cx: Lowering, node: ts.Statement, into: Stmt[]): void {
  if (ts.isExpressionStatement(node)) {
    into.push({ s: 'expr', value: lowerExpr(cx, node.expression), at: pointOf(cx, node) });
  } else if (ts.isVariableStatement(node)) {
    if (!(ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword)) {
      lowerDeclarations(cx, node.declarationList, into);
    }
  } else if (ts.isReturnStatement(node)) {
    const value = node.expression === undefined ? null : lowerExpr(cx, node.expression);
    into.push({ s: 'return', value, at: pointOf(cx, node) });
  } else if (ts.isIfStatement(node)) {
    const test = lowerExpr(cx, node.expression);
    const yes = lowerArm(cx, node.thenStatement);
    const no = node.elseStatement === undefined ? [] : lowerArm(cx, node.elseStatement);
    into.push({ s: 'if', test, yes, no, at: pointOf(cx, node) });
  } else if (ts.isBlock(node)) {
    into.push({ s: 'block', body: lowerArm(cx, node), label: null, at: pointOf(cx, node) });
  } else if (ts.isIterationStatement(node, false)) {
    into.push(lowerLoop(cx, node, null));
  } else if (ts.isTryStatement(node)) {
    into.push(lowerTry(cx, node));
  } else if (ts.isSwitchStatement(node)) {
    into.push(lowerSwitch(cx, node));
  } else if (ts.isThrowStatement(node)) {
    into.push({ s: 'throw', value: lowerExpr(cx, node.expression), at: pointOf(cx, node) });
  } else if (ts.isBreakStatement(node)) {
    into.push({ s: 'break', label: node.label?.text ?? null, at: pointOf(cx, node) });
  } else if (ts.isContinueStatement(node)) {
    into.push({ s: 'continue', label: node.label?.text ?? null, at: pointOf(cx, node) });
  } else if (ts.isLabeledStatement(node)) {
    lowerLabeled(cx, node, into);
  } else if (ts.isClassDeclaration(node)) {
    lowerClassDeclaration(cx, node, into);
  } else if (ts.isEnumDeclaration(node)) {
    const at = pointOf(cx, node.name);
    const id = resolveName(cx, node.name.text)!;
    into.push({ s: 'let', kind: 'const', target: { p: 'var', id, at }, value: lowerEnum(cx, node), at });
  } else if (ts.isModuleDeclaration(node)) {
    lowerNamespace(cx, node, into);
  } else if (ts.isExportAssignment(node)) {
    into.push(...lowerDefaultExport(cx, node));
  }
}

function lowerArm(cx: Lowering, node: ts.Statement): Stmt[] {
  return inScope(cx, () => lowerScope(cx, ts.isBlock(node) ? node.statements : [node]));
}

function lowerDeclarations(cx: Lowering, list: ts.VariableDeclarationList, into: Stmt[]): void {
  const kind = declareKind(list);
  for (const declaration of list.declarations) {
    const target = bindingPattern(cx, declaration.name, kind, typeName(declaration.type));
    const value = declaration.initializer === undefined ? null : lowerExpr(cx, declaration.initializer);
    into.push({ s: 'let', kind, target, value, at: pointOf(cx, declaration) });
  }
}

function lowerLabeled(cx: Lowering, node: ts.LabeledStatement, into: Stmt[]): void {
  const label = node.label.text;
  if (ts.isIterationStatement(node.statement, false)) {
    into.push(lowerLoop(cx, node.statement, label));
    return;
  }
  into.push({ s: 'block', body: lowerArm(cx, node.statement), label, at: pointOf(cx, node) });
}

function lowerLoop(cx: Lowering, node: ts.IterationStatement, label: string | null): Loop {
  const at = pointOf(cx, node);
  const outer = cx.func.loop;
  cx.func.loop = at;
  try {
    return inScope(cx, () => loopIn(cx, node, label, at));
  } finally {
    cx.func.loop = outer;
  }
}

function loopIn(cx: Lowering, node: ts.IterationStatement, label: string | null, at: number): Loop {
  const shared = { s: 'loop' as const, label, at };
  if (ts.isForStatement(node)) {
    const init: Stmt[] = [];
    let declares: DeclareKind | null = null;
    if (node.initializer !== undefined && ts.isVariableDeclarationList(node.initializer)) {
      declares = declareKind(node.initializer);
      lowerDeclarations(cx, node.initializer, init);
    } else if (node.initializer !== undefined) {
      init.push({ s: 'expr', value: lowerExpr(cx, node.initializer), at: pointOf(cx, node.initializer) });
    }
    const test = node.condition === undefined ? null : lowerExpr(cx, node.condition);
    const update = node.incrementor === undefined ? null : lowerExpr(cx, node.incrementor);
    const body = lowerArm(cx, node.statement);
    return { ...shared, kind: 'for', init, test, update, of: null, each: null, declares, body };
  }
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    const of = lowerExpr(cx, node.expression);
    const { each, declares } = loopHead(cx, node.initializer);
    const body = lowerArm(cx, node.statement);
    const isAsync = ts.isForOfStatement(node) && node.awaitModifier !== undefined;
    const kind = isAsync ? 'for-await' : ts.isForOfStatement(node) ? 'for-of' : 'for-in';
    return { ...shared, kind, init: [], test: null, update: null, of, each, declares, body };
  }
  const { expression, statement } = node as ts.WhileStatement | ts.DoStatement;
  const head = { init: [], update: null, of: null, each: null, declares: null };
  if (ts.isDoStatement(node)) {
    const body = lowerArm(cx, statement);
    return { ...shared, ...head, kind: 'do', test: lowerExpr(cx, expression), body };
  }
  const test = lowerExpr(cx, expression);
  return { ...shared, ...head, kind: 'while', test, body: lowerArm(cx, statement) };
}

function loopHead(cx: Lowering, node: ts.ForInitializer): { each: Pattern; declares: DeclareKind | null } {
  if (!ts.isVariableDeclarationList(node)) return { each: patternOf(cx, node), declares: null };
  const declares = declareKind(node);
  const declaration = node.declarations[0];
  if (declaration === undefined) {
    return { each: { p: 'object', props: [], rest: null, at: pointOf(cx, node) }, declares };
  }
  return { each: bindingPattern(cx, declaration.name, declares, typeName(declaration.type)), declares };
}

function lowerTry(cx: Lowering, node: ts.TryStatement): Stmt {
  const at = pointOf(cx, node);
  const body = lowerArm(cx, node.tryBlock);
  let param: Pattern | null = null;
  let rescue: Stmt[] | null = null;
  const { catchClause } = node;
  if (catchClause !== undefined) {
    rescue = inScope(cx, () => {
      const declared = catchClause.variableDeclaration;
      if (declared !== undefined) param = bindingPattern(cx, declared.name, 'catch', null);
      return lowerArm(cx, catchClause.block);
    });
  }
  const ensure = node.finallyBlock === undefined ? null : lowerArm(cx, node.finallyBlock);
  return { s: 'try', body, param, rescue, ensure, at };
}

function lowerSwitch(cx: Lowering, node: ts.SwitchStatement): Stmt {
  const at = pointOf(cx, node);
  const on = lowerExpr(cx, node.expression);
  const cases = inScope(cx, () => {
    for (const clause of node.caseBlock.clauses)
      for (const statement of clause.statements) declareLexical(cx, statement);
    return node.caseBlock.clauses.map((clause) => ({
      test: ts.isCaseClause(clause) ? lowerExpr(cx, clause.expression) : null,
      body: lowerScope(cx, clause.statements),
    }));
  });
  return { s: 'switch', on, cases, at };
}

function lowerClassDeclaration(cx: Lowering, node: ts.ClassDeclaration, into: Stmt[]): void {
  const at = pointOf(cx, node.name ?? node);
  const id =
    node.name === undefined
      ? declare(cx, node, '*default*', 'class', null)
      : resolveName(cx, node.name.text)!;
  const value: Expr = { e: 'class', id: lowerClass(cx, node, null), at };
  into.push({ s: 'let', kind: 'const', target: { p: 'var', id, at }, value, at });
}

/** A namespace is a block whose exported names also are the properties of an object. */
function lowerNamespace(cx: Lowering, node: ts.ModuleDeclaration, into: Stmt[]): void {
  if (!ts.isIdentifier(node.name) || node.body === undefined || !ts.isModuleBlock(node.body)) return;
  const { statements } = node.body;
  const at = pointOf(cx, node.name);
  const id = resolveName(cx, node.name.text);
  if (id === null) return;
  const body = inScope(cx, () => {
    const inner = lowerScope(cx, statements);
    const names = statements.filter(isExported).flatMap(declaredNames);
    const props = names.flatMap((name) => {
      const member = resolveName(cx, name);
      return member === null ? [] : [{ key: constant(name), value: { e: 'var' as const, id: member, at } }];
    });
    inner.push({
      s: 'let',
      kind: 'const',
      target: { p: 'var', id, at },
      value: { e: 'object', props, at },
      at,
    });
    return inner;
  });
  into.push({ s: 'block', body, label: null, at });
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
}
