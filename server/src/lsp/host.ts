import type { FileId } from '../base/text.ts';
import type { Engine, EngineOptions } from '../engine.ts';

/** What the server needs of the outside; `main.ts` gives it Node's, tests give it their own. */
export interface Host {
  readonly files: {
    /** null: not there or not readable. */
    read(file: FileId): string | null;
    /** The page of a rule as markdown; null: no such rule. */
    page(rule: string): string | null;
  };
  readonly timers: Timers;
  createEngine(options: EngineOptions): Engine;
}

export interface Timers {
  /** Milliseconds from some fixed moment. */
  now(): number;
  /** Calls once, later, unless the returned function is called before. */
  after(milliseconds: number, call: () => void): () => void;
  /** Resolves when messages that have arrived had their turn. */
  breathe(): Promise<void>;
  /** True if something has arrived that had no turn yet; absent where that cannot be known while work is going on. */
  messageWaiting?(): boolean;
}
