/**
 * For: what a type means to the rules: a handful of kinds.
 * In and out: a TypeScript type in, a ReceiverKind out. Must never know: files, rules.
 */
import ts from 'typescript';
import type { ReceiverKind } from './workspace.ts';

/** `isLibrary`: whether a declaration stands in TypeScript's own libraries, so that a project's own `Map` is not taken for one. */
export function kindOf(
  type: ts.Type,
  checker: ts.TypeChecker,
  isLibrary: (declaration: ts.Declaration) => boolean,
): ReceiverKind {
  // A type parameter's constraint and a class's base can lead back to where one came from.
  const above = new Set<ts.Type>();
  const visit = (at: ts.Type): ReceiverKind => {
    if (above.has(at)) return 'other';
    above.add(at);
    const kind = ofType(at);
    above.delete(at);
    return kind;
  };
  const ofType = (at: ts.Type): ReceiverKind => {
    if ((at.flags & (NOTHING_KNOWN | NULLISH)) !== 0) return 'unknown';
    if ((at.flags & ts.TypeFlags.StringLike) !== 0) return 'string';
    if (at.isUnion()) return agreed(at.types.filter((part) => (part.flags & NULLISH) === 0).map(visit));
    if (at.isIntersection()) return at.types.map(visit).find((kind) => kind !== 'other') ?? 'other';
    if ((at.flags & ts.TypeFlags.Instantiable) !== 0) {
      const constraint = checker.getBaseConstraintOfType(at);
      return constraint === undefined || constraint === at ? 'unknown' : visit(constraint);
    }
    if (checker.isArrayType(at) || checker.isTupleType(at)) return 'array';
    return ofSymbol(at);
  };
  const ofSymbol = (at: ts.Type): ReceiverKind => {
    const symbol = at.getSymbol();
    const named = symbol === undefined ? undefined : KINDS.get(symbol.name);
    if (named !== undefined && symbol?.declarations?.some(isLibrary) === true) return named;
    if (at.isClassOrInterface() || isReference(at)) {
      for (const base of checker.getBaseTypes(isReference(at) ? at.target : at)) {
        const kind = visit(base);
        if (kind !== 'other') return kind;
      }
    }
    return isThenable(at, checker) ? 'promise' : 'other';
  };
  return visit(type);
}

const NOTHING_KNOWN = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never;
const NULLISH = ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void;

/** Library types by name. Collections of the DOM call their callbacks at once, as the ones they resemble do. */
const KINDS: ReadonlyMap<string, ReceiverKind> = new Map(
  Object.entries({
    array:
      'Array ReadonlyArray ConcatArray NodeList NodeListOf HTMLCollection HTMLCollectionOf DOMTokenList TemplateStringsArray RegExpMatchArray RegExpExecArray',
    'typed-array':
      'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array',
    'map-or-set':
      'Map ReadonlyMap WeakMap Set ReadonlySet WeakSet ReadonlySetLike Headers FormData URLSearchParams',
    iterator:
      'Iterator IterableIterator Iterable IteratorObject Generator BuiltinIterator ArrayIterator MapIterator SetIterator StringIterator RegExpStringIterator SegmentIterator HeadersIterator FormDataIterator URLSearchParamsIterator',
    string: 'String',
    promise: 'Promise PromiseLike',
  } satisfies Partial<Record<ReceiverKind, string>>).flatMap(([kind, names]) =>
    names.split(' ').map((name) => [name, kind as ReceiverKind]),
  ),
);

function agreed(kinds: readonly ReceiverKind[]): ReceiverKind {
  const first = kinds[0];
  return first !== undefined && kinds.every((kind) => kind === first) ? first : 'unknown';
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return (
    (type.flags & ts.TypeFlags.Object) !== 0 &&
    ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0
  );
}

/** An object with a method `then`: what `await` would wait for. */
function isThenable(type: ts.Type, checker: ts.TypeChecker): boolean {
  const then = type.getProperty('then');
  return then !== undefined && checker.getTypeOfSymbol(then).getCallSignatures().length > 0;
}
