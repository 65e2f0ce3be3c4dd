/** Units by file, lowered when first asked for and kept while the text stays (cut-off 1). */
import { hashText, type FileId } from '../base/text.ts';
import type { Unit } from '../ir/unit.ts';
import { lower } from '../lower/lower.ts';
import type { Workspace } from '../read/workspace.ts';

interface Known {
  readonly text: string;
  hash: string | null;
  unit: Unit | null;
  shows: boolean | null;
  readonly leftOut: string | null;
}

/** Beyond this a file is generated or minified: reading it teaches nobody anything. */
const MAX_LENGTH = 4_000_000;
const MINIFIED_FROM = 100_000;
const MINIFIED_LINE = 1_000;

/** What shows concurrency: only files that name one of these take part in the whole-program analysis by themselves. */
const INTENT = new RegExp(
  [
    String.raw`\b(?:SharedArrayBuffer|Atomics|worker_threads|parentPort|onmessage|BroadcastChannel)\b`,
    String.raw`\bnew\s+(?:[\w$]+\.)*(?:Shared)?Worker\b`,
    String.raw`\b(?:WebAssembly\.Memory|navigator\.locks)\b`,
    String.raw`['"](?:async-mutex|await-lock|lockstep/sync)['"]`,
    String.raw`[?&](?:shared)?worker\b`,
    String.raw`\bclass\s+\w*(?<![bBcC])(?:Lock|Mutex)\b`,
  ].join('|'),
);

export class Units {
  readonly #workspace: Workspace;
  readonly #known = new Map<FileId, Known>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** null: the file is gone, unreadable or too large. */
  unit(file: FileId): Unit | null {
    const known = this.#get(file);
    if (known?.leftOut !== null) return null;
    known.unit ??= lower(file, known.text);
    return known.unit;
  }

  /** Of the text as it is now; null when there is none. */
  textHash(file: FileId): string | null {
    const known = this.#get(file);
    if (known === null) return null;
    known.hash ??= hashText(known.text);
    return known.hash;
  }

  #shows(file: FileId): boolean {
    const known = this.#get(file);
    if (known === null) return false;
    known.shows ??= known.leftOut === null && INTENT.test(known.text);
    return known.shows;
  }

  /** Files that show concurrency, and those that import one of them by name: they may use its locks and buffers. */
  roots(files: readonly FileId[]): FileId[] {
    const shown = files.filter((file) => this.#shows(file));
    if (shown.length === 0) return shown;
    const names = [...new Set(shown.map(stem))].map((name) => name.replace(/[^\w-]/g, '\\$&'));
    const imports = new RegExp(
      String.raw`\b(?:from|import|require)\b\s*\(?\s*['"](?:[^'"]*/)?(?:${names.join('|')})(?:\.[cm]?[jt]sx?)?['"]`,
    );
    const known = new Set(shown);
    return files.filter((file) => {
      if (known.has(file)) return true;
      const text = this.#get(file);
      return text !== null && text.leftOut === null && imports.test(text.text);
    });
  }

  /** Why a file is left out, in words; null: it is not. */
  tooLarge(file: FileId): string | null {
    return this.#get(file)?.leftOut ?? null;
  }

  #get(file: FileId): Known | null {
    const text = this.#workspace.text(file);
    if (text === null) {
      this.#known.delete(file);
      return null;
    }
    const known = this.#known.get(file);
    if (known?.text === text) return known;
    const fresh: Known = { text, hash: null, unit: null, shows: null, leftOut: whyLeftOut(text) };
    this.#known.set(file, fresh);
    return fresh;
  }
}

function whyLeftOut(text: string): string | null {
  if (text.length < MINIFIED_FROM) return null;
  if (text.length > MAX_LENGTH)
    return 'longer than 4 MB: not analysed; exclude it in tsconfig.json or .gitignore';
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return text.length / lines > MINIFIED_LINE
    ? 'looks minified: not analysed; analyse its source instead'
    : null;
}

/** `pool` of `src/pool.ts`; `pool` of `src/pool/index.ts`, which is how it is imported. */
function stem(file: FileId): string {
  const parts = file.split('/');
  const name = parts.at(-1)!.replace(/\.[cm]?[jt]sx?$/, '');
  return name === 'index' ? (parts.at(-2) ?? name) : name;
}
