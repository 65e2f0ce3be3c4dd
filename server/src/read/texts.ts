/**
 * For: the text of each file, the editor's over the disk's, and what was wrong with those that have none.
 * In and out: files in, texts and problems out. Must never know: which files belong to the workspace, TypeScript.
 */
import type { Problem } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import { type Decoded, decode, type Encoding } from './decode.ts';
import type { Disk } from './disk.ts';

interface OnDisk {
  readonly text: string | null;
  readonly encoding: Encoding | null;
  readonly problem: Problem | null;
}

export class Texts {
  readonly #disk: Disk;
  readonly #opened = new Map<FileId, string>();
  readonly #onDisk = new Map<FileId, OnDisk>();
  #held = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** null: not there, not readable, or not text. */
  text(file: FileId): string | null {
    return this.#opened.get(file) ?? this.#read(file).text;
  }

  encoding(file: FileId): Encoding | null {
    return this.#read(file).encoding;
  }

  isOpen(file: FileId): boolean {
    return this.#opened.has(file);
  }

  opened(): Iterable<FileId> {
    return this.#opened.keys();
  }

  open(file: FileId, text: string): void {
    this.#opened.set(file, text);
  }

  close(file: FileId): void {
    this.#opened.delete(file);
    this.forget(file);
  }

  /** The disk may hold something else now. */
  forget(file: FileId): void {
    this.#held -= this.#onDisk.get(file)?.text?.length ?? 0;
    this.#onDisk.delete(file);
  }

  problems(): readonly Problem[] {
    const problems: Problem[] = [];
    for (const [file, { problem }] of this.#onDisk)
      if (problem !== null && !this.#opened.has(file)) problems.push(problem);
    return problems;
  }

  #read(file: FileId): OnDisk {
    const known = this.#onDisk.get(file);
    if (known !== undefined) return known;
    const read = readText(this.#disk, file);
    this.#held += read.text?.length ?? 0;
    this.#onDisk.set(file, read);
    if (this.#held > MAX_HELD) this.#drop(file);
    return read;
  }

  /** The oldest half goes: in a workspace this large each file is read again when it is asked for again. */
  #drop(except: FileId): void {
    for (const [file, { text }] of this.#onDisk) {
      if (this.#held <= MAX_HELD / 2) break;
      if (file === except || text === null) continue;
      this.forget(file);
    }
  }
}

/** Characters of files on disk that are kept. */
const MAX_HELD = 128 * 1024 * 1024;
/** A source larger than this is data; V8 holds strings of up to 512 MiB. */
const MAX_BYTES = 64 * 1024 * 1024;

function readText(disk: Disk, file: FileId): OnDisk {
  const size = disk.stat(file)?.size ?? 0;
  if (size > MAX_BYTES) {
    const megabytes = Math.round(size / (1024 * 1024));
    return missing(
      file,
      `too large to be read as source (${megabytes} MB): add it to .gitignore or to \`exclude\` in tsconfig.json`,
    );
  }
  const bytes = disk.readFile(file);
  if (bytes === null) return { text: null, encoding: null, problem: null };
  if (!(bytes instanceof Uint8Array))
    return missing(file, `cannot be read (${bytes.unreadable}): check its permissions`);
  const decoded = decode(bytes);
  return 'fault' in decoded ? missing(file, faultMessage(decoded)) : { ...decoded, problem: null };
}

function missing(file: FileId, message: string): OnDisk {
  return { text: null, encoding: null, problem: { file, message } };
}

function faultMessage(fault: Extract<Decoded, { readonly fault: string }>): string {
  if (fault.fault === 'binary')
    return 'not text in UTF-8 (many zero bytes): save it as UTF-8, or add it to .gitignore if it is no source';
  return `not valid UTF-8 at byte ${fault.offset} (line ${fault.line}): save it as UTF-8; until then it is left out`;
}
