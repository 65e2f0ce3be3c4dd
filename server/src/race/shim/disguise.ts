/**
 * For: replacements of built-in functions that look like them: name, length, no `prototype`, `[native code]`; and source
 * text of instrumented functions without what was inserted.
 */
import { apply, propertyOf } from './real.ts';

type Body = (this: unknown, ...rest: unknown[]) => unknown;

const natives = new WeakMap<object, string>();

export function disguise<T extends (...rest: never[]) => unknown>(name: string, length: number, body: T): T {
  // Built-in functions have no [[Construct]] and no prototype; nor have arrow functions and methods.
  const method = Object.hasOwn(body, 'prototype')
    ? propertyOf(
        {
          method(this: unknown, ...rest: unknown[]): unknown {
            return apply(body as unknown as Body, this, rest);
          },
        },
        'method',
      ).value!
    : body;
  Object.defineProperty(method, 'name', { value: name, configurable: true });
  Object.defineProperty(method, 'length', { value: length, configurable: true });
  natives.set(method, `function ${name}() { [native code] }`);
  return method as unknown as T;
}

const realToString = propertyOf(Function.prototype, 'toString').value!;

/** Makes a proxy around a constructor print as the constructor itself. */
export function native(value: object, like: object): void {
  natives.set(value, apply(realToString, like, []) as string);
}

export function installToString(): void {
  const toString = disguise('toString', 0, function (this: unknown): string {
    const known = typeof this === 'function' ? natives.get(this) : undefined;
    if (known !== undefined) return known;
    const text = apply(realToString, this, []) as string;
    return text.includes('/*L{*/') ? text.replace(/\/\*L\{\*\/[^]*?\/\*\}L\*\//g, '') : text;
  });
  Object.defineProperty(Function.prototype, 'toString', {
    value: toString,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
