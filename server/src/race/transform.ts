/**
 * For: the text of a file as it is to be run: instrumented once for each text of a run, whichever thread or process asks.
 * In and out: source text in; text with numbered sites out. Sites and shifts of columns lie beside it for whoever reads
 * the reports.
 */
import { atomicAdd, atomicCompareExchange, atomicLoad, atomicStore, atomicWait } from './atomics.ts';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FILE_CAPACITY, FILES, SITE_TOP } from './layout.ts';
import { mapComment } from './sourceMap.ts';
import type { Instrumented, Site, SourceKind } from './instrument.ts';

/** As it is now: programs replace functions of `fs` (mock file systems). */
const { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } = fs;

export interface Rules {
  readonly directory: string;
  /** Parts of paths that are instrumented though they lie in node_modules. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What lies beside an instrumented text. */
export interface FileNotes {
  readonly file: string;
  readonly sites: readonly Site[];
  readonly shifts: Instrumented['shifts'];
  /** Source map of what was made from TypeScript. */
  readonly map: string | null;
  /** The text before instrumenting, for excerpts of code that is in no file. */
  readonly text: string | null;
}

export interface Transform {
  /** The text to run; the given one where there is nothing to watch. */
  run(text: string, file: string, kind: SourceKind): { text: string; firstSite: number; sites: number };
  typescript(text: string, file: string, kind: SourceKind): string;
  isModule(text: string): boolean;
}

/** False for what is in no file, and for what a test runner or a bundler has made of one. */
function sameOnDisk(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8') === text;
  } catch {
    return false;
  }
}

const urlOf = (file: string): string => (isAbsolute(file) ? pathToFileURL(file).href : file);

const MENTIONS = /\bAtomics\b|\bSharedArrayBuffer\b/;

export function createTransform(rules: Rules, heap: Int32Array, own: string): Transform {
  // What was instrumented is loaded only when a text is new: most threads never need TypeScript.
  let tools: typeof import('./instrumenting.ts') | undefined;
  let loading = false;
  const load = () => {
    loading = true;
    try {
      return (tools ??= createRequire(own)('./instrument.cjs') as typeof import('./instrumenting.ts'));
    } finally {
      loading = false;
    }
  };
  const maps = new Map<string, string>();

  const wanted = (file: string, text: string): boolean => {
    if (rules.exclude.some((part) => file.includes(part))) return false;
    if (rules.include.some((part) => file.includes(part))) return true;
    return !/[\\/]node_modules[\\/]/.test(file) || MENTIONS.test(text);
  };

  return {
    run(text, file, kind) {
      const plain = { text, firstSite: 0, sites: 0 };
      if (loading || !wanted(file, text) || text.includes('/*L{*/')) return plain;
      const digest = createHash('sha1').update(`${kind}\0${file}\0`).update(text).digest();
      const hash = digest.toString('hex');
      const path = `${rules.directory}/${hash}`;
      let notes: FileNotes | null;
      try {
        if (!existsSync(`${path}.json`)) {
          const made = load().instrument(text, file, kind);
          notes =
            made === null
              ? null
              : {
                  file,
                  sites: made.sites,
                  shifts: made.shifts,
                  map: maps.get(file) ?? null,
                  text: sameOnDisk(file, text) ? null : text,
                };
          // A script that is no file is found by no name: it needs no map. TypeScript has one of its own.
          const comment =
            made === null || kind === 'script' || notes!.map !== null
              ? ''
              : mapComment(urlOf(file), text, made.shifts);
          writeWhole(`${path}.js`, made === null ? '' : made.text + comment);
          writeWhole(`${path}.json`, JSON.stringify(notes));
        } else notes = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as FileNotes | null;
        if (notes === null) return plain;
        const body = readFileSync(`${path}.js`, 'utf8');
        const first = firstSite(digest.readInt32LE(0) & 0x7fffffff, notes.sites.length, hash);
        return { text: numbered(body, first), firstSite: first, sites: notes.sites.length };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return plain;
        throw error;
      }
    },
    typescript(text, file, kind) {
      const { code, map } = load().transpile(text, file, kind);
      maps.set(file, map);
      return code;
    },
    isModule: (text) => load().isModule(text),
  };

  /** The first of the numbers that this text's sites have in this process, the same in every thread. */
  function firstSite(hash: number, count: number, name: string): number {
    const key = hash === 0 ? 1 : hash;
    for (let probe = 0; probe < FILE_CAPACITY; probe++) {
      const at = FILES + ((key + probe) % FILE_CAPACITY) * 2;
      const seen = atomicCompareExchange(heap, at, 0, key);
      if (seen === 0) {
        const first = atomicAdd(heap, SITE_TOP, count);
        appendFileSync(
          `${rules.directory}/files-${process.pid}.jsonl`,
          `${JSON.stringify({ first, count, hash: name })}\n`,
        );
        atomicStore(heap, at + 1, first);
        return first;
      }
      if (seen !== key) continue;
      // The thread that has taken the place is about to fill it in.
      for (;;) {
        const first = atomicLoad(heap, at + 1);
        if (first !== 0) return first;
        atomicWait(heap, at + 1, 0, 1);
      }
    }
    return 0;
  }

  function writeWhole(path: string, text: string): void {
    const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    writeFileSync(part, text);
    renameSync(part, path);
  }
}

/** The text with the numbers of its sites, from `first` on. Each takes as much room as its name, so columns stay. */
export function numbered(text: string, first: number): string {
  return text.replace(/\$lockstep\$S(\d+)/g, (name, index: string) =>
    String(first + Number(index)).padEnd(name.length),
  );
}
