/** Who reads and writes which variable: per function, its own code only, found when first asked for. */
import type { BindingId, Expr, Func, FuncId, Mark, Pattern, Point, Stmt, Unit } from '../../ir/unit.ts';

export interface Access {
  readonly id: BindingId;
  readonly at: Mark;
  readonly write: boolean;
  /** A read that is one side of a comparison: the other side. */
  readonly comparedWith: Expr | null;
}

export interface Accesses {
  readonly unit: Unit;
  /** Functions written directly in a function, members of its classes included. */
  inner(func: FuncId): readonly FuncId[];
  own(func: FuncId): readonly Access[];
  /** Accesses in a function and in all functions in it. */
  within(func: FuncId): readonly Access[];
  isWithin(func: FuncId, outer: FuncId): boolean;
  /** The module that a variable stands for: `const fs = require('fs')`, `import { readFile } from 'fs'`. */
  moduleOf(id: BindingId): { readonly specifier: string; readonly name: string } | null;
  /** The only value that the variable ever gets, where that is in sight. */
  onlyValue(id: BindingId): Expr | null;
}

export function accessesOf(unit: Unit): Accesses {
  const inner = new Map<FuncId, FuncId[]>();
  for (const func of Object.values(unit.funcs)) {
    if (func.parent === null) continue;
    const siblings = inner.get(func.parent);
    if (siblings === undefined) inner.set(func.parent, [func.id]);
    else siblings.push(func.id);
  }
  const own = new Map<FuncId, readonly Access[]>();
  const within = new Map<FuncId, readonly Access[]>();
  const modules = moduleNames(unit);
  const values = lazily(() => onlyValues(unit));
  const self: Accesses = {
    unit,
    inner: (func) => inner.get(func) ?? [],
    own: (func) => remember(own, func, () => collect(unit, func)),
    within: (func) =>
      remember(within, func, () => [
        ...self.own(func),
        ...self.inner(func).flatMap((each) => self.within(each)),
      ]),
    isWithin: (func, outer) => {
      for (let at: FuncId | null = func; at !== null; at = unit.funcs[at]?.parent ?? null)
        if (at === outer) return true;
      return false;
    },
    moduleOf: (id) => modules().get(id) ?? null,
    onlyValue: (id) => values().get(id) ?? null,
  };
  return self;
}

/** The expressions directly in an expression, in order of evaluation; functions in it are not entered. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.e) {
    case 'const':
    case 'var':
    case 'global':
    case 'meta':
    case 'this':
    case 'super':
    case 'func':
    case 'class':
      return [];
    case 'member':
      return [expr.of, expr.key];
    case 'call':
    case 'new':
      return [expr.callee, ...expr.args];
    case 'import':
    case 'spread':
    case 'delete':
    case 'await':
      return [expr.of];
    case 'yield':
      return expr.of === null ? [] : [expr.of];
    case 'object':
      return expr.props.flatMap((part) =>
        'spread' in part ? [part.spread] : 'value' in part ? [part.key, part.value] : [part.key],
      );
    case 'array':
    case 'seq':
      return expr.items;
    case 'op':
      return expr.args;
    case 'logic':
      return [expr.left, expr.right];
    case 'cond':
      return [expr.test, expr.yes, expr.no];
    case 'assign':
      return [...patternParts(expr.target), expr.value];
    case 'other':
      return expr.parts;
  }
}

/** The expressions in a pattern: defaults, computed keys, objects whose member is written. */
export function patternParts(pattern: Pattern): readonly Expr[] {
  switch (pattern.p) {
    case 'var':
    case 'global':
      return [];
    case 'member':
      return [pattern.of, pattern.key];
    case 'object':
      return [
        ...pattern.props.flatMap(({ key, to }) => [key, ...patternParts(to)]),
        ...(pattern.rest === null ? [] : patternParts(pattern.rest)),
      ];
    case 'array':
      return [...pattern.items, pattern.rest].flatMap((item) => (item === null ? [] : patternParts(item)));
    case 'default':
      return [...patternParts(pattern.to), pattern.value];
  }
}

/** The variables that a pattern writes. */
export function patternVars(pattern: Pattern): readonly { readonly id: BindingId; readonly at: Point }[] {
  switch (pattern.p) {
    case 'var':
      return [pattern];
    case 'global':
    case 'member':
      return [];
    case 'object':
      return [
        ...pattern.props.flatMap(({ to }) => patternVars(to)),
        ...(pattern.rest === null ? [] : patternVars(pattern.rest)),
      ];
    case 'array':
      return [...pattern.items, pattern.rest].flatMap((item) => (item === null ? [] : patternVars(item)));
    case 'default':
      return patternVars(pattern.to);
  }
}

/** The variables named in an expression, functions in it left out. */
export function varsIn(expr: Expr): readonly BindingId[] {
  return expr.e === 'var' ? [expr.id] : partsOf(expr).flatMap(varsIn);
}

export function hasAwait(expr: Expr): boolean {
  return expr.e === 'await' || partsOf(expr).some(hasAwait);
}

/** A function is written in it, not counting those that are written in functions. */
export function makesFunction(expr: Expr): boolean {
  if (expr.e === 'func' || (expr.e === 'object' && expr.props.some((part) => 'get' in part || 'set' in part)))
    return true;
  return partsOf(expr).some(makesFunction);
}

/** Visits each expression and each written pattern of statements, in order of the text. */
export function visitStmts(
  stmts: readonly Stmt[],
  expr: (expr: Expr) => void,
  pattern: (pattern: Pattern) => void,
): void {
  const each = (stmt: Stmt): void => {
    switch (stmt.s) {
      case 'expr':
      case 'throw':
        expr(stmt.value);
        return;
      case 'return':
        if (stmt.value !== null) expr(stmt.value);
        return;
      case 'let':
        if (stmt.value === null) return;
        pattern(stmt.target);
        expr(stmt.value);
        return;
      case 'if':
        expr(stmt.test);
        stmt.yes.forEach(each);
        stmt.no.forEach(each);
        return;
      case 'loop':
        stmt.init.forEach(each);
        if (stmt.of !== null) expr(stmt.of);
        if (stmt.each !== null) pattern(stmt.each);
        if (stmt.test !== null) expr(stmt.test);
        stmt.body.forEach(each);
        if (stmt.update !== null) expr(stmt.update);
        return;
      case 'try':
        stmt.body.forEach(each);
        if (stmt.param !== null) pattern(stmt.param);
        stmt.rescue?.forEach(each);
        stmt.ensure?.forEach(each);
        return;
      case 'switch':
        expr(stmt.on);
        for (const arm of stmt.cases) {
          if (arm.test !== null) expr(arm.test);
          arm.body.forEach(each);
        }
        return;
      case 'block':
        stmt.body.forEach(each);
        return;
      case 'break':
      case 'continue':
        return;
    }
  };
  stmts.forEach(each);
}

const COMPARISONS: ReadonlySet<string> = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>=']);

function collect(unit: Unit, id: FuncId): readonly Access[] {
  const func: Func | undefined = unit.funcs[id];
  if (func === undefined) return [];
  const found: Access[] = [];
  const mark = (n: Point): Mark => ({ file: unit.file, func: id, n });
  const pattern = (target: Pattern): void => {
    for (const each of patternVars(target))
      found.push({ id: each.id, at: mark(each.at), write: true, comparedWith: null });
    for (const part of patternParts(target)) expr(part, null);
  };
  const expr = (at: Expr, comparedWith: Expr | null): void => {
    if (at.e === 'var') {
      found.push({ id: at.id, at: mark(at.at), write: false, comparedWith });
    } else if (at.e === 'assign') {
      if (at.op !== '=' && at.target.p === 'var')
        found.push({ id: at.target.id, at: mark(at.target.at), write: false, comparedWith });
      pattern(at.target);
      expr(at.value, null);
    } else if (at.e === 'op' && at.args.length === 2 && COMPARISONS.has(at.op)) {
      expr(at.args[0]!, at.args[1]!);
      expr(at.args[1]!, at.args[0]!);
    } else {
      for (const part of partsOf(at)) expr(part, null);
    }
  };
  for (const param of func.params) for (const part of patternParts(param.target)) expr(part, null);
  visitStmts(func.body, (each) => expr(each, null), pattern);
  return found;
}

function moduleNames(unit: Unit): () => ReadonlyMap<BindingId, { specifier: string; name: string }> {
  return lazily(() => {
    const names = new Map<BindingId, { specifier: string; name: string }>();
    for (const { binding, specifier, name } of unit.imports)
      if (binding !== null) names.set(binding, { specifier: bare(specifier), name });
    for (const stmt of unit.funcs['']?.body ?? []) {
      if (stmt.s !== 'let' || stmt.value === null) continue;
      const required = requireOf(stmt.value);
      if (required === null) continue;
      if (stmt.target.p === 'var') names.set(stmt.target.id, required);
      if (stmt.target.p !== 'object' || required.name !== '*') continue;
      for (const { key, to } of stmt.target.props)
        if (to.p === 'var' && key.e === 'const' && typeof key.value === 'string')
          names.set(to.id, { specifier: required.specifier, name: key.value });
    }
    return names;
  });
}

/** `require('fs')` and `require('fs').readFile`. */
function requireOf(value: Expr): { specifier: string; name: string } | null {
  if (value.e === 'import')
    return value.of.e === 'const' && typeof value.of.value === 'string'
      ? { specifier: bare(value.of.value), name: '*' }
      : null;
  if (value.e !== 'member' || value.key.e !== 'const' || typeof value.key.value !== 'string') return null;
  const of = requireOf(value.of);
  return of === null ? null : { specifier: of.specifier, name: value.key.value };
}

function bare(specifier: string): string {
  return specifier.replace(/^node:/, '');
}

function onlyValues(unit: Unit): ReadonlyMap<BindingId, Expr> {
  const values = new Map<BindingId, Expr | null>();
  const note = (id: BindingId, value: Expr | null) => values.set(id, values.has(id) ? null : value);
  const visit = (expr: Expr): void => {
    if (expr.e === 'assign')
      for (const { id } of patternVars(expr.target))
        note(id, expr.target.p === 'var' && expr.op === '=' ? expr.value : null);
    partsOf(expr).forEach(visit);
  };
  const lets = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts) {
      if (stmt.s === 'let') {
        if (stmt.value !== null)
          for (const { id } of patternVars(stmt.target))
            note(id, stmt.target.p === 'var' ? stmt.value : null);
      } else if (stmt.s === 'loop' && stmt.each !== null) {
        for (const { id } of patternVars(stmt.each)) note(id, null);
      }
      for (const body of bodiesOf(stmt)) lets(body);
    }
  };
  for (const func of Object.values(unit.funcs)) {
    for (const param of func.params) for (const { id } of patternVars(param.target)) note(id, null);
    lets(func.body);
    visitStmts(func.body, visit, (pattern) => patternParts(pattern).forEach(visit));
  }
  return new Map([...values].filter((entry): entry is [BindingId, Expr] => entry[1] !== null));
}

/** The lists of statements in a statement. */
export function bodiesOf(stmt: Stmt): readonly (readonly Stmt[])[] {
  switch (stmt.s) {
    case 'if':
      return [stmt.yes, stmt.no];
    case 'loop':
      return [stmt.init, stmt.body];
    case 'try':
      return [stmt.body, stmt.rescue ?? [], stmt.ensure ?? []];
    case 'switch':
      return stmt.cases.map((arm) => arm.body);
    case 'block':
      return [stmt.body];
    default:
      return [];
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
