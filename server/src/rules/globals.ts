/** The global types that decide whether a view can be accessed with Atomics: enough for a checker that is asked only that. */

const ARRAYS: Readonly<Record<string, string>> = {
  Int8Array: 'number',
  Uint8Array: 'number',
  Uint8ClampedArray: 'number',
  Int16Array: 'number',
  Uint16Array: 'number',
  Int32Array: 'number',
  Uint32Array: 'number',
  Float16Array: 'number',
  Float32Array: 'number',
  Float64Array: 'number',
  BigInt64Array: 'bigint',
  BigUint64Array: 'bigint',
};

/** Views that Atomics takes (ECMA-262, *ValidateIntegerTypedArray*), with the type of their elements. */
export const INTEGER_VIEWS: Readonly<Record<string, 'number' | 'bigint'>> = {
  Int8Array: 'number',
  Uint8Array: 'number',
  Int16Array: 'number',
  Uint16Array: 'number',
  Int32Array: 'number',
  Uint32Array: 'number',
  BigInt64Array: 'bigint',
  BigUint64Array: 'bigint',
};

export const ALL_VIEWS: ReadonlySet<string> = new Set(Object.keys(ARRAYS));

/** The tag keeps two kinds apart that would otherwise be one to the checker. */
const views = Object.entries(ARRAYS).map(
  ([name, element]) => `
interface ${name}<B = any> {
  readonly '#tag': '${name}';
  readonly length: number;
  readonly buffer: B;
  readonly byteOffset: number;
  [index: number]: ${element};
  subarray(from?: number, to?: number): ${name}<B>;
  slice(from?: number, to?: number): ${name};
}
interface ${name}Constructor {
  readonly BYTES_PER_ELEMENT: number;
  new (...args: any[]): ${name};
}
declare var ${name}: ${name}Constructor;`,
);

const loadable = (kind: 'number' | 'bigint') =>
  Object.keys(INTEGER_VIEWS)
    .filter((name) => INTEGER_VIEWS[name] === kind)
    .join(' | ');

export const GLOBAL_TYPES = `
interface Object {}
interface Function {}
interface CallableFunction {}
interface NewableFunction {}
interface IArguments {}
interface Number {}
interface BigInt {}
interface Boolean {}
interface RegExp {}
interface String { readonly length: number }
interface Symbol {}
interface SymbolConstructor { readonly iterator: unique symbol; readonly asyncIterator: unique symbol }
declare var Symbol: SymbolConstructor;
interface IteratorResult<T> { done?: boolean; value: T }
interface Iterator<T, R = any, N = any> { next(...args: any[]): IteratorResult<T> }
interface Iterable<T, R = any, N = any> { [Symbol.iterator](): Iterator<T> }
interface IterableIterator<T, R = any, N = any> extends Iterator<T> { [Symbol.iterator](): IterableIterator<T> }
interface ArrayLike<T> { readonly length: number; readonly [index: number]: T }
interface ReadonlyArray<T> extends ArrayLike<T> {
  [Symbol.iterator](): IterableIterator<T>;
  at(index: number): T | undefined;
  map<U>(each: (value: T, index: number) => U): U[];
  filter(each: (value: T, index: number) => unknown): T[];
  find(each: (value: T, index: number) => unknown): T | undefined;
  forEach(each: (value: T, index: number) => void): void;
}
interface Array<T> extends ReadonlyArray<T> {
  length: number;
  [index: number]: T;
  push(...values: T[]): number;
  pop(): T | undefined;
  shift(): T | undefined;
}
interface PromiseLike<T> { then<U>(done: (value: T) => U | PromiseLike<U>): PromiseLike<U> }
interface Promise<T> { then<U>(done: (value: T) => U | PromiseLike<U>): Promise<U> }
interface Map<K, V> { get(key: K): V | undefined; values(): IterableIterator<V> }
interface Set<T> { values(): IterableIterator<T>; [Symbol.iterator](): IterableIterator<T> }
interface WeakMap<K, V> { get(key: K): V | undefined }
declare var Map: { new <K, V>(...args: any[]): Map<K, V> };
declare var Set: { new <T>(...args: any[]): Set<T> };
declare var WeakMap: { new <K, V>(...args: any[]): WeakMap<K, V> };
interface ArrayBuffer { readonly byteLength: number }
interface SharedArrayBuffer { readonly byteLength: number; readonly '#shared': true }
type ArrayBufferLike = ArrayBuffer | SharedArrayBuffer;
declare var SharedArrayBuffer: { new (...args: any[]): SharedArrayBuffer };
declare var ArrayBuffer: { new (...args: any[]): ArrayBuffer };
interface DataView { readonly '#tag': 'DataView' }
declare var DataView: { new (...args: any[]): DataView };
interface MessageEvent<T = any> { readonly data: T }
declare var Atomics: {
  load(view: ${loadable('number')}, index: number): number;
  load(view: ${loadable('bigint')}, index: number): bigint;
};
type Readonly<T> = { readonly [K in keyof T]: T[K] };
type Partial<T> = { [K in keyof T]?: T[K] };
type Required<T> = { [K in keyof T]-?: T[K] };
type Record<K extends keyof any, T> = { [P in K]: T };
type Pick<T, K extends keyof T> = { [P in K]: T[P] };
type Exclude<T, U> = T extends U ? never : T;
type Extract<T, U> = T extends U ? T : never;
type Omit<T, K extends keyof any> = Pick<T, Exclude<keyof T, K>>;
type NonNullable<T> = T & {};
type ReturnType<F extends (...args: any) => any> = F extends (...args: any) => infer R ? R : any;
type Awaited<T> = T extends PromiseLike<infer U> ? Awaited<U> : T;
${views.join('')}
`;
