import ts from 'typescript';
import type { FileId } from '../base/text.ts';
import type { Binding, BindingId, Class, ClassId, Export, Func, FuncId, Import, Point } from '../ir/unit.ts';

/** What one lowering carries along. It lives for one file and is thrown away with the syntax. */
export interface Lowering {
  readonly file: FileId;
  readonly source: ts.SourceFile;
  readonly funcs: Record<FuncId, Func>;
  readonly bindings: Record<BindingId, Binding>;
  readonly classes: Record<ClassId, Class>;
  readonly spans: Record<FuncId, number[]>;
  readonly imports: Import[];
  readonly exports: Export[];
  func: FuncState;
  scope: Scope;
}

export interface FuncState {
  readonly id: FuncId;
  readonly spans: number[];
  readonly cls: ClassId | null;
  /** How many functions without a name were met in it so far. */
  unnamed: number;
  /** The innermost loop around the place being lowered. */
  loop: Point | null;
}

export interface Scope {
  readonly parent: Scope | null;
  readonly names: Map<string, BindingId>;
}

/** Records where a node stands and returns its number in the current function. */
export function pointOf(cx: Lowering, node: ts.Node): Point {
  return pointAt(cx, node.getStart(cx.source), node.getEnd());
}

export function pointAt(cx: Lowering, start: number, end: number): Point {
  const { spans } = cx.func;
  spans.push(start, end);
  return spans.length / 2 - 1;
}

export function resolveName(cx: Lowering, name: string): BindingId | null {
  for (let scope: Scope | null = cx.scope; scope !== null; scope = scope.parent) {
    const id = scope.names.get(name);
    if (id !== undefined) return id;
  }
  return null;
}

/** Declares a name in the current scope; a second `var` or function of one scope is the same variable. */
export function declare(
  cx: Lowering,
  node: ts.Node,
  name: string,
  kind: Binding['kind'],
  type: string | null,
): BindingId {
  const known = cx.scope.names.get(name);
  if (known !== undefined) return known;
  const base = `${cx.func.id}:${name}`;
  let id = base;
  for (let n = 1; id in cx.bindings; n++) id = `${base}~${n}`;
  const perRound = kind === 'var' ? null : cx.func.loop;
  cx.bindings[id] = { id, name, func: cx.func.id, kind, type, at: pointOf(cx, node), loop: perRound };
  cx.scope.names.set(name, id);
  return id;
}

export function inScope<T>(cx: Lowering, work: () => T): T {
  const outer = cx.scope;
  cx.scope = { parent: outer, names: new Map() };
  try {
    return work();
  } finally {
    cx.scope = outer;
  }
}

/** A name for a function that no other function of the file has. */
export function freshFuncId(cx: Lowering, wanted: string): FuncId {
  let id = wanted;
  for (let n = 2; id in cx.funcs || id in cx.spans; n++) id = `${wanted}~${n}`;
  return id;
}

/** `Int32Array` of `Int32Array<SharedArrayBuffer>`; the last name of a qualified one; null for anything else. */
export function typeName(type: ts.TypeNode | undefined): string | null {
  if (type === undefined) return null;
  if (ts.isTypeReferenceNode(type)) {
    return ts.isIdentifier(type.typeName) ? type.typeName.text : type.typeName.right.text;
  }
  if (ts.isArrayTypeNode(type)) return 'Array';
  if (ts.isTypeOperatorNode(type)) return typeName(type.type);
  if (ts.isUnionTypeNode(type)) {
    const names = type.types.map(typeName).filter((name) => name !== null);
    return names.length === 1 ? names[0]! : null;
  }
  return null;
}
