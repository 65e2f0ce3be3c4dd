import type { Position } from '../base/text.ts';
import { lineStarts, positionAt } from '../base/text.ts';
import { MAX_DEPTH } from './limits.ts';
import { LitmusError, quoted } from './source-error.ts';

/** JSON with places, and with numbers as they are written: `JSON.parse` rounds what a u64 can hold. */
export type Json =
  | { readonly j: 'null' | 'true' | 'false'; readonly at: Position }
  | { readonly j: 'number'; readonly text: string; readonly at: Position }
  | { readonly j: 'string'; readonly text: string; readonly at: Position }
  | { readonly j: 'array'; readonly items: readonly Json[]; readonly at: Position }
  | { readonly j: 'object'; readonly fields: ReadonlyMap<string, Json>; readonly at: Position };

/** Throws LitmusError. */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  if (!reader.atEnd()) throw reader.error(`nothing may follow the program, found ${reader.here()}`);
  return value;
}

export function describeJson(json: Json): string {
  switch (json.j) {
    case 'number':
      return `the number ${json.text}`;
    case 'string':
      return quoted(json.text);
    case 'array':
      return 'a list';
    case 'object':
      return 'an object';
    default:
      return json.j;
  }
}

/** A cursor over the text. */
class Reader {
  readonly #text: string;
  readonly #starts: readonly number[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#starts = lineStarts(text);
  }

  value(depth: number): Json {
    this.space();
    const at = this.#place();
    // Deeper than any program needs; a deeper one would end in a stack overflow instead of an answer.
    if (depth > 8 * MAX_DEPTH) throw this.error('nested too deeply');
    const char = this.#text[this.#at];
    if (char === '{') return { j: 'object', fields: this.#object(depth), at };
    if (char === '[') return { j: 'array', items: this.#array(depth), at };
    if (char === '"') return { j: 'string', text: this.#string(), at };
    const word = /[\w.+-]*/y;
    word.lastIndex = this.#at;
    const text = word.exec(this.#text)?.[0] ?? '';
    if (text === 'null' || text === 'true' || text === 'false') {
      this.#at += text.length;
      return { j: text, at };
    }
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
      throw this.error(`expected a JSON value, found ${this.here()}`);
    }
    this.#at += text.length;
    return { j: 'number', text, at };
  }

  space(): void {
    while (/[ \t\r\n\uFEFF]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  here(): string {
    return this.atEnd()
      ? 'the end of the file'
      : quoted(/^\S{1,30}/.exec(this.#text.slice(this.#at))?.[0] ?? '');
  }

  error(message: string): LitmusError {
    return new LitmusError(message, this.#place());
  }

  #place(): Position {
    return positionAt(this.#starts, this.#at);
  }

  #expect(char: string): void {
    this.space();
    if (this.#text[this.#at] !== char) throw this.error(`expected "${char}", found ${this.here()}`);
    this.#at++;
  }

  #follows(char: string): boolean {
    this.space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #object(depth: number): ReadonlyMap<string, Json> {
    const fields = new Map<string, Json>();
    this.#expect('{');
    if (this.#follows('}')) return fields;
    do {
      this.space();
      if (this.#text[this.#at] !== '"')
        throw this.error(`expected a field name in quotes, found ${this.here()}`);
      const key = this.#string();
      this.#expect(':');
      fields.set(key, this.value(depth + 1));
    } while (this.#follows(','));
    this.#expect('}');
    return fields;
  }

  #array(depth: number): readonly Json[] {
    const items: Json[] = [];
    this.#expect('[');
    if (this.#follows(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#follows(','));
    this.#expect(']');
    return items;
  }

  #string(): string {
    const pattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined)
      throw this.error('this string is not closed on its line, or holds a wrong escape');
    this.#at += found.length;
    return JSON.parse(found) as string;
  }
}
