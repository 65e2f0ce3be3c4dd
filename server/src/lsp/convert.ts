/**
 * For: the border between the engine's offsets and the protocol's lines and columns, between file names and URIs.
 * In and out: FileId ⇄ URI, Span ⇄ Range. Only here does one become the other.
 * Must never know: what a finding or an edit is for.
 */
import { URI } from 'vscode-uri';
import type { DiagnosticSeverity, Location, Position, Range } from 'vscode-languageserver';
import type { Severity } from '../base/finding.ts';
import { lineStarts, offsetAt, positionAt, type FileId, type Span } from '../base/text.ts';

/** Numbers of the protocol's DiagnosticSeverity. */
export const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: 1,
  warning: 2,
  info: 3,
  hint: 4,
};

const CODE_FILE = /\.(?:[cm]?[jt]s|[jt]sx)$/i;

const EXTENSION: Readonly<Record<string, string>> = {
  javascript: '.js',
  javascriptreact: '.jsx',
  'javascript.jsx': '.jsx',
  typescript: '.ts',
  typescriptreact: '.tsx',
  'typescript.tsx': '.tsx',
};

/**
 * The engine's name for a document. What is on no disk keeps its URI, with the extension that its language asks for if it
 * has none (`untitled:Untitled-1` in TypeScript is `untitled:Untitled-1.ts`), because the engine tells languages by names.
 */
export function fileOfUri(uri: string, languageId = ''): FileId {
  if (uri.startsWith('file:')) return URI.parse(uri).fsPath.replaceAll('\\', '/');
  return CODE_FILE.test(uri) ? uri : uri + (EXTENSION[languageId] ?? '');
}

/** For files that no editor has open under another spelling. */
export function uriOfFile(file: FileId): string {
  return isUri(file) ? file : URI.file(file).toString();
}

/** True if the document holds code that the engine reads. */
export function isCode(uri: string, languageId: string): boolean {
  return Object.hasOwn(EXTENSION, languageId) || CODE_FILE.test(URI.parse(uri).path);
}

export function isBelow(folder: FileId, file: FileId): boolean {
  return file === folder || file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Line starts of texts, kept while the text is the same. */
export class Lines {
  readonly #text: (file: FileId) => string | null;
  readonly #uriOf: (file: FileId) => string;
  readonly #known = new Map<FileId, { readonly text: string; readonly starts: readonly number[] }>();

  constructor(text: (file: FileId) => string | null, uriOf: (file: FileId) => string) {
    this.#text = text;
    this.#uriOf = uriOf;
  }

  range(span: Span): Range {
    const { starts } = this.#of(span.file);
    return { start: toPosition(starts, span.start), end: toPosition(starts, span.end) };
  }

  location(span: Span): Location {
    return { uri: this.#uriOf(span.file), range: this.range(span) };
  }

  offset(file: FileId, { line, character }: Position): number {
    const { text, starts } = this.#of(file);
    return offsetAt(starts, text.length, { line, column: character });
  }

  /** The text of one line without its end, and what ends lines in this file. */
  line(file: FileId, line: number): { readonly text: string; readonly newline: string } {
    const { text, starts } = this.#of(file);
    const whole = text.slice(starts[line] ?? text.length, starts[line + 1] ?? text.length);
    return {
      text: whole.replace(/[\r\n]+$/, ''),
      newline: /\r?\n|\r/.exec(text)?.[0] ?? '\n',
    };
  }

  forget(file: FileId): void {
    this.#known.delete(file);
  }

  #of(file: FileId): { readonly text: string; readonly starts: readonly number[] } {
    const text = this.#text(file) ?? '';
    const known = this.#known.get(file);
    if (known?.text === text) return known;
    const made = { text, starts: lineStarts(text) };
    this.#known.set(file, made);
    return made;
  }
}

/** A link that an editor can follow: `file:///a/b.ts#L12,3`, both from 1. */
export function linkTo({ uri, range }: Location): string {
  return `${uri}#L${range.start.line + 1},${range.start.character + 1}`;
}

/** True if the two ranges share a position; an empty range lies on its position. */
export function touch(a: Range, b: Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start);
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

function toPosition(starts: readonly number[], offset: number): Position {
  const { line, column } = positionAt(starts, offset);
  return { line, character: column };
}

function isUri(file: FileId): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]+:/.test(file);
}
