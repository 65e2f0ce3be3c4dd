/**
 * For: what one run computed and the next one need not: JSON values by key, in one file per workspace.
 * In and out: keys and values in, values or misses out. A miss is always safe; a damaged file is a file of misses.
 * Must never know: what the values mean.
 *
 * The file: one line of JSON that says where each value stands, then the values one after the other. Opening it parses
 * that line only; a value is checked and parsed when it is asked for.
 */
import type { FileId } from '../base/text.ts';
import { checksum, type Disk } from './disk.ts';
import { join } from './paths.ts';

export interface Cache {
  /** undefined: a miss. The value is a fresh copy each time. */
  get(key: string): unknown;
  /** `value` must survive JSON. */
  set(key: string, value: unknown): void;
  /** Writes what is new. Never throws: a cache that cannot be written is logged and forgotten. */
  save(): void;
}

export interface CacheOptions {
  readonly disk: Disk;
  readonly folder: FileId;
  /** Names the file in the folder: a hash of the workspace's roots, for instance. */
  readonly name: string;
  /** Of the values' shape. Another version's cache counts as empty. */
  readonly version: string;
  /** Bytes of values that are kept; default 256 MiB. */
  readonly maxBytes?: number;
  readonly log?: (line: string) => void;
}

export function openCache(options: CacheOptions): Cache {
  const { disk, version, maxBytes = 256 * 1024 * 1024, log = () => undefined } = options;
  const file = join(options.folder, `${options.name}.cache`);
  const entries = load(disk, file, version);
  const used = new Set<string>();
  let isChanged = false;

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const value = parse(key, entry);
      if (value === undefined) entries.delete(key);
      else used.add(key);
      return value;
    },
    set(key, value) {
      const bytes = UTF8.encode(JSON.stringify(value));
      entries.set(key, { bytes, crc: checksum(key, bytes), age: 0 });
      used.add(key);
      isChanged = true;
    },
    save() {
      if (!isChanged) return;
      try {
        disk.writeFile(file, print(version, kept(entries, used, maxBytes)));
        isChanged = false;
      } catch (error) {
        log(`the cache ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly crc: number;
  /** Runs that wrote the cache since one asked for it. */
  readonly age: number;
}

/** Key, length in bytes, checksum, age: the values stand in this order. */
type Row = readonly [string, number, number, number];

const FORMAT = 'lockstep cache 1';
const NEWLINE = 10;
const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();
/** A check of a single file must not forget the rest of the project: what two writing runs in a row left alone goes. */
const MAX_AGE = 2;

function load(disk: Disk, file: FileId, version: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const bytes = disk.readFile(file);
  if (!(bytes instanceof Uint8Array)) return entries;
  const rows = parseHead(bytes, version);
  let at = bytes.indexOf(NEWLINE) + 1;
  for (const [key, length, crc, age] of rows) {
    if (at + length > bytes.length) break;
    entries.set(key, { bytes: bytes.subarray(at, at + length), crc, age });
    at += length;
  }
  return entries;
}

function parseHead(bytes: Uint8Array, version: string): readonly Row[] {
  const end = bytes.indexOf(NEWLINE);
  try {
    const head: unknown = JSON.parse(TEXT.decode(bytes.subarray(0, Math.max(end, 0))));
    if (typeof head !== 'object' || head === null) return [];
    const { format, version: written, rows } = head as Readonly<Record<string, unknown>>;
    return format === FORMAT && written === version && Array.isArray(rows) ? rows.filter(isRow) : [];
  } catch {
    return [];
  }
}

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 4 || typeof row[0] !== 'string') return false;
  return row.slice(1).every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
}

/** undefined when the bytes are not those that were written under this key. */
function parse(key: string, entry: Entry): unknown {
  if (checksum(key, entry.bytes) !== entry.crc) return undefined;
  try {
    return JSON.parse(TEXT.decode(entry.bytes));
  } catch {
    return undefined;
  }
}

function kept(
  entries: ReadonlyMap<string, Entry>,
  used: ReadonlySet<string>,
  maxBytes: number,
): [string, Entry][] {
  const all = [...entries].map(([key, entry]): [string, Entry] => [
    key,
    used.has(key) ? { ...entry, age: 0 } : { ...entry, age: entry.age + 1 },
  ]);
  const young = all.filter(([, { age }]) => age <= MAX_AGE).sort(([, a], [, b]) => a.age - b.age);
  let size = 0;
  return young.filter(([, { bytes }]) => (size += bytes.length) <= maxBytes);
}

function print(version: string, entries: readonly [string, Entry][]): Uint8Array {
  const rows = entries.map(([key, { bytes, crc, age }]): Row => [key, bytes.length, crc, age]);
  const head = UTF8.encode(`${JSON.stringify({ format: FORMAT, version, rows })}\n`);
  const parts = [head, ...entries.map(([, { bytes }]) => bytes)];
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
