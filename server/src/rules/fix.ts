/** What the fixes of several rules share: plain accesses of shared memory turned into Atomics, or wrapped in a lock. */
import ts from 'typescript';
import type { Edit, FileId, Fix } from '../base/text.ts';
import type { Event, Program } from '../ir/program.ts';
import { sameMark, type Mark } from '../ir/unit.ts';
import { ALL_VIEWS, GLOBAL_TYPES, INTEGER_VIEWS } from './globals.ts';
import type { FixContext } from './rule.ts';

/** Accesses with Atomics in the place of all plain ones at these marks; null where one of them cannot be. */
export function atomicFix(cx: FixContext, marks: readonly Mark[], place: string): Fix | null {
  if (cx.program === null) return null;
  const types = new Types(cx, cx.program, marks);
  const changes = new Map<ts.Node, Change>();
  for (const mark of marks) {
    const change = changeAt(cx, types, mark);
    if (change === null) return null;
    if (!changes.has(change.node)) changes.set(change.node, change);
  }
  const all = [...changes.values()];
  if (all.length === 0 || all.some((one) => all.some((other) => isNested(one.node, other.node)))) return null;
  const names = [...new Set(all.map(({ via }) => `\`Atomics.${via}\``))].sort();
  const sites = all.length === 2 ? 'both plain accesses' : `all ${all.length} plain accesses`;
  const where = all.length === 1 ? 'here' : `for ${sites} of \`${place}\``;
  const { program } = cx;
  const events = marks.flatMap((mark) => eventsAt(program, mark));
  const isExact = events.every(({ bytes }) => bytes?.exact === true);
  return {
    title: `Use ${listed(names)} ${where}`,
    safe: isExact && all.every(({ safe }) => safe) && !events.some((event) => decidesAWrite(program, event)),
    edits: all.flatMap(({ edits }) => edits),
  };
}

/** Statements at these marks put under the lock that guards the others; null where it is not in reach of one of them. */
export function lockFix(cx: FixContext, marks: readonly Mark[], lock: number): Fix | null {
  const name = cx.program?.locks[lock]?.name;
  if (cx.program === null || name === undefined) return null;
  const types = new Types(cx, cx.program, marks);
  const edits = new Map<ts.Node, readonly Edit[]>();
  for (const mark of marks) {
    const place = cx.node(mark);
    if ([...edits.keys()].some((done) => done === place || isNested(place, done))) continue;
    const wrapped = underLock(cx, types, place, mark.file, lock);
    if (wrapped === null) return null;
    edits.set(wrapped.node, wrapped.edits);
  }
  if (edits.size === 0) return null;
  const isHere = marks.some((mark) => sameMark(mark, cx.report.at));
  const one = isHere ? 'here too' : 'at the other access too';
  const where = edits.size === 1 ? one : `in ${edits.size} places more`;
  return { title: `Hold \`${name}\` ${where}`, safe: false, edits: [...edits.values()].flat() };
}

/** Look, then write: two atomic operations leave room between them. */
function decidesAWrite(program: Program, read: Event): boolean {
  if (read.op !== 'read' || read.guards.length === 0) return false;
  return program.events.some(
    (event) =>
      event.op === 'write' &&
      event.region === read.region &&
      event.bytes?.low === read.bytes?.low &&
      event.at.func === read.at.func &&
      event.at.file === read.at.file &&
      event.from !== read.id,
  );
}

export function eventsAt(program: Program, mark: Mark): Event[] {
  return program.events.filter(
    (event) => (event.op === 'read' || event.op === 'write') && sameMark(event.at, mark),
  );
}

/** One place in the text that becomes an atomic operation. */
interface Change {
  /** What is replaced: a place that two marks lead to is changed once. */
  readonly node: ts.Node;
  readonly edits: readonly Edit[];
  readonly via: string;
  readonly safe: boolean;
}

interface Cell {
  readonly view: string;
  readonly index: string;
  /** Evaluating it again does nothing and gives the same. */
  readonly isStill: boolean;
  /** Equal for two ways to write the same access. */
  readonly key: string;
  readonly element: 'number' | 'bigint';
}

function changeAt(cx: FixContext, types: Types, mark: Mark): Change | null {
  const node = cx.node(mark);
  const write = writeAround(node);
  if (write !== null) return changeOfWrite(cx, types, mark, write);
  if (!ts.isElementAccessExpression(node)) return null;
  const cell = cellOf(types, node, mark);
  if (cell === null) return null;
  const outer = unwrapped(node);
  const update = updateAround(outer, cell);
  if (update !== null) return changeOfWrite(cx, types, mark, update);
  const pair = pairOf(outer, cell);
  if (pair !== null) return changeOfPair(cx, types, cell, pair);
  const { parent } = outer;
  // Only what is read by itself: not a target, not a tagged template or call on the element.
  if (ts.isDeleteExpression(parent) || isPatternTarget(outer)) return null;
  return {
    node: outer,
    edits: [cx.edit(outer, `Atomics.load(${cell.view}, ${cell.index})`)],
    via: 'load',
    safe: true,
  };
}

type Write = ts.BinaryExpression | ts.PrefixUnaryExpression | ts.PostfixUnaryExpression;

/** The assignment that `node` is, or whose target it is. */
function writeAround(node: ts.Node): Write | null {
  if (isWrite(node)) return node;
  if (!ts.isElementAccessExpression(node)) return null;
  const outer = unwrapped(node);
  const { parent } = outer;
  return isWrite(parent) && targetOf(parent) === outer ? parent : null;
}

function isWrite(node: ts.Node): node is Write {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
  }
  return (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && isStep(node.operator);
}

function isStep(operator: ts.SyntaxKind): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
}

function targetOf(write: Write): ts.Expression {
  return ts.isBinaryExpression(write) ? write.left : write.operand;
}

/** `x[i] = … x[i] …`: the assignment that a read of the same cell is the right side of. */
function updateAround(node: ts.Node, cell: Cell): ts.BinaryExpression | null {
  for (let at = node.parent; ts.isExpression(at) && !ts.isFunctionLike(at); at = at.parent) {
    if (
      ts.isBinaryExpression(at) &&
      at.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      keyOf(at.left) === cell.key
    )
      return at;
  }
  return null;
}

function changeOfWrite(cx: FixContext, types: Types, mark: Mark, write: Write): Change | null {
  const cell = cellOf(types, bare(targetOf(write)), mark);
  if (cell === null) return null;
  const one = cell.element === 'bigint' ? '1n' : '1';
  if (!ts.isBinaryExpression(write)) {
    const via = write.operator === ts.SyntaxKind.PlusPlusToken ? 'add' : 'sub';
    const isOld = ts.isPostfixUnaryExpression(write);
    return readModifyWrite(cx, cell, write, {
      via,
      value: one,
      sign: isOld ? null : SIGNS[via]!,
      safe: true,
    });
  }
  const operator = ts.tokenToString(write.operatorToken.kind)!;
  if (operator === '=') return changeOfAssignment(cx, types, cell, mark, write);
  const via = OPERATIONS[operator.slice(0, -1)];
  const { right } = write;
  if (mentions(right, cell.key)) return null;
  if (via === undefined) {
    if (/^(?:&&|\|\||\?\?)=$/.test(operator)) return null;
    return exchangeLoop(cx, cell, write, (seen) => `${seen} ${operator.slice(0, -1)} ${operand(right)}`);
  }
  if (!types.isNumeric(right, cell.element)) return null;
  return readModifyWrite(cx, cell, write, {
    via,
    value: right.getText(),
    sign: SIGNS[via]!,
    safe: isStill(right) && (isBitwise(via) || types.isInteger(right)),
  });
}

const OPERATIONS: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'sub',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
};
const SIGNS: Readonly<Record<string, string>> = { add: '+', sub: '-', and: '&', or: '|', xor: '^' };

function isBitwise(via: string): boolean {
  return via !== 'add' && via !== 'sub';
}

function changeOfAssignment(
  cx: FixContext,
  types: Types,
  cell: Cell,
  mark: Mark,
  write: ts.BinaryExpression,
): Change | null {
  const { right } = write;
  if (mentions(right, cell.key)) {
    if (!cell.isStill) return null;
    return updateOf(cx, types, cell, write, (each) => keyOf(each) === cell.key);
  }
  const pair = pairBefore(write, cell);
  if (pair !== null) return changeOfPair(cx, types, cell, pair);
  // Computed from an earlier read: an atomic store would still overwrite what came in between.
  if (eventsAt(types.program, mark).some(({ from }) => from !== null)) return null;
  // As a value, the store gives the number cut to an integer.
  if (isValueUsed(write) && !types.isInteger(right)) return null;
  return {
    node: write,
    edits: [cx.edit(write, `Atomics.store(${cell.view}, ${cell.index}, ${right.getText()})`)],
    via: 'store',
    safe: isStill(right),
  };
}

/** `x[i] = f(x[i])` as one operation where there is one, else as a compare-exchange loop. */
function updateOf(
  cx: FixContext,
  types: Types,
  cell: Cell,
  write: ts.BinaryExpression,
  isOld: (node: ts.Node) => boolean,
): Change | null {
  const { right } = write;
  const operation = operationWithOld(types, cell, right, isOld);
  if (operation !== null) return readModifyWrite(cx, cell, write, operation);
  return exchangeLoop(cx, cell, write, (seen) => withOld(right, isOld, seen));
}

/** `old + a + b`, `a | old`, `old - a`: the operation, and what the old value is combined with. */
function operationOf(
  value: ts.Expression,
  isOld: (node: ts.Node) => boolean,
): { via: string; rest: ts.Expression[] } | null {
  const node = bare(value);
  if (!ts.isBinaryExpression(node)) return null;
  const operator = node.operatorToken.kind;
  const via = OPERATIONS[ts.tokenToString(operator) ?? ''];
  if (via === undefined) return null;
  const operands: ts.Expression[] = [];
  const collect = (each: ts.Expression): void => {
    if (ts.isBinaryExpression(each) && each.operatorToken.kind === operator && via !== 'sub') {
      collect(each.left);
      collect(each.right);
    } else operands.push(each);
  };
  collect(node.left);
  collect(node.right);
  const rest = operands.filter((each) => !isOld(bare(each)));
  const isFirst = isOld(bare(operands[0]!));
  if (rest.length !== operands.length - 1 || (via === 'sub' && !isFirst)) return null;
  return rest.some((each) => contains(each, isOld)) ? null : { via, rest };
}

interface Operation {
  readonly via: string;
  readonly value: string;
  /** Where the new value is asked for: how it comes from the old one. null: the old one is asked for. */
  readonly sign: string | null;
  readonly safe: boolean;
}

function readModifyWrite(
  cx: FixContext,
  cell: Cell,
  node: ts.Expression,
  operation: Operation,
): Change | null {
  const { via, value, sign, safe } = operation;
  const call = `Atomics.${via}(${cell.view}, ${cell.index}, ${value})`;
  if (sign === null || !isValueUsed(node)) return { node, edits: [cx.edit(node, call)], via, safe };
  // The value is evaluated twice: only where that says the same.
  if (!/^[\w$.#]+$/.test(value)) return null;
  const text = `${call} ${sign} ${value}`;
  return { node, edits: [cx.edit(node, standsAlone(node) ? text : `(${text})`)], via, safe };
}

/** Tries again until nobody came in between (compare-and-swap loop). */
function exchangeLoop(
  cx: FixContext,
  cell: Cell,
  node: ts.Expression,
  next: (seen: string) => string,
): Change | null {
  const statement = node.parent;
  if (!ts.isExpressionStatement(statement) || !cell.isStill || contains(node, isSuspension)) return null;
  const source = node.getSourceFile();
  const seen = freshName(source, 'seen');
  const newline = newlineOf(statement);
  const indent = indentAt(source.text, statement.getStart());
  const load = `Atomics.load(${cell.view}, ${cell.index})`;
  const lines = [
    `let ${seen} = ${load};`,
    `while (Atomics.compareExchange(${cell.view}, ${cell.index}, ${seen}, ${next(seen)}) !== ${seen}) ${seen} = ${load};`,
  ];
  const isInBlock =
    ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent) || ts.isModuleBlock(statement.parent);
  const text = isInBlock
    ? lines.join(`${newline}${indent}`)
    : `{${newline}${lines.map((line) => `${indent}  ${line}${newline}`).join('')}${indent}}`;
  const isPure = !contains(node, (each) => ts.isCallExpression(each) || ts.isNewExpression(each));
  return { node, edits: [cx.edit(statement, text)], via: 'compareExchange', safe: isPure };
}

/** `const old = x[i];` and, next to it, `x[i] = …;`. */
interface Pair {
  readonly name: string;
  readonly read: ts.Expression;
  readonly write: ts.BinaryExpression;
  readonly statement: ts.ExpressionStatement;
}

function pairOf(read: ts.Expression, cell: Cell): Pair | null {
  const declaration = read.parent;
  if (!ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return null;
  const list = declaration.parent;
  if (!ts.isVariableDeclarationList(list) || list.declarations.length !== 1 || !cell.isStill) return null;
  const statement = list.parent;
  if (!ts.isVariableStatement(statement)) return null;
  const next = neighbour(statement, 1);
  if (next === null || !ts.isExpressionStatement(next) || !ts.isBinaryExpression(next.expression))
    return null;
  const write = next.expression;
  if (write.operatorToken.kind !== ts.SyntaxKind.EqualsToken || keyOf(write.left) !== cell.key) return null;
  if (mentions(write.right, cell.key) || contains(write.right, isSuspension)) return null;
  return { name: declaration.name.text, read, write, statement: next };
}

function pairBefore(write: ts.BinaryExpression, cell: Cell): Pair | null {
  const before = ts.isExpressionStatement(write.parent) ? neighbour(write.parent, -1) : null;
  if (before === null || !ts.isVariableStatement(before)) return null;
  const read = before.declarationList.declarations[0]?.initializer;
  if (read === undefined || keyOf(read) !== cell.key) return null;
  return pairOf(read, cell);
}

function neighbour(statement: ts.Statement, step: 1 | -1): ts.Statement | null {
  const { parent } = statement;
  if (!ts.isBlock(parent) && !ts.isSourceFile(parent) && !ts.isCaseOrDefaultClause(parent)) return null;
  return parent.statements[parent.statements.indexOf(statement) + step] ?? null;
}

/** `const old = Atomics.add(x, i, 1);` or `Atomics.exchange(x, i, 0)` for both statements. */
function changeOfPair(cx: FixContext, types: Types, cell: Cell, pair: Pair): Change | null {
  const { name, read, write, statement } = pair;
  const isOld = (node: ts.Node) => ts.isIdentifier(node) && node.text === name;
  const atomic: Operation | null = !contains(write.right, isOld)
    ? { via: 'exchange', value: write.right.getText(), sign: null, safe: isStill(write.right) }
    : operationWithOld(types, cell, write.right, isOld);
  if (atomic === null) return null;
  const { via, value, safe } = atomic;
  const file = read.getSourceFile();
  const from = file.text.lastIndexOf('\n', statement.getStart()) + 1;
  const isOwnLine = file.text.slice(from, statement.getStart()).trim() === '';
  const lineEnd = file.text.indexOf('\n', statement.getEnd());
  const isLineEmptyAfter = lineEnd >= 0 && file.text.slice(statement.getEnd(), lineEnd).trim() === '';
  const gone =
    isOwnLine && isLineEmptyAfter
      ? { file: file.fileName, start: from, end: lineEnd + 1 }
      : { file: file.fileName, start: statement.getStart(), end: statement.getEnd() };
  return {
    node: read,
    edits: [cx.edit(read, `Atomics.${via}(${cell.view}, ${cell.index}, ${value})`), { span: gone, text: '' }],
    via,
    safe,
  };
}

/** The operation that makes the new value of the old one. */
function operationWithOld(
  types: Types,
  cell: Cell,
  value: ts.Expression,
  isOld: (node: ts.Node) => boolean,
): Operation | null {
  const operation = operationOf(value, isOld);
  if (!operation?.rest.every((each) => types.isNumeric(each, cell.element))) return null;
  const { via, rest } = operation;
  const text = rest.map((each) => each.getText()).join(` ${SIGNS[via]!} `);
  const safe = rest.every((each) => isStill(each) && (isBitwise(via) || types.isInteger(each)));
  return { via, value: text, sign: SIGNS[via]!, safe };
}

/** The cell that an element access names, if its view is one that Atomics takes. */
function cellOf(types: Types, node: ts.Expression, mark: Mark): Cell | null {
  if (!ts.isElementAccessExpression(node) || ts.isOptionalChain(node)) return null;
  const { expression: view, argumentExpression: index } = node;
  const element = types.elementOf(view, mark);
  if (element === null || !types.isNumeric(index, 'number')) return null;
  return {
    view: view.getText(),
    index: index.getText(),
    isStill: isStill(view) && isStill(index),
    key: keyOf(node)!,
    element,
  };
}

/** `x[i]`, `x[i]!` and `Atomics.load(x, i)` are the same cell. */
function keyOf(node: ts.Node): string | null {
  const at = ts.isExpression(node) ? bare(node) : node;
  const key = (view: ts.Node, index: ts.Node) =>
    `${view.getText()}[${index.getText()}]`.replace(/[\s!]/g, '');
  if (ts.isElementAccessExpression(at)) return key(at.expression, at.argumentExpression);
  if (!ts.isCallExpression(at) || at.expression.getText() !== 'Atomics.load') return null;
  const [view, index] = at.arguments;
  return view === undefined || index === undefined ? null : key(view, index);
}

function mentions(node: ts.Node, key: string): boolean {
  return contains(node, (each) => keyOf(each) === key);
}

function contains(node: ts.Node, is: (node: ts.Node) => boolean): boolean {
  return is(node) || ts.forEachChild(node, (child) => contains(child, is)) === true;
}

function isSuspension(node: ts.Node): boolean {
  return ts.isAwaitExpression(node) || ts.isYieldExpression(node);
}

/** The text of `node` with `seen` in the place of the old value. */
function withOld(node: ts.Expression, isOld: (node: ts.Node) => boolean, seen: string): string {
  const start = node.getStart();
  const spans: { from: number; to: number }[] = [];
  const visit = (each: ts.Node): void => {
    if (isOld(each)) spans.push({ from: each.getStart() - start, to: each.getEnd() - start });
    else ts.forEachChild(each, visit);
  };
  visit(node);
  let text = node.getText();
  for (const { from, to } of spans.reverse()) text = `${text.slice(0, from)}${seen}${text.slice(to)}`;
  return text;
}

/** Without parentheses, `!` and casts around it. */
function bare(node: ts.Expression): ts.Expression {
  return isWrapper(node) ? bare(node.expression) : node;
}

/** With the parentheses, `!` and casts around it. */
function unwrapped(node: ts.Expression): ts.Expression {
  return ts.isNonNullExpression(node.parent) ? unwrapped(node.parent) : node;
}

function isWrapper(
  node: ts.Node,
): node is ts.ParenthesizedExpression | ts.NonNullExpression | ts.AsExpression | ts.SatisfiesExpression {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  );
}

/** Evaluating it again does nothing and gives the same: names, literals, members and arithmetic of these. */
function isStill(node: ts.Node): boolean {
  return !contains(
    node,
    (each) =>
      isWrite(each) ||
      isSuspension(each) ||
      ts.isCallExpression(each) ||
      ts.isNewExpression(each) ||
      ts.isTaggedTemplateExpression(each) ||
      ts.isFunctionLike(each),
  );
}

function operand(node: ts.Expression): string {
  return ts.isBinaryExpression(node) || ts.isConditionalExpression(node) || ts.isArrowFunction(node)
    ? `(${node.getText()})`
    : node.getText();
}

function isValueUsed(node: ts.Expression): boolean {
  let at: ts.Node = node;
  while (ts.isParenthesizedExpression(at.parent)) at = at.parent;
  const { parent } = at;
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return false;
  return !(ts.isForStatement(parent) && (parent.incrementor === at || parent.initializer === at));
}

/** A sum may stand there without parentheses. */
function standsAlone(node: ts.Expression): boolean {
  const { parent } = node;
  return (
    ts.isReturnStatement(parent) ||
    ts.isArrayLiteralExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isArrowFunction(parent) ||
    (ts.isCallExpression(parent) && parent.expression !== node)
  );
}

function isPatternTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isArrayLiteralExpression(parent) || ts.isObjectLiteralExpression(parent)) {
    const outer = parent.parent;
    return (
      (ts.isBinaryExpression(outer) && outer.left === parent && isWrite(outer)) || isPatternTarget(parent)
    );
  }
  if (ts.isPropertyAssignment(parent) || ts.isSpreadElement(parent)) return isPatternTarget(parent);
  return ts.isForOfStatement(parent) && parent.initializer === node;
}

function isNested(inner: ts.Node, outer: ts.Node): boolean {
  return (
    inner !== outer &&
    inner.getSourceFile() === outer.getSourceFile() &&
    inner.getStart() >= outer.getStart() &&
    inner.getEnd() <= outer.getEnd()
  );
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

function freshName(source: ts.SourceFile, wanted: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}${n}`;
    if (!new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(source.text)) return name;
  }
}

function newlineOf(node: ts.Node): string {
  return node.getSourceFile().text.includes('\r\n') ? '\r\n' : '\n';
}

function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^\s*/.exec(line)![0];
}

/** A statement, or the value that a declaration begins with, with the lock held. */
function underLock(
  cx: FixContext,
  types: Types,
  place: ts.Node,
  file: FileId,
  lock: number,
): { node: ts.Node; edits: readonly Edit[] } | null {
  const { program } = types;
  const statement = statementOf(place);
  if (statement === null || contains(statement, isSuspension)) return null;
  const isReturn = ts.isReturnStatement(statement);
  const isInBlock = ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent);
  if (program.locks[lock]!.kind === 'lockstep') {
    const receiver = reachable(types, lockCalls(cx, program, file, lock), place, (call) =>
      ts.isPropertyAccessExpression(call.expression) ? call.expression.expression : null,
    );
    if (receiver === null) return null;
    const value = isReturn ? statement.expression : valueOf(statement, place);
    if (value !== null && value !== undefined)
      return { node: value, edits: [cx.edit(value, `${receiver}.withLock(() => ${value.getText()})`)] };
    if (!ts.isExpressionStatement(statement) || !isInBlock) return null;
    return { node: statement, edits: around(cx, file, statement, `${receiver}.withLock(() => {`, '});') };
  }
  if ((!isReturn && !ts.isExpressionStatement(statement)) || !isInBlock) return null;
  const takes = lockCalls(cx, program, file, lock).filter((call) => ts.isExpressionStatement(call.parent));
  for (const take of takes) {
    const frees = releaseCalls(cx, program, file, lock).filter(
      (call) => functionAround(call) === functionAround(take),
    );
    const [before, after] = [
      reachable(types, [take], place, (call) => call),
      reachable(types, frees, place, (call) => call),
    ];
    if (before === null || after === null) continue;
    const newline = newlineOf(statement);
    const indent = indentAt(statement.getSourceFile().text, statement.getStart());
    const head = `${before};${newline}${indent}try {`;
    const tail = `} finally {${newline}${indent}  ${after};${newline}${indent}}`;
    return { node: statement, edits: around(cx, file, statement, head, tail) };
  }
  return null;
}

function statementOf(place: ts.Node): ts.Statement | null {
  for (let at = place; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isStatement(at)) return at;
    if (ts.isFunctionLike(at)) return null;
  }
  return null;
}

/** The initial value that `place` stands in, where the statement declares one variable. */
function valueOf(statement: ts.Statement, place: ts.Node): ts.Expression | null {
  if (!ts.isVariableStatement(statement) || statement.declarationList.declarations.length !== 1) return null;
  const value = statement.declarationList.declarations[0]!.initializer;
  return value !== undefined && (value === place || isNested(place, value)) ? value : null;
}

function around(cx: FixContext, file: FileId, statement: ts.Statement, head: string, tail: string): Edit[] {
  const newline = newlineOf(statement);
  const indent = indentAt(statement.getSourceFile().text, statement.getStart());
  return [
    cx.insert(file, statement.getStart(), `${head}${newline}${indent}  `),
    cx.insert(file, statement.getEnd(), `${newline}${indent}${tail}`),
  ];
}

/** The calls in this file that take the lock and wait for it. */
function lockCalls(cx: FixContext, program: Program, file: FileId, lock: number): ts.CallExpression[] {
  return program.events
    .filter((event) => event.op === 'acquire' && event.lock === lock && event.via !== 'try')
    .flatMap((event) => callAt(cx, file, event.at));
}

function releaseCalls(cx: FixContext, program: Program, file: FileId, lock: number): ts.CallExpression[] {
  return program.events
    .filter((event) => event.op === 'release' && event.lock === lock)
    .flatMap((event) => [event.at, ...event.stack].flatMap((mark) => callAt(cx, file, mark)));
}

function callAt(cx: FixContext, file: FileId, mark: Mark): ts.CallExpression[] {
  if (mark.file !== file) return [];
  const node = cx.node(mark);
  if (ts.isCallExpression(node)) return [node];
  // A mark of the stack may be the module itself.
  const parent = node.parent as ts.Node | undefined;
  return parent !== undefined && ts.isCallExpression(parent) && parent.expression === node ? [parent] : [];
}

/** The text of the first of these that means the same at `place`. */
function reachable(
  types: Types,
  calls: readonly ts.CallExpression[],
  place: ts.Node,
  part: (call: ts.CallExpression) => ts.Expression | null,
): string | null {
  for (const call of calls) {
    const node = part(call);
    if (node !== null && !contains(node, (each) => !meansTheSame(types, each, place))) return node.getText();
  }
  return null;
}

function meansTheSame(types: Types, node: ts.Node, place: ts.Node): boolean {
  if (node.kind === ts.SyntaxKind.ThisKeyword) {
    const [own, there] = [thisOf(node), thisOf(place)];
    return own !== null && own === there;
  }
  if (ts.isFunctionLike(node)) return false;
  const isName = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
  return !ts.isIdentifier(node) || isName || types.isInScope(node, place);
}

/** The class whose instance `this` is there. */
function thisOf(node: ts.Node): ts.ClassLikeDeclaration | null {
  for (let at = node; !ts.isSourceFile(at); at = at.parent) {
    if (ts.isClassElement(at)) {
      const isStatic = ts.canHaveModifiers(at) && ts.getModifiers(at)?.some((each) => each.kind === STATIC);
      return ts.isClassLike(at.parent) && isStatic !== true ? at.parent : null;
    }
    if (ts.isFunctionDeclaration(at) || ts.isFunctionExpression(at)) return null;
  }
  return null;
}

const STATIC = ts.SyntaxKind.StaticKeyword;

function functionAround(node: ts.Node): ts.Node {
  for (let at = node.parent; ; at = at.parent) if (ts.isFunctionLike(at) || ts.isSourceFile(at)) return at;
}

const GLOBALS = '/lockstep-globals.d.ts';
/** Files that types may come from; more would make the menu of fixes slow. */
const MAX_FILES = 30;
const NUMERIC = ts.TypeFlags.NumberLike | ts.TypeFlags.Any;
const BIG = ts.TypeFlags.BigIntLike | ts.TypeFlags.Any;

/** What a checker says of the files at hand and of what they import; it lives for one answer. */
class Types {
  readonly program: Program;
  readonly #checker: ts.TypeChecker;

  constructor(cx: FixContext, program: Program, marks: readonly Mark[]) {
    this.program = program;
    this.#checker = checkerOf(cx, program, [...new Set(marks.map((mark) => mark.file))]);
  }

  /** The type of the elements of a view that Atomics takes; null where it may be another one. */
  elementOf(view: ts.Expression, mark: Mark): 'number' | 'bigint' | null {
    const parts = this.#partsOf(view);
    if (parts.some((part) => (part.flags & ts.TypeFlags.Any) !== 0)) return this.#madeElement(mark);
    const kinds = new Set(
      parts.map((part) => {
        const symbol = part.getSymbol();
        const isOurs = symbol?.declarations?.some((each) => each.getSourceFile().fileName === GLOBALS);
        return isOurs === true ? (INTEGER_VIEWS[symbol!.name] ?? null) : null;
      }),
    );
    return kinds.size === 1 ? [...kinds][0]! : null;
  }

  isNumeric(node: ts.Expression, element: 'number' | 'bigint'): boolean {
    const wanted = element === 'number' ? NUMERIC : BIG;
    return this.#partsOf(node).every((part) => (part.flags & wanted) !== 0);
  }

  /** A whole number for certain: what Atomics makes of it is then what arithmetic would. */
  isInteger(node: ts.Expression): boolean {
    const at = bare(node);
    if (ts.isPrefixUnaryExpression(at) && at.operator === ts.SyntaxKind.MinusToken)
      return this.isInteger(at.operand);
    if (ts.isPropertyAccessExpression(at))
      return /^(?:length|byteLength|byteOffset|size)$/.test(at.name.text);
    return this.#partsOf(at).every(
      (part) =>
        (part.flags & ts.TypeFlags.BigIntLike) !== 0 ||
        (part.isNumberLiteral() && Number.isInteger(part.value)),
    );
  }

  /** Whether the name means there what it means where it stands. */
  isInScope(name: ts.Identifier, place: ts.Node): boolean {
    const symbol = this.#checker.getSymbolAtLocation(name);
    if (symbol === undefined) return false;
    return this.#checker
      .getSymbolsInScope(place, ts.SymbolFlags.Value | ts.SymbolFlags.Alias)
      .includes(symbol);
  }

  #partsOf(node: ts.Expression): readonly ts.Type[] {
    const type = this.#checker.getTypeAtLocation(node);
    const bound = this.#checker.getNonNullableType(this.#checker.getBaseConstraintOfType(type) ?? type);
    return bound.isUnion() ? bound.types : [bound];
  }

  /** For a view that came untyped: what all views of its size in the program are. */
  #madeElement(mark: Mark): 'number' | 'bigint' | null {
    const sizes = new Set(
      eventsAt(this.program, mark).map(({ bytes }) =>
        bytes?.exact === true ? bytes.high - bytes.low : null,
      ),
    );
    const kinds = new Set<'number' | 'bigint' | null>();
    for (const unit of this.program.units.values()) {
      for (const match of JSON.stringify(unit.funcs).matchAll(MAKES)) {
        const name = match[1]!;
        if (!ALL_VIEWS.has(name)) continue;
        const size = Number(/\d+/.exec(name)![0]) / 8;
        if (sizes.has(null) || sizes.has(size)) kinds.add(INTEGER_VIEWS[name] ?? null);
      }
    }
    return kinds.size === 1 ? [...kinds][0]! : null;
  }
}

const MAKES = /"e":"new","callee":\{"e":"global","name":"(\w+Array)"/g;

function checkerOf(cx: FixContext, program: Program, files: readonly FileId[]): ts.TypeChecker {
  const loaded = new Set(files);
  const options: ts.CompilerOptions = {
    noLib: true,
    allowJs: true,
    strict: true,
    types: [],
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.Preserve,
  };
  const known = (file: FileId): boolean => program.units.has(file);
  const host: ts.CompilerHost = {
    fileExists: known,
    readFile: () => undefined,
    getSourceFile: (file, target) =>
      file === GLOBALS
        ? ts.createSourceFile(file, GLOBAL_TYPES, target)
        : known(file)
          ? cx.source(file)
          : undefined,
    getDefaultLibFileName: () => GLOBALS,
    writeFile: () => undefined,
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (file) => file,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    resolveModuleNameLiterals: (literals, from) =>
      literals.map(({ text }) => {
        const file = text.startsWith('.') ? resolved(program, from, text) : null;
        if (file === null || (!loaded.has(file) && loaded.size >= MAX_FILES))
          return { resolvedModule: undefined };
        loaded.add(file);
        const extension = /\.[cm]?[jt]sx?$/.exec(file)?.[0] ?? '.ts';
        return { resolvedModule: { resolvedFileName: file, extension } };
      }),
  };
  return ts.createProgram({ rootNames: [GLOBALS, ...files], options, host }).getTypeChecker();
}

/** A relative import as a file of the program. */
function resolved(program: Program, from: FileId, specifier: string): FileId | null {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  const path = parts.join('/');
  const stem = path.replace(/\.([cm]?)jsx?$/, '');
  const tries = [
    path,
    ...['.ts', '.tsx', '.mts', '.cts'].map((end) => stem + end),
    ...['.ts', '.tsx', '.js', '/index.ts', '/index.js'].map((end) => path + end),
  ];
  return tries.find((each) => program.units.has(each)) ?? null;
}
