/**
 * For: bytes of a source file to text and back, so that nothing is mangled on the way.
 * In and out: bytes, text and the name of the encoding. Must never know: files.
 */

export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be';

export type Decoded =
  | { readonly text: string; readonly encoding: Encoding }
  /** `offset` in bytes from the beginning; `line` counts from 1. */
  | { readonly fault: 'not-utf-8'; readonly offset: number; readonly line: number }
  | { readonly fault: 'binary' };

/** UTF-8, or UTF-16 where a byte order mark says so, as TypeScript reads files. The mark is no part of the text. */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes), encoding: 'utf-16le' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return { text: new TextDecoder('utf-16le').decode(swapped(bytes)), encoding: 'utf-16be' };
  if (looksBinary(bytes)) return { fault: 'binary' };
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    return { text: UTF8.decode(bytes), encoding: mark ? 'utf-8-bom' : 'utf-8' };
  } catch {
    const offset = firstFault(bytes);
    return { fault: 'not-utf-8', offset, line: lineOf(bytes, offset) };
  }
}

/** The inverse of `decode`: what a fix writes keeps the encoding and the mark of the file. */
export function encode(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'utf-8') return new TextEncoder().encode(text);
  if (encoding === 'utf-8-bom') return new TextEncoder().encode(`\uFEFF${text}`);
  const bytes = new Uint8Array(2 * text.length + 2);
  const view = new DataView(bytes.buffer);
  const little = encoding === 'utf-16le';
  view.setUint16(0, 0xfeff, little);
  for (let index = 0; index < text.length; index++)
    view.setUint16(2 * index + 2, text.charCodeAt(index), little);
  return bytes;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const HEAD = 512;

function swapped(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length & ~1);
  for (let index = 0; index < result.length; index += 2) {
    result[index] = bytes[index + 1]!;
    result[index + 1] = bytes[index]!;
  }
  return result;
}

/** Source text has next to no zero bytes; UTF-16 without a mark and most binary formats have many. */
function looksBinary(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, HEAD);
  let zeros = 0;
  for (const byte of head) if (byte === 0) zeros++;
  return zeros > head.length / 8;
}

/** Offset of the first byte that is no part of well-formed UTF-8 (The Unicode Standard, table 3-7). */
function firstFault(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** Length of the well-formed sequence that begins at `at`; 0: none does. */
function sequenceLength(bytes: Uint8Array, at: number): 0 | 1 | 2 | 3 | 4 {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  // The second byte excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let index = 2; index < length; index++) {
    const next = bytes[at + index] ?? 0;
    if (next < 0x80 || next > 0xbf) return 0;
  }
  return length;
}

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let index = 0; index < offset; index++) {
    if (bytes[index] === 10 || (bytes[index] === 13 && bytes[index + 1] !== 10)) line++;
  }
  return line;
}
