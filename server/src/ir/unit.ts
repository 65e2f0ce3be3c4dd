/**
 * For: what one file says, as plain data: the core language that every later room reads instead of syntax.
 * In and out: made by `lower` from one file's text alone, so a Unit is keyed by content and never goes stale.
 * Must never know: offsets (they stand apart in `spans`), other files, types, TypeScript's objects.
 */
import { hashText, type FileId } from '../base/text.ts';

/** Path of names in its file: `''` is the module body, `Counter.add`, `bump`, `bump/@2` (third unnamed function in bump). */
export type FuncId = string;

/** A variable of one file, scopes resolved: `func:name`, with `~n` where a name is declared again in an inner scope. */
export type BindingId = string;

/** Names the n-th point of interest in a function. Where it stands in the text is kept apart, in `Unit.spans`,
    so that typing a comment changes no fact. */
export interface Mark {
  readonly file: FileId;
  readonly func: FuncId;
  readonly n: number;
}

export function sameMark(a: Mark, b: Mark): boolean {
  return a.n === b.n && a.func === b.func && a.file === b.file;
}

/** Index into `Unit.spans[func]`: a Mark without the parts that its holder already knows. */
export type Point = number;

export type Constant = number | string | boolean | null | undefined;

/**
 * An expression, as far as concurrency cares: evaluation order, calls, accesses and the shape of values are kept,
 * the rest is folded into `other`. Every node that can be pointed at carries its Point.
 */
export type Expr =
  | { readonly e: 'const'; readonly value: Constant }
  | { readonly e: 'var'; readonly id: BindingId; readonly at: Point }
  /** A free name: `Atomics`, `self`, `Worker`. */
  | { readonly e: 'global'; readonly name: string; readonly at: Point }
  /** `import.meta`, `new.target`. */
  | { readonly e: 'meta'; readonly name: string }
  | { readonly e: 'this' }
  | { readonly e: 'super' }
  | {
      readonly e: 'member';
      readonly of: Expr;
      readonly key: Expr;
      readonly optional: boolean;
      readonly at: Point;
    }
  | {
      readonly e: 'call';
      readonly callee: Expr;
      readonly args: readonly Expr[];
      readonly optional: boolean;
      readonly at: Point;
    }
  | { readonly e: 'new'; readonly callee: Expr; readonly args: readonly Expr[]; readonly at: Point }
  /** `import(x)`. */
  | { readonly e: 'import'; readonly of: Expr; readonly at: Point }
  | { readonly e: 'object'; readonly props: readonly ObjectPart[]; readonly at: Point }
  | { readonly e: 'array'; readonly items: readonly Expr[]; readonly at: Point }
  | { readonly e: 'spread'; readonly of: Expr }
  | { readonly e: 'func'; readonly id: FuncId; readonly at: Point }
  | { readonly e: 'class'; readonly id: ClassId; readonly at: Point }
  /** Arithmetic, comparison, `typeof`, templates (`op: '+'`): operands in order. */
  | { readonly e: 'op'; readonly op: string; readonly args: readonly Expr[]; readonly at: Point }
  /** `&&`, `||`, `??`: the right operand runs on one branch only. */
  | {
      readonly e: 'logic';
      readonly op: '&&' | '||' | '??';
      readonly left: Expr;
      readonly right: Expr;
      readonly at: Point;
    }
  | { readonly e: 'cond'; readonly test: Expr; readonly yes: Expr; readonly no: Expr; readonly at: Point }
  /** `op` is `=` or the operator of a compound assignment without `=` (`+`, `??`, `&&` …); `++x` is `x + 1`. */
  | {
      readonly e: 'assign';
      readonly target: Pattern;
      readonly op: string;
      readonly value: Expr;
      /** True for `x++` and `x--`: the value of the expression is the old one. */
      readonly old: boolean;
      readonly at: Point;
    }
  | { readonly e: 'delete'; readonly of: Expr; readonly at: Point }
  | { readonly e: 'await'; readonly of: Expr; readonly at: Point }
  | { readonly e: 'yield'; readonly of: Expr | null; readonly star: boolean; readonly at: Point }
  | { readonly e: 'seq'; readonly items: readonly Expr[] }
  /** Anything else: its parts are evaluated in order, its value is unknown. */
  | { readonly e: 'other'; readonly parts: readonly Expr[] };

export type ObjectPart =
  | { readonly key: Expr; readonly value: Expr }
  | { readonly spread: Expr }
  | { readonly key: Expr; readonly get: FuncId }
  | { readonly key: Expr; readonly set: FuncId };

/** What stands left of `=`, in parameters and in declarations. */
export type Pattern =
  | { readonly p: 'var'; readonly id: BindingId; readonly at: Point }
  | { readonly p: 'global'; readonly name: string; readonly at: Point }
  | { readonly p: 'member'; readonly of: Expr; readonly key: Expr; readonly at: Point }
  | {
      readonly p: 'object';
      readonly props: readonly { readonly key: Expr; readonly to: Pattern }[];
      readonly rest: Pattern | null;
      readonly at: Point;
    }
  | {
      readonly p: 'array';
      readonly items: readonly (Pattern | null)[];
      readonly rest: Pattern | null;
      readonly at: Point;
    }
  | { readonly p: 'default'; readonly to: Pattern; readonly value: Expr };

export type DeclareKind = 'var' | 'let' | 'const' | 'using' | 'await using';

export type Stmt =
  | { readonly s: 'expr'; readonly value: Expr; readonly at: Point }
  | {
      readonly s: 'let';
      readonly kind: DeclareKind;
      readonly target: Pattern;
      readonly value: Expr | null;
      readonly at: Point;
    }
  | {
      readonly s: 'if';
      readonly test: Expr;
      readonly yes: readonly Stmt[];
      readonly no: readonly Stmt[];
      readonly at: Point;
    }
  | Loop
  | {
      readonly s: 'try';
      readonly body: readonly Stmt[];
      readonly param: Pattern | null;
      /** null: no catch clause. */
      readonly rescue: readonly Stmt[] | null;
      readonly ensure: readonly Stmt[] | null;
      readonly at: Point;
    }
  | {
      readonly s: 'switch';
      readonly on: Expr;
      /** `test: null` is `default`. Bodies fall through unless they leave. */
      readonly cases: readonly { readonly test: Expr | null; readonly body: readonly Stmt[] }[];
      readonly at: Point;
    }
  | { readonly s: 'block'; readonly body: readonly Stmt[]; readonly label: string | null; readonly at: Point }
  | { readonly s: 'return'; readonly value: Expr | null; readonly at: Point }
  | { readonly s: 'throw'; readonly value: Expr; readonly at: Point }
  | { readonly s: 'break' | 'continue'; readonly label: string | null; readonly at: Point };

export interface Loop {
  readonly s: 'loop';
  readonly kind: 'for' | 'while' | 'do' | 'for-of' | 'for-in' | 'for-await';
  readonly label: string | null;
  /** `for(init;…)`; empty for the others. */
  readonly init: readonly Stmt[];
  /** null: no condition (or for-of/for-in, where `of` drives the loop). */
  readonly test: Expr | null;
  readonly update: Expr | null;
  /** for-of, for-in, for-await: what is iterated, and what each element is bound to. */
  readonly of: Expr | null;
  readonly each: Pattern | null;
  /** How `each` or the variables of `init` are declared; null where the head only assigns. */
  readonly declares: DeclareKind | null;
  readonly body: readonly Stmt[];
  readonly at: Point;
}

export interface Param {
  readonly target: Pattern;
  readonly rest: boolean;
  /** The annotation as written when it is a plain name, without type arguments: `Int32Array`, `Counter`. */
  readonly type: string | null;
}

export interface Func {
  readonly id: FuncId;
  /** What a reader would call it: `bump`, `Counter.add`, `the callback at line …` is made from the span by whoever prints. */
  readonly name: string;
  readonly kind:
    'module' | 'function' | 'arrow' | 'method' | 'getter' | 'setter' | 'constructor' | 'field' | 'static';
  readonly async: boolean;
  readonly generator: boolean;
  /** The function around it, null for the module body. */
  readonly parent: FuncId | null;
  readonly cls: ClassId | null;
  readonly params: readonly Param[];
  readonly body: readonly Stmt[];
  /** The whole function in the text. */
  readonly at: Point;
  /** JSDoc tags `@guardedBy lock` and their like: name and text. */
  readonly tags: readonly { readonly name: string; readonly text: string }[];
}

export type ClassId = string;

export interface Field {
  readonly name: string;
  readonly static: boolean;
  /** A function of kind `field` whose single statement returns the initial value; null where there is none. */
  readonly init: FuncId | null;
  readonly type: string | null;
}

export interface Class {
  readonly id: ClassId;
  readonly name: string;
  readonly base: Expr | null;
  readonly construct: FuncId | null;
  readonly methods: readonly {
    readonly name: string;
    readonly static: boolean;
    readonly kind: 'method' | 'getter' | 'setter';
    readonly func: FuncId;
  }[];
  readonly fields: readonly Field[];
  /** Static blocks, in order. */
  readonly statics: readonly FuncId[];
  readonly exported: boolean;
}

/** A variable: where it is declared and how. Parameters have kind `param`, imports `import`, functions `function`. */
export interface Binding {
  readonly id: BindingId;
  readonly name: string;
  readonly func: FuncId;
  readonly kind: DeclareKind | 'param' | 'import' | 'function' | 'class' | 'catch';
  /** The declared type when it is a plain name. */
  readonly type: string | null;
  readonly at: Point;
  /** The loop (its Point in `func`) whose head or body declares it per iteration; null elsewhere. */
  readonly loop: Point | null;
}

/** `import { a as b } from 's'` binds `b` to `a` of `s`; `*` is the namespace. `require('s')` counts when it is a declaration. */
export interface Import {
  readonly specifier: string;
  readonly name: string;
  /** null: `import 's'`, which only runs it, a re-export, or a call of `import` or `require`. */
  readonly binding: BindingId | null;
  /** `import 's'`. */
  readonly bare: boolean;
  readonly typeOnly: boolean;
  readonly at: Point;
}

export type Export =
  | { readonly name: string; readonly value: Expr }
  | { readonly name: string; readonly specifier: string; readonly imported: string }
  /** `export * from 's'`. */
  | { readonly name: null; readonly specifier: string };

/** `// lockstep-ignore rule-id: reason`. */
export interface Suppression {
  /** Zero-based line that the comment stands on. */
  readonly line: number;
  readonly rules: readonly string[];
  readonly reason: string;
  readonly start: number;
  readonly end: number;
}

/** All that the rest of the program may know about one file. Plain data. */
export interface Unit {
  readonly file: FileId;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly bindings: Readonly<Record<BindingId, Binding>>;
  /** Outer functions come before the functions in them; `''` is first. */
  readonly funcs: Readonly<Record<FuncId, Func>>;
  readonly classes: Readonly<Record<ClassId, Class>>;
  /** Flat pairs: start and end of point n are at 2n and 2n + 1. The only offsets. */
  readonly spans: Readonly<Record<FuncId, readonly number[]>>;
  /** Offsets at which lines begin. */
  readonly lines: readonly number[];
  readonly suppressions: readonly Suppression[];
  /** Syntax errors: offset, end and text of the first few. */
  readonly syntax: readonly { readonly start: number; readonly end: number; readonly message: string }[];
}

const hashes = new WeakMap<Unit, string>();

/** Of everything that a Unit means: all but where it stands, and what is said about findings. Computed when first asked for. */
export function meaningOf(unit: Unit): string {
  let hash = hashes.get(unit);
  if (hash === undefined) {
    const { imports, exports, bindings, funcs, classes } = unit;
    hash = hashText(JSON.stringify([imports, exports, bindings, funcs, classes]));
    hashes.set(unit, hash);
  }
  return hash;
}
