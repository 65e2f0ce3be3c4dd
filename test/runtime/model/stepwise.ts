/**
 * For: turning the source of a primitive into a version that stops before each step on shared memory.
 * In and out: a file of server/src/runtime in, its class out, whose methods are generators that yield their steps.
 * Must never know: how the steps are put into an order (that is explore.ts).
 *
 * It is the shipped source, not a copy of its idea: every `Atomics` call in a method becomes a `yield`, every call of
 * another method a `yield*`. So a mutant is the source with one text replaced. Plain accesses run together with the
 * step before them; between two steps nothing else runs, so this explores sequentially consistent interleavings only.
 */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import * as shared from '../../../server/src/runtime/shared.ts';

const root = new URL('../../../server/src/runtime/', import.meta.url);

/** Who runs now: the explorer sets it before it lets a thread go on. Frames are not written while a schedule is run anew. */
export const now = { agent: 0, expired: false, frames: [''], anew: false };

/**
 * What tells the local states of a thread apart: one text for each call that is under way. When a method returns, only
 * what it returned and what it left in the handle still matter; at the head of a loop, only the variables in scope.
 */
const frames = {
  *around(
    name: string,
    handle: object,
    args: readonly unknown[],
    body: Generator,
  ): Generator<unknown, unknown, unknown> {
    now.frames.push(now.anew ? '' : `${name}(${args.map((arg) => brief(arg)).join()})`);
    let result: unknown = 'threw';
    try {
      result = yield* body;
      return result;
    } finally {
      now.frames.pop();
      if (!now.anew)
        frames.add(
          `${name}=${brief(result)}{${Object.values(handle)
            .map((field) => brief(field))
            .join()}}`,
        );
    }
  },
  loop(number: number, name: string, ...variables: readonly unknown[]): void {
    if (!now.anew)
      now.frames[now.frames.length - 1] =
        `${name}@${number}:${variables.map((variable) => brief(variable)).join()}`;
  },
  add(text: string): void {
    now.frames.push(`${now.frames.pop()!}${text}`);
  },
};

/** Memory of its own counts as a value; shared memory is part of the state anyway. */
function brief(value: unknown, depth = 0): string {
  if (typeof value === 'function') return '';
  if (typeof value !== 'object' || value === null) return String(value);
  if (ArrayBuffer.isView(value))
    return value.buffer instanceof SharedArrayBuffer ? '' : new Uint8Array(value.buffer).join('-');
  return depth > 1
    ? ''
    : Object.values(value)
        .map((part) => brief(part, depth + 1))
        .join('-');
}

/** One text of the source replaced by another; it must occur, and once, so that no mutant silently is the original. */
export interface Mutation {
  readonly find: string;
  readonly put: string;
}

/** A stepwise class: statics as they are, methods as generators. */
export interface Stepped {
  new (
    buffer: SharedArrayBuffer,
    byteOffset: number,
  ): Record<string, (...args: unknown[]) => Generator<unknown, unknown, unknown>>;
  initialize(buffer: SharedArrayBuffer, byteOffset: number, options?: unknown): void;
  byteLength(options?: unknown): number;
}

/** The class `name` of `file`, stepwise. */
export function stepwise(file: string, name: string, mutation?: Mutation): Stepped {
  const source = ts.createSourceFile(file, mutated(file, mutation), ts.ScriptTarget.ES2022, true);
  const { transformed } = ts.transform(source, [(context) => (root) => generators(root, name, context)]);
  const text = ts.createPrinter().printFile(transformed[0]!);
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exported: Record<string, unknown> = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the transformed source of this repository
  const load = new Function('require', 'exports', 'run', 'frames', outputText) as (
    ...args: unknown[]
  ) => void;
  load(() => modelShared, exported, run, frames);
  return exported[name] as Stepped;
}

function mutated(file: string, mutation: Mutation | undefined): string {
  const source = readFileSync(new URL(file, root), 'utf8').replace(/^(const \w*SPINS) = \d+;/gm, '$1 = 0;');
  if (mutation === undefined) return source;
  const parts = source.split(mutation.find);
  if (parts.length !== 2)
    throw new Error(
      `The mutation of ${file} must match one place, and matches ${parts.length - 1}: ${mutation.find}`,
    );
  return parts.join(mutation.put);
}

/** Time is what the explorer says: a wait with a limit may end at any moment, or never. */
const modelShared = {
  ...shared,
  get agentId() {
    return now.agent;
  },
  deadlineOf: (timeout: number | undefined) => (timeout === undefined || timeout === Infinity ? Infinity : 1),
  remaining: (deadline: number) => (deadline === Infinity ? Infinity : now.expired ? 0 : 1),
};

/** A callback may be a generator too: then its steps are steps of the thread. */
function* run(value: unknown): Generator<unknown, unknown, unknown> {
  const steps = value as Iterator<unknown, unknown, unknown> | undefined;
  if (typeof steps?.next !== 'function') return value;
  let sent: unknown;
  for (;;) {
    const { done, value: step } = steps.next(sent);
    if (done === true) return step;
    sent = yield step;
  }
}

function generators(source: ts.SourceFile, name: string, context: ts.TransformationContext): ts.SourceFile {
  const { factory } = context;
  const target = source.statements.find(
    (statement): statement is ts.ClassDeclaration =>
      ts.isClassDeclaration(statement) && statement.name?.text === name,
  );
  if (target === undefined) throw new Error(`No class ${name} in ${source.fileName}`);
  const methods = steppedMethods(target, source);

  const stepsIn = (node: ts.Node): ts.Node => {
    // A nested function cannot yield for its method; what it does is part of the step before.
    if (ts.isFunctionLike(node)) return node;
    const visited = ts.visitEachChild(node, stepsIn, context);
    if (ts.isAwaitExpression(visited)) return visited.expression;
    if (!ts.isCallExpression(visited)) return visited;
    const callee = visited.expression;
    const delegated = (call: ts.Expression) =>
      factory.createParenthesizedExpression(
        factory.createYieldExpression(factory.createToken(ts.SyntaxKind.AsteriskToken), call),
      );
    if (ts.isPropertyAccessExpression(callee)) {
      const on = callee.expression;
      if (ts.isIdentifier(on) && on.text === 'Atomics') return step(callee.name.text, visited.arguments);
      if (on.kind === ts.SyntaxKind.ThisKeyword && methods.has(callee.name.text)) return delegated(visited);
      if (ts.isIdentifier(on) && on.text === 'mutex') return delegated(ran(visited));
    }
    if (ts.isIdentifier(callee) && (callee.text === 'sleep' || callee.text === 'sleepAsync'))
      return step('wait', visited.arguments);
    if (ts.isIdentifier(callee) && callee.text === 'fn') return delegated(ran(visited));
    return visited;
  };
  const step = (op: string, args: readonly ts.Expression[]) =>
    factory.createParenthesizedExpression(
      factory.createYieldExpression(
        undefined,
        factory.createArrayLiteralExpression([factory.createStringLiteral(op), ...args]),
      ),
    );
  const ran = (call: ts.Expression) =>
    factory.createCallExpression(factory.createIdentifier('run'), undefined, [call]);

  /** `*m(a) { return yield* frames.around('m', this, [a], this.m$(a)); }`, and the steps in `*m$(a)`. */
  const generatorsOf = (method: ts.MethodDeclaration): ts.MethodDeclaration[] => {
    const own = (method.name as ts.Identifier).text;
    const names = method.parameters.flatMap(({ name }) => namesIn(name));
    const identifiers = () => names.map((name) => factory.createIdentifier(name));
    const asArguments = method.parameters.map(({ name }) =>
      ts.isIdentifier(name) ? factory.createIdentifier(name.text) : factory.createIdentifier('options'),
    );
    const plain = method.parameters.map((parameter, index) =>
      ts.isIdentifier(parameter.name)
        ? parameter
        : factory.updateParameterDeclaration(
            parameter,
            undefined,
            undefined,
            asArguments[index]!,
            undefined,
            undefined,
            parameter.initializer,
          ),
    );
    const member = (name: string, parameters: readonly ts.ParameterDeclaration[], body: ts.Block) =>
      factory.createMethodDeclaration(
        undefined,
        factory.createToken(ts.SyntaxKind.AsteriskToken),
        name,
        undefined,
        undefined,
        parameters,
        undefined,
        body,
      );
    const body = ts.visitEachChild(withLoopMarks(method.body!, own, names, context), stepsIn, context);
    const inner = factory.createCallExpression(
      factory.createPropertyAccessExpression(factory.createThis(), `${own}$`),
      undefined,
      asArguments,
    );
    const outer = factory.createCallExpression(
      factory.createPropertyAccessExpression(factory.createIdentifier('frames'), 'around'),
      undefined,
      [
        factory.createStringLiteral(own),
        factory.createThis(),
        factory.createArrayLiteralExpression(plain.length === names.length ? identifiers() : []),
        inner,
      ],
    );
    const delegate = factory.createYieldExpression(factory.createToken(ts.SyntaxKind.AsteriskToken), outer);
    return [
      member(own, plain, factory.createBlock([factory.createReturnStatement(delegate)])),
      member(`${own}$`, method.parameters, body),
    ];
  };
  return ts.visitEachChild(
    source,
    (statement) =>
      statement === target
        ? ts.visitEachChild(
            target,
            (member) =>
              ts.isMethodDeclaration(member) && methods.has(nameOf(member)) ? generatorsOf(member) : member,
            context,
          )
        : statement,
    context,
  );
}

/** The methods that touch shared memory, by themselves or through one another. */
function steppedMethods(target: ts.ClassDeclaration, source: ts.SourceFile): ReadonlySet<string> {
  const candidates = target.members.filter(
    (member): member is ts.MethodDeclaration =>
      ts.isMethodDeclaration(member) &&
      member.body !== undefined &&
      member.asteriskToken === undefined &&
      member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) !== true,
  );
  const stepped = new Set<string>();
  for (let size = -1; size !== stepped.size;) {
    size = stepped.size;
    for (const method of candidates) {
      const text = method.body!.getText(source);
      const called = [...text.matchAll(/\bthis\.(\w+)\(/g)].some(([, name]) => stepped.has(name!));
      if (called || /\bAtomics\.|\bsleep(?:Async)?\(|\bfn\(|\bmutex\./.test(text))
        stepped.add(nameOf(method));
    }
  }
  for (const member of target.members) {
    const called = /\bthis\.(\w+)\(/.exec(ts.isGetAccessor(member) ? member.getText(source) : '')?.[1];
    if (called !== undefined && stepped.has(called))
      throw new Error(`A getter of ${target.name?.text} calls ${called}(), which stops before each step`);
  }
  return stepped;
}

function nameOf(member: ts.MethodDeclaration): string {
  return ts.isIdentifier(member.name) ? member.name.text : '';
}

/** Puts `frames.loop(…)` at the head of each loop, with the variables that are in scope there. */
function withLoopMarks(
  body: ts.Block,
  method: string,
  parameters: readonly string[],
  context: ts.TransformationContext,
): ts.Block {
  const { factory } = context;
  let loops = 0;
  const visit =
    (scope: readonly string[]) =>
    (node: ts.Node): ts.Node => {
      if (ts.isFunctionLike(node)) return node;
      if (ts.isBlock(node)) {
        let names = scope;
        return factory.updateBlock(
          node,
          node.statements.map((statement) => {
            const visited = visit(names)(statement) as ts.Statement;
            if (ts.isVariableStatement(statement))
              names = [
                ...names,
                ...statement.declarationList.declarations.flatMap(({ name }) => namesIn(name)),
              ];
            return visited;
          }),
        );
      }
      if (!ts.isForStatement(node) && !ts.isWhileStatement(node) && !ts.isForOfStatement(node))
        return ts.visitEachChild(node, visit(scope), context);
      const head = ts.isWhileStatement(node) ? undefined : node.initializer;
      const names =
        head !== undefined && ts.isVariableDeclarationList(head)
          ? [...scope, ...head.declarations.flatMap(({ name }) => namesIn(name))]
          : scope;
      const mark = factory.createExpressionStatement(
        factory.createCallExpression(
          factory.createPropertyAccessExpression(factory.createIdentifier('frames'), 'loop'),
          undefined,
          [
            factory.createNumericLiteral(loops++),
            factory.createStringLiteral(method),
            ...names.map((name) => factory.createIdentifier(name)),
          ],
        ),
      );
      const inside = visit(names)(node.statement) as ts.Statement;
      const marked = factory.createBlock([mark, inside]);
      if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, marked);
      if (ts.isForOfStatement(node))
        return factory.updateForOfStatement(node, undefined, node.initializer, node.expression, marked);
      return factory.updateForStatement(node, node.initializer, node.condition, node.incrementor, marked);
    };
  return visit(parameters)(body) as ts.Block;
}

function namesIn(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(element.name) : []));
}
