/**
 * For: the only place of this room that touches the machine: the disk, behind a port that tests fill with a few strings,
 * and two things that Node knows best.
 * In and out: absolute paths with `/` in; bytes, kinds and names out. Must never know: text, TypeScript, workspaces.
 */
import * as fs from 'node:fs';
import { isBuiltin } from 'node:module';
import { crc32 } from 'node:zlib';
import type { FileId } from '../base/text.ts';
import { basename, dirname, foldersUp, join, normalise } from './paths.ts';

/** There, but not to be had: permissions, a failing disk. `unreadable` is the system's short word for it, such as `EACCES`. */
export interface Unreadable {
  readonly unreadable: string;
}

export interface Stat {
  readonly kind: 'file' | 'folder';
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Reached through a symbolic link. */
  readonly link: boolean;
}

/** No method throws unless it says so. What vanishes between two calls is `null`, like what never was. */
export interface Disk {
  readFile(file: FileId): Uint8Array | Unreadable | null;
  /** Follows symbolic links. Devices, pipes and sockets are null: reading them could wait for ever. */
  stat(path: FileId): Stat | null;
  list(folder: FileId): readonly Entry[] | null;
  /** With symbolic links resolved; the path itself when it cannot be. */
  realPath(path: FileId): FileId;
  /** All or nothing: other readers see the old bytes or the new ones. Makes folders as needed. Throws what the system throws. */
  writeFile(file: FileId, bytes: Uint8Array): void;
}

export function nodeDisk(): Disk {
  return {
    readFile(file) {
      let handle: number;
      try {
        // Without O_NONBLOCK the opening of a named pipe waits for a writer. Windows knows neither.
        handle = fs.openSync(
          file,
          fs.constants.O_RDONLY | ((fs.constants.O_NONBLOCK as number | undefined) ?? 0),
        );
      } catch (error) {
        return missingOr(error);
      }
      try {
        return fs.fstatSync(handle).isFile() ? fs.readFileSync(handle) : null;
      } catch (error) {
        return missingOr(error);
      } finally {
        fs.closeSync(handle);
      }
    },
    stat(path) {
      try {
        const stat = fs.statSync(path, { throwIfNoEntry: false });
        const kind = stat === undefined ? null : kindOf(stat);
        return stat === undefined || kind === null ? null : { kind, size: stat.size, modified: stat.mtimeMs };
      } catch {
        return null;
      }
    },
    list(folder) {
      let found: fs.Dirent[];
      try {
        found = fs.readdirSync(folder, { withFileTypes: true });
      } catch {
        return null;
      }
      const entries: Entry[] = [];
      for (const entry of found) {
        const link = entry.isSymbolicLink();
        const kind = link ? (this.stat(join(folder, entry.name))?.kind ?? null) : kindOf(entry);
        if (kind !== null) entries.push({ name: entry.name, kind, link });
      }
      return entries;
    },
    realPath(path) {
      try {
        return normalise(fs.realpathSync.native(path));
      } catch {
        return path;
      }
    },
    writeFile(file, bytes) {
      fs.mkdirSync(dirname(file), { recursive: true });
      const temporary = `${file}.${process.pid}.${counter++}.tmp`;
      try {
        fs.writeFileSync(temporary, bytes);
        fs.renameSync(temporary, file);
      } catch (error) {
        fs.rmSync(temporary, { force: true });
        throw error;
      }
    },
  };
}

/** A disk of a few files, for tests and for texts that are on none. */
export interface MemoryDisk extends Disk {
  write(file: FileId, content: string | Uint8Array): void;
  /** A file, or a folder with all in it. */
  remove(path: FileId): void;
}

export function memoryDisk(files: Readonly<Record<FileId, string | Uint8Array>> = {}): MemoryDisk {
  const contents = new Map<FileId, { bytes: Uint8Array; modified: number }>();
  const folders = new Map<FileId, Map<string, Entry>>();
  let clock = 0;

  const enter = (file: FileId): void => {
    let kind: Entry['kind'] = 'file';
    for (const path of foldersUp(file)) {
      const folder = dirname(path);
      if (folder === path) break;
      const entries = folders.get(folder) ?? new Map<string, Entry>();
      folders.set(folder, entries);
      entries.set(basename(path), { name: basename(path), kind, link: false });
      kind = 'folder';
    }
  };
  const write = (file: FileId, content: string | Uint8Array): void => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    contents.set(normalise(file), { bytes, modified: ++clock });
    enter(normalise(file));
  };
  for (const [file, content] of Object.entries(files)) write(file, content);

  return {
    write,
    remove(path) {
      for (const file of [...contents.keys()])
        if (file === path || file.startsWith(`${path}/`)) contents.delete(file);
      folders.clear();
      for (const file of contents.keys()) enter(file);
    },
    readFile: (file) => contents.get(file)?.bytes ?? null,
    stat(path) {
      const content = contents.get(path);
      if (content !== undefined)
        return { kind: 'file', size: content.bytes.length, modified: content.modified };
      return folders.has(path) ? { kind: 'folder', size: 0, modified: 0 } : null;
    },
    list: (folder) => [...(folders.get(folder)?.values() ?? [])],
    realPath: (path) => path,
    writeFile: write,
  };
}

/** CRC-32 of a name and what stands under it, as a number from 0 to 2³² − 1. */
export function checksum(name: string, bytes: Uint8Array): number {
  return crc32(bytes, crc32(name));
}

/** `fs`, `node:fs`, `fs/promises`: modules that are part of Node. */
export function isNodeModule(specifier: string): boolean {
  return isBuiltin(specifier);
}

/** Makes the names of temporary files of one process differ. */
let counter = 0;

function kindOf(of: fs.Dirent | fs.Stats): 'file' | 'folder' | null {
  if (of.isFile()) return 'file';
  return of.isDirectory() ? 'folder' : null;
}

function missingOr(error: unknown): Unreadable | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENXIO', 'ELOOP', 'ENAMETOOLONG'].includes(code)
    ? null
    : { unreadable: code };
}
