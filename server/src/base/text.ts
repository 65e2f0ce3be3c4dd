/**
 * For: the nouns without dependencies. In and out: plain readonly data.
 * Must never know: TypeScript, the editor, a disk.
 */

/** A file as the workspace names it: an absolute path with `/`, or a URI for files that are on no disk. */
export type FileId = string;

/** Offsets in UTF-16 units, `end` exclusive. */
export interface Span {
  readonly file: FileId;
  readonly start: number;
  readonly end: number;
}

export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** Edits of one fix are independent changes to the same text: they do not overlap. */
export interface Fix {
  readonly title: string;
  /** Keeps the program's meaning in every run without the race: may be applied unseen (`--fix`, fix all). */
  readonly safe: boolean;
  /** At most one fix of a finding is preferred: the editor's *Auto Fix* takes it. */
  readonly preferred?: boolean;
  readonly edits: readonly Edit[];
}

/** Zero-based line and column in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Offsets at which lines begin; `\n`, `\r\n` and `\r` end a line, as in the Language Server Protocol. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 13 && text.charCodeAt(index + 1) === 10) continue;
    if (code === 10 || code === 13) starts.push(index + 1);
  }
  return starts;
}

export function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low, column: offset - starts[low]! };
}

/** The offset of a position, clamped to the text. */
export function offsetAt(starts: readonly number[], length: number, position: Position): number {
  if (position.line < 0) return 0;
  const start = starts[position.line];
  if (start === undefined) return length;
  const next = starts[position.line + 1] ?? length;
  return Math.min(start + Math.max(0, position.column), next);
}

/** The text after edits that all refer to `text`. Throws if two of them overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let result = '';
  let from = 0;
  for (const { span, text: insert } of sorted) {
    if (span.start < from) throw new Error(`edits overlap at offset ${span.start}`);
    result += text.slice(from, span.start) + insert;
    from = span.end;
  }
  return result + text.slice(from);
}

/** 53-bit FNV-style hash as text: short, stable between runs and machines; not for security. */
export function hashText(text: string): string {
  let h1 = 0xdeadbeef;
  let h2 = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    h1 = Math.imul(h1 ^ code, 2654435761);
    h2 = Math.imul(h2 ^ code, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return (4294967296 * (2097151 & h2) + (h1 >>> 0)).toString(36);
}
