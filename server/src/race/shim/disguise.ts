/**
 * For: replacements of built-in functions that look like them: name, length, no `prototype`, `[native code]`; and source
 * text of instrumented functions without what was inserted.
 */
import { apply } from './real.ts';

const natives = new WeakMap<object, string>();

export function disguise<T extends (...rest: never[]) => unknown>(name: string, length: number, body: T): T {
  // A method has no [[Construct]] and no prototype, as built-in functions have none.
  const method = {
    method(this: unknown, ...rest: unknown[]): unknown {
      return apply(body as unknown as (...rest: unknown[]) => unknown, this, rest);
    },
  }.method;
  Object.defineProperty(method, 'name', { value: name, configurable: true });
  Object.defineProperty(method, 'length', { value: length, configurable: true });
  natives.set(method, name);
  return method as unknown as T;
}

/** Makes `value` print as a built-in, too: for proxies around constructors. */
export function native(value: object, name: string): void {
  natives.set(value, name);
}

export function installToString(): void {
  const real = Function.prototype.toString;
  const toString = disguise('toString', 0, function (this: unknown): string {
    const name = typeof this === 'function' ? natives.get(this) : undefined;
    if (name !== undefined) return `function ${name}() { [native code] }`;
    const text = apply(real, this as never, []);
    return text.includes('/*L{*/') ? text.replace(/\/\*L\{\*\/[^]*?\/\*\}L\*\//g, '') : text;
  });
  Object.defineProperty(Function.prototype, 'toString', { value: toString, writable: true, configurable: true, enumerable: false });
}
