/** Words, numbers and signs of statements, each with its place. */
import type { Position } from '../base/text.ts';
import { LitmusError, quoted } from './source-error.ts';

/** A part of one line of the file. */
export interface Piece {
  readonly text: string;
  readonly line: number;
  /** Of its first character. */
  readonly column: number;
}

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'sign' | 'end' | 'stop';
  readonly text: string;
  readonly at: Position;
}

const TOKEN =
  /\s+|\/\/.*|(?<name>[A-Za-z_$][\w$]*)|(?<number>0[xX][0-9a-fA-F]+n?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?n?)|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<sign>===|!==|==|!=|<=|>=|&&|[-+=<>(){}[\].,;!@])|(?<bad>.)/uy;

export function tokens(pieces: readonly Piece[]): Token[] {
  const found: Token[] = [];
  let last: Position = { line: 0, column: 0 };
  for (const { text, line, column } of pieces) {
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
      const at = { line, column: column + match.index };
      const { name, number, double, single, sign, bad } = match.groups ?? {};
      if (bad !== undefined) throw new LitmusError(`${quoted(bad)} has no meaning here`, at);
      if (name !== undefined) found.push({ kind: 'name', text: name, at });
      else if (number !== undefined) found.push({ kind: 'number', text: number, at });
      else if (sign !== undefined) found.push({ kind: 'sign', text: sign, at });
      else if (double !== undefined || single !== undefined) {
        found.push({ kind: 'string', text: double ?? single ?? '', at });
      }
      if (TOKEN.lastIndex >= text.length) break;
    }
    last = { line, column: column + text.trimEnd().length };
    found.push({ kind: 'end', text: '', at: last });
  }
  found.push({ kind: 'stop', text: '', at: last });
  return found;
}
