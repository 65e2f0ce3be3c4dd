import ts from 'typescript';
import type { Edit, Fix } from '../../base/text.ts';
import type { BindingId, Loop, Mark, Stmt, Unit } from '../../ir/unit.ts';
import type { FixContext } from '../rule.ts';
import { accessesOf, bodiesOf, patternVars, type Access, type Accesses } from './accesses.ts';
import type { Late } from './late.ts';

/** A variable of its own for each round: declared so in the head or the body, or copied to a constant. */
export function fix(cx: FixContext): readonly Fix[] {
  const late = cx.report.data as Late;
  const scene = sceneOf(cx, late);
  const safe = cx.report.confidence === 'proved';
  const own = inHead(scene, safe) ?? inBody(scene, safe);
  // The variable of a for-in loop has rights with the compiler that a copy has not.
  const copy = own !== null && ts.isForInStatement(scene.loop) ? null : byCopy(scene, safe);
  if (own !== null) return copy === null ? [own] : [own, { ...copy, preferred: false }];
  return copy === null ? [] : [copy];
}

interface Scene {
  readonly cx: FixContext;
  readonly late: Late;
  readonly unit: Unit;
  readonly accesses: Accesses;
  readonly source: ts.SourceFile;
  readonly loop: ts.IterationStatement;
  readonly name: string;
}

function sceneOf(cx: FixContext, late: Late): Scene {
  const { file } = late.loop;
  const unit = cx.unit(file);
  return {
    cx,
    late,
    unit,
    accesses: accessesOf(unit),
    source: cx.source(file),
    loop: cx.node(late.loop) as ts.IterationStatement,
    name: unit.bindings[late.id]!.name,
  };
}

/** `for (var i = …` → `for (let i = …`, where nobody outside the loop looks at what the head declares. */
function inHead(scene: Scene, safe: boolean): Fix | null {
  const { cx, loop, late, unit } = scene;
  if (late.kind !== 'head' && late.kind !== 'temporary') return null;
  if (!ts.isForStatement(loop) && !ts.isForOfStatement(loop) && !ts.isForInStatement(loop)) return null;
  const list = loop.initializer;
  if (list === undefined || !ts.isVariableDeclarationList(list) || !isVar(list)) return null;
  const ids = declaredIn(scene, list);
  if (!ids?.includes(late.id)) return null;
  if (!ids.every((id) => staysInLoop(scene, id, list))) return null;
  const isConst =
    !ts.isForStatement(loop) &&
    ids.every((id) => writesOf(scene, id).every((each) => isIn(unit, each.at, list)));
  const keyword = isConst ? 'const' : 'let';
  return {
    title: `Declare \`${scene.name}\` with \`${keyword}\` in the loop head`,
    safe,
    preferred: true,
    edits: [keywordEdit(cx, list, keyword)],
  };
}

function staysInLoop(scene: Scene, id: BindingId, list: ts.VariableDeclarationList): boolean {
  const { unit, loop, late, accesses } = scene;
  const { func } = late.loop;
  const others = loopsOf(unit.funcs[func]!.body).filter((other) => declaresInHead(other, id));
  for (const access of accessesTo(scene, id)) {
    const at = startOf(unit, access.at);
    if (at < loop.getStart() || at >= loop.getEnd()) {
      // Another loop that declares it anew does not see what this one leaves there.
      const isOfOther = others.some((other) => {
        const mark: Mark = { file: unit.file, func, n: other.at };
        return at > startOf(unit, mark) && at < endOf(unit, mark);
      });
      if (!isOfOther) return false;
    }
    // `for (var x of x.children)` and `var i = i || 0` would look at a `let` that is not there yet.
    const isInList = isIn(unit, access.at, list);
    const isIterated =
      (ts.isForOfStatement(loop) || ts.isForInStatement(loop)) && isIn(unit, access.at, loop.expression);
    if (isIterated || (isInList && !access.write)) return false;
    if (access.write && access.at.func !== func) return false;
  }
  return varStatements(accesses, func, id).every((at) => !isIn(unit, at, loop.statement));
}

/** `var item = …` in the body → `const item = …`, where all that looks at it stands below it in the same block. */
function inBody(scene: Scene, safe: boolean): Fix | null {
  const { cx, late, unit, accesses, loop } = scene;
  if (late.kind !== 'temporary' || !isIn(unit, late.change, loop.statement)) return null;
  const list = ancestor(cx.node(late.change), ts.isVariableDeclarationList, loop);
  if (list === null || !isVar(list) || !ts.isVariableStatement(list.parent)) return null;
  const block = list.parent.parent;
  if (!ts.isBlock(block) || list.declarations.some((each) => each.initializer === undefined)) return null;
  const ids = declaredIn(scene, list);
  if (ids === null || late.change.func !== late.loop.func) return null;
  const isOwn = (id: BindingId) =>
    varStatements(accesses, late.loop.func, id).length === 1 &&
    !loopsOf(unit.funcs[late.loop.func]!.body).some((other) => declaresInHead(other, id)) &&
    accessesTo(scene, id).every(
      ({ at, write }) =>
        isIn(unit, at, block) && startOf(unit, at) >= list.getStart() && (write || !isIn(unit, at, list)),
    );
  if (!ids.every(isOwn)) return null;
  const isConst = ids.every((id) => writesOf(scene, id).length === 1);
  const keyword = isConst ? 'const' : 'let';
  return {
    title: `Declare \`${scene.name}\` with \`${keyword}\`, anew in each round`,
    safe,
    preferred: true,
    edits: [keywordEdit(cx, list, keyword)],
  };
}

/** `const current = i;` before the statement that makes the function, and `current` in the function. */
function byCopy(scene: Scene, safe: boolean): Fix | null {
  const { cx, late, unit, source, loop, name } = scene;
  const made = cx.node(late.made);
  if (ts.isFunctionDeclaration(made)) return null;
  const statement = ancestor(made, isPlainStatement, loop);
  if (statement === null || !isInside(statement, loop.statement)) return null;
  const from = statement.getStart();
  if (late.kind === 'temporary' && startOf(unit, late.change) >= from && !isInHead(scene)) return null;
  const isChangedBetween = writesOf(scene, late.id).some(
    ({ at }) => startOf(unit, at) >= from && startOf(unit, at) < made.getStart(),
  );
  if (isChangedBetween) return null;
  const copy = freshName(source, name);
  const uses = scene.accesses.within(late.func).filter((access) => access.id === late.id);
  const edits = uses.map(({ at }) => renameEdit(cx, at, copy));
  const declaration = `const ${copy} = ${name};`;
  return {
    title: `Copy \`${name}\` to a constant of this round`,
    safe,
    preferred: true,
    edits: [...inserted(scene, statement, declaration), ...edits],
  };
}

function isInHead({ unit, late, loop }: Scene): boolean {
  return !isIn(unit, late.change, loop.statement);
}

function inserted({ cx, source, late }: Scene, statement: ts.Statement, declaration: string): Edit[] {
  const { file } = late.loop;
  const start = statement.getStart();
  const { parent } = statement;
  const newline = source.text.includes('\r\n') ? '\r\n' : '\n';
  const indent = indentAt(source.text, start);
  if (
    ts.isBlock(parent) ||
    ts.isSourceFile(parent) ||
    ts.isModuleBlock(parent) ||
    ts.isCaseOrDefaultClause(parent)
  ) {
    return [cx.insert(file, start, `${declaration}${newline}${indent}`)];
  }
  // The only statement of a loop or branch: it gets braces.
  const outer = indentAt(source.text, parent.getStart());
  const isOnOwnLine = source.text.slice(0, start).trimEnd().length < start - indent.length;
  const inner = isOnOwnLine && indent.length > outer.length ? indent : `${outer}  `;
  const end = statement.getEnd();
  return [
    cx.insert(file, start, `{${newline}${inner}${declaration}${newline}${inner}`),
    cx.insert(file, end, `${newline}${outer}}`),
  ];
}

function renameEdit(cx: FixContext, at: Mark, copy: string): Edit {
  const node = cx.node(at);
  const isShorthand = ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
  return cx.edit(node, isShorthand ? `${node.getText()}: ${copy}` : copy);
}

/** A name that stands nowhere in the file: `current`, `currentUrl`. */
function freshName(source: ts.SourceFile, name: string): string {
  const base = name.length === 1 ? 'current' : `current${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  for (let n = 1; ; n++) {
    const wanted = n === 1 ? base : `${base}${n}`;
    if (!new RegExp(`(?<![\\w$])${wanted.replaceAll('$', '\\$')}(?![\\w$])`).test(source.text)) return wanted;
  }
}

function isPlainStatement(node: ts.Node): node is ts.Statement {
  return ts.isStatement(node) && !ts.isBlock(node);
}

/** The nearest node around `node` that is of the kind, below `top`; null where a loop's head is in between. */
function ancestor<T extends ts.Node>(
  node: ts.Node,
  is: (node: ts.Node) => node is T,
  top: ts.Node,
): T | null {
  for (let at = node.parent; at !== top; at = at.parent) {
    if (is(at)) return ts.isIterationStatement(at, false) || ts.isFunctionDeclaration(at) ? null : at;
    if (ts.isSourceFile(at)) return null;
  }
  return null;
}

function isInside(node: ts.Node, outer: ts.Node): boolean {
  return node.getStart() >= outer.getStart() && node.getEnd() <= outer.getEnd();
}

function isVar(list: ts.VariableDeclarationList): boolean {
  return (list.flags & ts.NodeFlags.BlockScoped) === 0;
}

function keywordEdit(cx: FixContext, list: ts.VariableDeclarationList, keyword: string): Edit {
  const node = list.getFirstToken();
  return cx.edit(node ?? list, keyword);
}

/** The variables that a list declares; null where one of them is a parameter or a function by another declaration. */
function declaredIn({ unit, late }: Scene, list: ts.VariableDeclarationList): BindingId[] | null {
  const ids: BindingId[] = [];
  const visit = (name: ts.BindingName): boolean => {
    if (!ts.isIdentifier(name))
      return name.elements.every((element) => ts.isOmittedExpression(element) || visit(element.name));
    const binding = Object.values(unit.bindings).find(
      (each) => each.func === late.loop.func && each.name === name.text && each.kind === 'var',
    );
    if (binding === undefined) return false;
    ids.push(binding.id);
    return true;
  };
  return list.declarations.every((each) => visit(each.name)) ? ids : null;
}

function accessesTo({ accesses, unit }: Scene, id: BindingId): Access[] {
  return accesses.within(unit.bindings[id]!.func).filter((access) => access.id === id);
}

function writesOf(scene: Scene, id: BindingId): Access[] {
  return accessesTo(scene, id).filter((access) => access.write);
}

function loopsOf(body: readonly Stmt[]): Loop[] {
  return body.flatMap((stmt) => [...(stmt.s === 'loop' ? [stmt] : []), ...bodiesOf(stmt).flatMap(loopsOf)]);
}

function declaresInHead(loop: Loop, id: BindingId): boolean {
  if (loop.declares !== 'var') return false;
  if (loop.each !== null) return patternVars(loop.each).some((each) => each.id === id);
  return loop.init.some(
    (stmt) =>
      stmt.s === 'let' && stmt.value !== null && patternVars(stmt.target).some((each) => each.id === id),
  );
}

/** Where `var` statements declare it, heads of loops left out. */
function varStatements({ unit }: Accesses, func: string, id: BindingId): Mark[] {
  const found: Mark[] = [];
  const visit = (stmt: Stmt): void => {
    if (stmt.s === 'let' && stmt.kind === 'var')
      for (const each of patternVars(stmt.target))
        if (each.id === id) found.push({ file: unit.file, func, n: each.at });
    const bodies = stmt.s === 'loop' ? [stmt.body] : bodiesOf(stmt);
    for (const body of bodies) body.forEach(visit);
  };
  unit.funcs[func]!.body.forEach(visit);
  return found;
}

function isIn(unit: Unit, at: Mark, node: ts.Node): boolean {
  return startOf(unit, at) >= node.getStart() && endOf(unit, at) <= node.getEnd();
}

function startOf(unit: Unit, at: Mark): number {
  return unit.spans[at.func]![at.n * 2]!;
}

function endOf(unit: Unit, at: Mark): number {
  return unit.spans[at.func]![at.n * 2 + 1]!;
}

function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^\s*/.exec(line)![0];
}
