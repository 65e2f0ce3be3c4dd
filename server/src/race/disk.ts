/**
 * For: the directory of one run: made before the program starts, read after it has ended, taken away then.
 * In and out: files in; lines and places out.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { LogLine, Places, ProcessLog, StackFrame } from './report.ts';
import type { FileNotes } from './transform.ts';

export function makeRunDirectory(): string {
  return fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'lockstep-race-'));
}

export function removeRunDirectory(directory: string): void {
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

export function readLogs(directory: string): ProcessLog[] {
  const byProcess = new Map<number, LogLine[]>();
  for (const name of fs.readdirSync(directory).sort()) {
    const pid = /^log-(\d+)-/.exec(name)?.[1];
    if (pid === undefined) continue;
    const lines = byProcess.get(Number(pid)) ?? [];
    lines.push(...readLines<LogLine>(join(directory, name)));
    byProcess.set(Number(pid), lines);
  }
  return [...byProcess].map(([pid, lines]) => ({ pid, lines }));
}

/** Processes that have loaded the detector. */
export function processesOf(directory: string): number[] {
  return [
    ...new Set(fs.readdirSync(directory).flatMap((name) => /^log-(\d+)-0\.jsonl$/.exec(name)?.[1] ?? [])),
  ].map(Number);
}

function readLines<T>(file: string): T[] {
  // The last line of a process that was killed may be cut off.
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
}

export interface Sources {
  readonly places: Places;
  /** Text of a line as the report names it, for excerpts; undefined where it is not to be had. */
  line(file: string, line: number): string | undefined;
}

export function readSources(directory: string, cwd: string): Sources {
  const notesByHash = new Map<string, FileNotes | null>();
  const notesByFile = new Map<string, FileNotes>();
  const ranges = new Map<number, { first: number; count: number; hash: string }[]>();
  const texts = new Map<string, string[] | undefined>();
  const maps = new Map<string, TraceMap | null>();
  for (const name of fs.readdirSync(directory)) {
    const hash = /^([0-9a-f]{40})\.json$/.exec(name)?.[1];
    if (hash !== undefined) {
      const notes = JSON.parse(fs.readFileSync(join(directory, name), 'utf8')) as FileNotes | null;
      notesByHash.set(hash, notes);
      if (notes !== null) notesByFile.set(notes.file, notes);
    }
    const pid = /^files-(\d+)\.jsonl$/.exec(name)?.[1];
    if (pid !== undefined) ranges.set(Number(pid), readLines(join(directory, name)));
  }

  const show = (file: string): string => {
    if (!isAbsolute(file)) return file;
    const path = relative(cwd, file);
    return (path.startsWith('..') ? file : path).replaceAll('\\', '/');
  };

  function mapOf(file: string): TraceMap | null {
    const known = maps.get(file);
    if (known !== undefined) return known;
    const map = loadMap(file);
    maps.set(file, map);
    return map;
  }

  function loadMap(file: string): TraceMap | null {
    const notes = notesByFile.get(file);
    try {
      if (notes?.map) return new TraceMap(notes.map, file);
      const text = notes?.text ?? fs.readFileSync(file, 'utf8');
      const url = /\/\/[#@] sourceMappingURL=(\S+)\s*$/.exec(text)?.[1];
      if (url === undefined) return null;
      const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(url);
      const json =
        inline === null
          ? fs.readFileSync(resolve(dirname(file), decodeURIComponent(url)), 'utf8')
          : inline[1] === undefined
            ? decodeURIComponent(inline[2]!)
            : Buffer.from(inline[2]!, 'base64').toString('utf8');
      return new TraceMap(json, file);
    } catch {
      // A map that is missing or broken: the text that ran is shown instead.
      return null;
    }
  }

  /** A position in the text before instrumenting, brought back to what its author wrote. */
  function original(file: string, line: number, column: number, name: string): StackFrame {
    const map = mapOf(file);
    if (map !== null) {
      const found = originalPositionFor(map, { line, column: Math.max(0, column - 1) });
      if (found.source !== null) {
        const source = found.source.startsWith('file:')
          ? fileURLToPath(found.source)
          : resolve(dirname(file), found.source);
        return { file: show(source), line: found.line, column: found.column + 1, function: name };
      }
    }
    return { file: show(file), line, column, function: name };
  }

  return {
    places: {
      site(pid, site) {
        const range = ranges.get(pid)?.find(({ first, count }) => site >= first && site < first + count);
        const notes = range === undefined ? undefined : notesByHash.get(range.hash);
        const found = notes?.sites[site - (range?.first ?? 0)];
        if (notes === undefined || notes === null || found === undefined) return null;
        return {
          ...original(notes.file, found.line, found.column, found.function),
          rmw: found.kind === 'rmw',
          writes: found.kind === 'write',
        };
      },
      frame([url, line, column, name]) {
        const file = url.startsWith('file:') ? fileURLToPath(url) : url;
        const notes = notesByFile.get(file);
        let at = column;
        const shifts = notes?.shifts[line - 1] ?? [];
        for (let index = shifts.length - 2; index >= 0; index -= 2) {
          const start = shifts[index]!;
          const length = shifts[index + 1]!;
          if (at - 1 >= start + length) at -= length;
          else if (at - 1 > start) at = start + 1;
        }
        return original(file, line, at, name);
      },
    },
    line(file, line) {
      const path = isAbsolute(file) ? file : join(cwd, file);
      if (!texts.has(path)) {
        let text: string | undefined;
        try {
          text = fs.readFileSync(path, 'utf8');
        } catch {
          text = notesByFile.get(file)?.text ?? undefined;
        }
        texts.set(path, text?.split(/\r\n|\n|\r/));
      }
      return texts.get(path)?.[line - 1];
    },
  };
}
