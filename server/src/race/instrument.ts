/**
 * For: making a program tell of its accesses to memory. Source text in, source text out.
 * In and out: JavaScript text and its places of access; text is only ever inserted, never moved or taken away, on the
 * same lines. So the meaning cannot change with evaluation order, and taking the insertions out gives back the text.
 * Must never know: what becomes of what it tells.
 *
 *     x[i]         x[r(x, i, 7)]            f()[g()]     (t = f())[r(t, g(), 7)]
 *     x[i] = v     x[k = i] = w(v, x, k, 7) x[i] += v    x[r(x, i, 7)] += w(v, x, i, 8)
 *     x[i]++       x[m(x, i, 7)]++          [x[i]] = y   [x[q(x, i, 7)]] = y
 *
 * The key is evaluated after its object and right before the access, a value right before it is stored: each call stands
 * where the access happens. Every helper gives back what it was given, so a helper that errs cannot change a result.
 *
 * `delete x[i]` and `i in x` touch no memory of a typed array, `super[i]` cannot name one: they are left alone.
 * Limit: numeric keys in nested object patterns (`{ a: { 0: b } }`) are not watched.
 */
import ts from 'typescript';
import {
  functionName,
  isAtomicsCall,
  isNamedKey,
  isQuiet,
  neverNumber,
  reassignedNames,
  triesUntilDone,
  useOf,
} from './syntax.ts';

export type SiteKind = 'read' | 'write' | 'rmw' | 'atomic';

/** A place of access. Line and column count from 1, in the text as it was before. */
export interface Site {
  readonly line: number;
  readonly column: number;
  readonly kind: SiteKind;
  /** The function around it as a stack trace names it; `''` at the top of a file. */
  readonly function: string;
}

export interface Instrumented {
  /** The text, with `$lockstep$S0`, `$lockstep$S1` … where the numbers of the sites belong. */
  readonly text: string;
  readonly sites: readonly Site[];
  /** For each line (from 0) that has insertions: pairs of column (from 0, in the new text) and length, in order. */
  readonly shifts: Readonly<Record<number, readonly number[]>>;
}

export type SourceKind = 'module' | 'commonjs' | 'script';

export const OPEN = '/*L{*/';
export const CLOSE = '/*}L*/';
const NAME = '$lockstep$';
/** Eight digits at least, so that a number fits in the place of its name. */
const SITE = `${NAME}S`;

/** Names of methods that read or write one element and are called nothing else anywhere. */
const SITED =
  /^(?:get|set)(?:Big)?(?:Ui|I)nt(?:8|16|32|64)$|^[gs]etFloat(?:16|32|64)$|^(?:read|write)(?:Big)?U?[Ii]nt(?:8|(?:16|32|64)?[LB]E)$|^(?:read|write)(?:Float|Double)[LB]E$/;
const TYPED_ARRAY = /^(?:(?:Int|Uint)(?:8|16|32)|Uint8Clamped|Float(?:16|32|64)|Big(?:Int|Uint)64)Array$/;

/** The text with calls to the helpers at every access; null if there is nothing to watch or the text does not parse. */
export function instrument(text: string, fileName: string, kind: SourceKind): Instrumented | null {
  if (!/[[.]/.test(text)) return null;
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  // What does not parse is left to Node, whose message the author knows.
  const faults = (source as unknown as { parseDiagnostics: readonly ts.Diagnostic[] }).parseDiagnostics;
  if (faults.length > 0 && faults.some((fault) => fault.code < 8000)) return null;
  const edits = new Edits(source);
  walk(source, edits, kind, reassignedNames(source));
  return edits.sites.length === 0 ? null : edits.apply();
}

/** Takes the insertions out again. */
export function strip(text: string): string {
  return text.includes(OPEN) ? text.replace(/\/\*L\{\*\/[^]*?\/\*\}L\*\//g, '') : text;
}

function walk(source: ts.SourceFile, edits: Edits, kind: SourceKind, reassigned: ReadonlySet<string>): void {
  const stable = (node: ts.Expression, meanwhile: readonly ts.Node[]): boolean =>
    node.kind === ts.SyntaxKind.ThisKeyword ||
    ts.isNumericLiteral(node) ||
    (ts.isIdentifier(node) && (!reassigned.has(node.text) || meanwhile.every(isQuiet)));

  const visit = (node: ts.Node): void => {
    if (ts.isDecorator(node) || ts.isWithStatement(node)) return;
    if (ts.isElementAccessExpression(node)) element(node);
    else if (ts.isCallExpression(node)) call(node);
    else if (ts.isNewExpression(node)) construct(node);
    else if (
      ts.isVariableDeclaration(node) &&
      ts.isObjectBindingPattern(node.name) &&
      node.initializer !== undefined
    )
      pattern(node.name, node.initializer);
    ts.forEachChild(node, visit);
  };

  function element(node: ts.ElementAccessExpression): void {
    const object = node.expression;
    const key = node.argumentExpression;
    const use = useOf(node);
    if (
      use.is === 'none' ||
      isNamedKey(key) ||
      neverTyped(object) ||
      (use.is === 'read' && neverNumber(node))
    )
      return;
    const continued =
      ts.isOptionalChain(object) && node.questionDotToken === undefined && ts.isOptionalChain(node);
    if (continued) {
      optional(node, object);
      return;
    }
    const meanwhile = use.is === 'assign' ? [key, use.value] : [key];
    let name = object.getText();
    if (!stable(object, meanwhile)) {
      name = edits.temporary(node, kind);
      edits.before(object, `(${name}=`);
      edits.after(object, ')');
    }
    if (use.is === 'assign') {
      const write = edits.site(node, 'write');
      let index = key.getText();
      const fixed = stable(key, [use.value]);
      if (!fixed) index = edits.temporary(node, kind);
      if (use.compound) {
        edits.before(key, `${NAME}r(${name},${fixed ? '' : `${index}=(`}`);
        edits.after(key, `${fixed ? '' : ')'},${edits.site(node, 'read')})`);
      } else if (!fixed) {
        edits.before(key, `${index}=(`);
        edits.after(key, ')');
      }
      edits.before(use.value, `${NAME}w(`);
      edits.after(use.value, `,${name},${index},${write})`);
      return;
    }
    const helper = use.is === 'read' ? 'r' : use.is === 'update' ? 'm' : 'q';
    const siteKind = use.is === 'read' ? 'read' : use.is === 'update' ? 'rmw' : 'write';
    edits.before(key, `${NAME}${helper}(${name},${comma(key, '(')}`);
    edits.after(key, `${comma(key, ')')},${edits.site(node, siteKind)})`);
  }

  /** `a?.b[i]`: parentheses would end the chain, so `a.b` is looked at again, by a helper that runs no getter. */
  function optional(node: ts.ElementAccessExpression, object: ts.Expression): void {
    const path: string[] = [];
    let root = object;
    while (ts.isPropertyAccessExpression(root) && ts.isIdentifier(root.name)) {
      path.unshift(JSON.stringify(root.name.text));
      root = root.expression;
    }
    const key = node.argumentExpression;
    if (!stable(root, [key]) || path.length === 0) return;
    edits.before(key, `${NAME}r(${NAME}p(${root.getText()},${path.join()}),${comma(key, '(')}`);
    edits.after(key, `${comma(key, ')')},${edits.site(node, 'read')})`);
  }

  function call(node: ts.CallExpression): void {
    if (!ts.isPropertyAccessExpression(node.expression)) return;
    const method = node.expression.name.text;
    const atomic = isAtomicsCall(node);
    const last = node.arguments.at(-1);
    if (atomic || SITED.test(method)) {
      if (last === undefined || ts.isSpreadElement(last)) return;
      const helper = atomic && triesUntilDone(node) ? 'l' : 'a';
      edits.before(last, `${NAME}${helper}(${edits.site(node, atomic ? 'atomic' : 'read')},`);
      edits.after(last, ')');
    } else if (method === 'apply' && node.arguments.length === 2 && !ts.isSpreadElement(last!))
      whole(last!, node);
  }

  function construct(node: ts.NewExpression): void {
    const first = node.arguments?.[0];
    if (first === undefined || ts.isSpreadElement(first)) return;
    if (
      ts.isIdentifier(node.expression) &&
      TYPED_ARRAY.test(node.expression.text) &&
      !ts.isNumericLiteral(first)
    )
      whole(first, node);
  }

  /** All elements of what the argument turns out to be are read. */
  function whole(argument: ts.Expression, node: ts.Node): void {
    edits.before(argument, `${NAME}c(`);
    edits.after(argument, `,${edits.site(node, 'read')})`);
  }

  /** `const { 0: a, [i]: b } = x`. */
  function pattern(binding: ts.ObjectBindingPattern, value: ts.Expression): void {
    const keys: string[] = [];
    for (const part of binding.elements)
      if (part.propertyName !== undefined && ts.isNumericLiteral(part.propertyName))
        keys.push(part.propertyName.text);
    const computed = binding.elements.flatMap((part) =>
      part.propertyName !== undefined &&
      ts.isComputedPropertyName(part.propertyName) &&
      !isNamedKey(part.propertyName.expression)
        ? [part.propertyName.expression]
        : [],
    );
    if (keys.length === 0 && computed.length === 0) return;
    const name = edits.temporary(binding, kind);
    edits.before(value, `${NAME}o(${name}=(`);
    edits.after(value, `),[${keys.join()}],${edits.site(binding, 'read')})`);
    for (const key of computed) {
      edits.before(key, `${NAME}r(${name},${comma(key, '(')}`);
      edits.after(key, `${comma(key, ')')},${edits.site(key, 'read')})`);
    }
  }

  ts.forEachChild(source, visit);
}

/** A comma expression needs parentheses to be one argument. */
const comma = (node: ts.Expression, text: string): string =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken ? text : '';

function neverTyped(object: ts.Expression): boolean {
  if (object.kind === ts.SyntaxKind.SuperKeyword) return true;
  if (ts.isIdentifier(object)) return object.text === 'arguments';
  return (
    ts.isArrayLiteralExpression(object) ||
    ts.isObjectLiteralExpression(object) ||
    ts.isStringLiteralLike(object) ||
    ts.isTemplateExpression(object) ||
    (ts.isPropertyAccessExpression(object) && object.getText() === 'process.env')
  );
}

interface Insertion {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Collects insertions and sites. */
class Edits {
  readonly sites: Site[] = [];
  private readonly source: ts.SourceFile;
  private readonly opening: Insertion[] = [];
  private readonly closing: Insertion[] = [];
  /** For each function body that declares temporaries: their names. */
  private readonly declared = new Map<ts.Node, string[]>();
  private count = 0;

  constructor(source: ts.SourceFile) {
    this.source = source;
  }

  before(node: ts.Node, text: string): void {
    const start = node.getStart(this.source);
    this.opening.push({
      start,
      end: node.end,
      text: text.startsWith('(') && this.beginsStatement(node) ? `;${text}` : text,
    });
  }

  after(node: ts.Node, text: string): void {
    this.closing.push({ start: node.getStart(this.source), end: node.end, text });
  }

  /** A line that begins with a parenthesis would go on with the statement before it, if that has no semicolon. */
  private beginsStatement(node: ts.Node): boolean {
    const start = node.getStart(this.source);
    let at: ts.Node = node;
    while (!ts.isStatement(at) && at.parent.getStart(this.source) === start) at = at.parent;
    return (
      ts.isExpressionStatement(at) &&
      (ts.isBlock(at.parent) || ts.isSourceFile(at.parent) || ts.isCaseOrDefaultClause(at.parent))
    );
  }

  site(node: ts.Node, kind: SiteKind): string {
    const { line, character } = this.source.getLineAndCharacterOfPosition(node.getStart(this.source));
    let around: ts.Node = node;
    while (!ts.isSourceFile(around) && !ts.isFunctionLike(around)) around = around.parent;
    this.sites.push({
      line: line + 1,
      column: character + 1,
      kind,
      function: ts.isSourceFile(around) ? '' : functionName(around),
    });
    return `${SITE}${this.sites.length - 1}`;
  }

  /** A variable of the activation around `node`; a common slot where no statement can declare one. */
  temporary(node: ts.Node, kind: SourceKind): string {
    const number = this.count++;
    const common = `${NAME}T[${number & 255}]`;
    let inner: ts.Node = node;
    let around: ts.Node = node.parent;
    for (;;) {
      if (ts.isSourceFile(around)) {
        if (kind === 'script') return common;
        break;
      }
      if (ts.isClassStaticBlockDeclaration(around)) break;
      if (ts.isPropertyDeclaration(around) && around.initializer === inner) return common;
      if (ts.isFunctionLike(around)) {
        if ('body' in around && around.body === inner) break;
        if (ts.isParameter(inner)) return common;
      }
      inner = around;
      around = around.parent;
    }
    const name = `${NAME}t${number}`;
    this.declared.set(around, [...(this.declared.get(around) ?? []), name]);
    return name;
  }

  apply(): Instrumented {
    for (const [around, names] of this.declared) this.declare(around, `var ${names.join()};`);
    const at = new Map<number, string[]>();
    const put = (place: number, text: string) => at.set(place, [...(at.get(place) ?? []), text]);
    // What ends at a place stands before what begins there; inside out, then outside in.
    const closing = this.closing.map((one, order) => ({ ...one, order }));
    closing.sort((a, b) => b.start - a.start || b.order - a.order);
    for (const one of closing) put(one.end, one.text);
    const opening = this.opening.map((one, order) => ({ ...one, order }));
    opening.sort((a, b) => b.end - a.end || a.order - b.order);
    const begun = new Set<number>();
    for (const one of opening) {
      put(one.start, begun.has(one.start) ? one.text.replace(/^;/, '') : one.text);
      begun.add(one.start);
    }

    const text = this.source.text;
    const starts = this.source.getLineStarts();
    const shifts: Record<number, number[]> = {};
    let result = '';
    let from = 0;
    let line = 0;
    let grown = 0;
    for (const place of [...at.keys()].sort((a, b) => a - b)) {
      while (line + 1 < starts.length && starts[line + 1]! <= place) {
        line++;
        grown = 0;
      }
      const marked = OPEN + at.get(place)!.join('') + CLOSE;
      (shifts[line] ??= []).push(place - starts[line]! + grown, marked.length);
      grown += marked.length;
      result += text.slice(from, place) + marked;
      from = place;
    }
    return { text: result + text.slice(from), sites: this.sites, shifts };
  }

  private declare(around: ts.Node, text: string): void {
    if (ts.isSourceFile(around)) this.insert(around.statements, hashbangEnd(around.text), text);
    else if (ts.isClassStaticBlockDeclaration(around))
      this.insert([], around.body.getStart(this.source) + 1, text);
    else {
      const body = (around as ts.FunctionLikeDeclaration).body!;
      const start = body.getStart(this.source);
      if (ts.isBlock(body)) this.insert(body.statements, start + 1, text);
      else {
        this.opening.push({ start, end: body.end, text: `{${text}return ` });
        this.closing.push({ start, end: body.end, text: '}' });
      }
    }
  }

  /** Directives stay first; one without a semicolon gets it here. */
  private insert(statements: readonly ts.Statement[], start: number, text: string): void {
    let at = start;
    for (const statement of statements) {
      if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression)) break;
      at = statement.end;
    }
    // A start before everything else at that place: it closes a node that begins there.
    this.closing.push({ start: Infinity, end: at, text: at === start ? text : `;${text}` });
  }
}

const hashbangEnd = (text: string): number =>
  text.startsWith('#!') ? (/\r?\n/.exec(text)?.index ?? text.length - 1) + 1 : 0;
