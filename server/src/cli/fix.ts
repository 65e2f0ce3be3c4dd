/**
 * For: applying safe fixes: round after round until none is left, each file written whole or not at all.
 * In and out: an engine in; what was applied out, and the engine knows the new texts.
 * Must never know: how findings are printed.
 */
import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Finding } from '../base/finding.ts';
import { applyEdits, type FileId } from '../base/text.ts';
import type { Engine } from '../engine.ts';
import { editsByFile, mergeFixes, safeFix, type Candidate } from '../lsp/mergeFixes.ts';

const MOST_ROUNDS = 10;

export interface FixRun {
  readonly applied: readonly Candidate[];
  /** One line each: files that were left alone, and why. */
  readonly refused: readonly string[];
}

/** How new texts are kept: on disk, or only in the engine. */
export interface Shelf {
  /** null: the file may be written; else why not. */
  refuses(file: FileId, known: string): string | null;
  /** null: kept; else why not. */
  keep(file: FileId, known: string, text: string): string | null;
}

/**
 * Findings are asked for anew in each round, for one fix may open or close another.
 * Invariant: all edits of one round refer to the texts that the engine knew when the round began.
 */
export function applySafeFixes(engine: Engine, findings: () => readonly Finding[], shelf: Shelf): FixRun {
  const applied: Candidate[] = [];
  const refused = new Map<FileId, string>();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const candidates = findings().flatMap((finding) => {
      const fix = safeFix(engine.fixes(finding));
      return fix === undefined || fix.edits.length === 0 ? [] : [{ finding, fix }];
    });
    const writable = candidates.filter(({ fix }) =>
      fix.edits.every(({ span: { file } }) => {
        const known = engine.text(file);
        // Once refused, for the whole run: whoever changes the file is not to find half of our fixes in it.
        const reason = refused.get(file) ?? (known === null ? 'it is gone' : shelf.refuses(file, known));
        if (reason !== null) refused.set(file, reason);
        return reason === null;
      }),
    );
    const { taken, edits } = mergeFixes(writable);
    const changed: FileId[] = [];
    for (const [file, own] of editsByFile(edits)) {
      const known = engine.text(file)!;
      const text = applyEdits(known, own);
      if (text === known) continue;
      const reason = shelf.keep(file, known, text);
      if (reason === null) changed.push(file);
      else refused.set(file, reason);
    }
    if (changed.length === 0) break;
    applied.push(...taken);
  }
  return { applied, refused: [...refused].map(([file, reason]) => `${file}: not fixed, ${reason}`) };
}

/** Texts go into the engine as if an editor had them open; the disk keeps what it has. */
export function dryShelf(engine: Engine): Shelf {
  return {
    refuses: () => null,
    keep: (file, _known, text) => {
      engine.apply({ opened: [{ file, text }] });
      return null;
    },
  };
}

export function diskShelf(engine: Engine): Shelf {
  return {
    refuses: (file, known) => {
      try {
        return sameText(readFileSync(file, 'utf8'), known) ? null : NOT_THE_SAME;
      } catch (error) {
        return messageOf(error);
      }
    },
    keep: (file, known, text) => {
      try {
        if (!replaceFile(file, known, text)) return NOT_THE_SAME;
      } catch (error) {
        return messageOf(error);
      }
      engine.apply({ onDisk: [file] });
      return null;
    },
  };
}

/**
 * Writes beside the file and renames, so that a reader sees the old text or the new one and a crash loses neither.
 * The text is compared just before the renaming. False: it was not `known` any more, and nothing was changed.
 * A symbolic link stays one: its target is replaced. Mode and byte order mark stay.
 */
export function replaceFile(file: string, known: string, text: string): boolean {
  const target = realpathSync(file);
  const { mode } = statSync(target);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.lockstep`);
  const before = readFileSync(target, 'utf8');
  const mark = before.startsWith(BYTE_ORDER_MARK) && !text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  try {
    writeFileSync(temporary, mark + text, { flag: 'wx', mode });
    chmodSync(temporary, mode);
    if (!sameText(readFileSync(target, 'utf8'), known)) return false;
    renameSync(temporary, target);
    return true;
  } finally {
    rmSync(temporary, { force: true });
  }
}

const NOT_THE_SAME = 'the disk holds another text than was checked: it changed meanwhile, or is not UTF-8';
const BYTE_ORDER_MARK = '\ufeff';

function sameText(onDisk: string, known: string): boolean {
  return onDisk === known || (onDisk.startsWith(BYTE_ORDER_MARK) && onDisk.slice(1) === known);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
