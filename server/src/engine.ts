/**
 * For: the one door to the analysis. It alone calls the rooms read → lower → link → facts → rules, in order.
 * In and out: Changes in; findings, fixes, explanations and printed stages out, as plain data.
 * Must never know: the editor's protocol, the command line.
 */
import { stopIf, type CancelCheck } from './base/cancel.ts';
import type { Finding, Problem, Severity } from './base/finding.ts';
import { hashText, type FileId, type Fix, type Span } from './base/text.ts';
import { fixesOf } from './engine/fixes.ts';
import {
  compareFindings,
  factsOf,
  findingOf,
  runFileRules,
  runProgramRules,
  type Told,
} from './engine/run.ts';
import { suppress } from './engine/suppress.ts';
import { Units } from './engine/units.ts';
import { explainAt } from './explain/explain.ts';
import type { Explanation, Reason } from './explain/explanation.ts';
import { reasonsAt } from './explain/reasons.ts';
import type { FactContext } from './facts/fact.ts';
import { printProgram, printUnit } from './ir/print.ts';
import type { Program } from './ir/program.ts';
import { meaningOf, type Mark, type Suppression, type Unit } from './ir/unit.ts';
import { link } from './link/link.ts';
import { openCache, type Cache } from './read/cache.ts';
import { nodeDisk, type Disk } from './read/disk.ts';
import { createWorkspace, type Change, type DiskWorkspace, type ReceiverKind } from './read/workspace.ts';
import { RULES } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';

export interface EngineOptions {
  /** Folders that belong to the workspace, absolute. */
  readonly roots: readonly FileId[];
  /** Settings of the editor or `--rule`: they stand over the configuration file. */
  readonly rules?: Readonly<Record<string, Severity | 'off'>>;
  /** An explicit configuration file instead of the nearest one. */
  readonly configFile?: FileId;
  /** Only these files and folders are reported on; default: all. */
  readonly only?: readonly FileId[];
  /** Where to keep lowered units between runs; absent: nowhere. */
  readonly cacheDir?: FileId;
  readonly log?: (line: string) => void;
  /** Default: the machine's own. */
  readonly disk?: Disk;
  /** Where TypeScript's `lib.*.d.ts` stand. */
  readonly libDir?: FileId;
  /** Rethrow what a rule throws: for tests. */
  readonly strict?: boolean;
}

export interface RuleTime {
  readonly rule: string;
  readonly milliseconds: number;
  readonly findings: number;
}

export interface Engine {
  apply(change: Change): void;
  files(): readonly FileId[];
  /** The current text, or null when the file is gone. */
  text(file: FileId): string | null;
  /** Findings that need this file only: cheap enough for every keystroke. */
  quickFindings(file: FileId, cancelled?: CancelCheck): readonly Finding[];
  /** All findings, cross-file ones included, sorted by place. Throws Cancelled. */
  findings(file: FileId, cancelled?: CancelCheck): readonly Finding[];
  /** Computed when asked, on fresh syntax; at most one is preferred. */
  fixes(finding: Finding): readonly Fix[];
  explain(file: FileId, offset: number): Explanation | null;
  why(file: FileId, line: number): readonly Reason[];
  /** Printed stages for tests, `--print` and the curious. */
  print(stage: 'unit' | 'program' | 'facts', file: FileId): string;
  /** A number that changes whenever cross-file findings may have changed: time for a diagnostic refresh. */
  generation(): number;
  problems(): readonly Problem[];
  ruleTimes(): readonly RuleTime[];
  /** Writes the cache, if there is one. */
  save(): void;
}

export type { Explanation, Reason };

export function createEngine(options: EngineOptions): Engine {
  return new LocalEngine(options);
}

/** What file rules found in one file, as kept between runs: nothing in it needs the Unit again. */
interface FileResult {
  readonly findings: readonly Finding[];
  readonly suppressions: readonly Suppression[];
  readonly syntax: Unit['syntax'];
}

interface Linked {
  readonly roots: string;
  readonly used: ReadonlyMap<FileId, string | null>;
  readonly facts: FactContext;
  readonly told: readonly Told[];
}

const SUPPRESSION = 'suppression';

class LocalEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #workspace: DiskWorkspace;
  readonly #units: Units;
  readonly #cache: Cache | null;
  readonly #quick = new Map<FileId, { readonly text: string; readonly result: FileResult }>();
  readonly #told = new WeakMap<Finding, Told>();
  readonly #times = new Map<string, number>();
  readonly #failures = new Map<string, Problem>();
  readonly #ids: ReadonlySet<string> = new Set(RULES.map((rule) => rule.meta.id));
  #linked: Linked | null = null;
  /** Program findings by file, resolved to spans of the texts as they are now. */
  #program: { readonly by: ReadonlyMap<FileId, readonly Finding[]>; readonly stamp: string } | null = null;
  #change = 0;
  #generation = 0;
  #lastProgram = '';

  constructor(options: EngineOptions) {
    this.#options = options;
    const disk = options.disk ?? nodeDisk();
    const { log } = options;
    this.#workspace = createWorkspace({
      disk,
      roots: options.roots,
      knownRules: [...this.#ids],
      ...(options.only === undefined ? {} : { only: options.only }),
      ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
      ...(options.libDir === undefined ? {} : { libDir: options.libDir }),
      ...(log === undefined ? {} : { log }),
    });
    this.#units = new Units(this.#workspace);
    const { cacheDir } = options;
    const name = hashText(options.roots.join('\n'));
    this.#cache =
      cacheDir === undefined
        ? null
        : openCache({
            disk,
            folder: cacheDir,
            name,
            version: CACHE_VERSION,
            ...(log === undefined ? {} : { log }),
          });
  }

  apply(change: Change): void {
    const before = this.#linked === null ? null : new Set(this.files());
    this.#workspace.apply(change);
    this.#change++;
    if (before !== null && this.#mayResolveAnew(change, before)) this.#linked = null;
  }

  files(): readonly FileId[] {
    return this.#workspace.files();
  }

  text(file: FileId): string | null {
    return this.#workspace.text(file);
  }

  quickFindings(file: FileId, cancelled?: CancelCheck): readonly Finding[] {
    const result = this.#fileResult(file, cancelled);
    if (result === null) return [];
    return this.#finish(file, result, result.findings, false);
  }

  findings(file: FileId, cancelled?: CancelCheck): readonly Finding[] {
    const result = this.#fileResult(file, cancelled);
    if (result === null) return [];
    const program = this.#programFindings(cancelled).get(file) ?? [];
    return this.#finish(file, result, [...result.findings, ...program], true);
  }

  fixes(finding: Finding): readonly Fix[] {
    const told = this.#told.get(finding) ?? this.#findAgain(finding);
    if (told === null) return [];
    const program = told.rule.scope === 'program' ? this.#link().facts.program : null;
    const { file } = finding.span;
    try {
      return fixesOf(told, {
        text: (each) => this.text(each),
        unit: (each) => this.#units.unit(each),
        program,
      });
    } catch (error) {
      this.#fail(told.rule, error, file);
      return [];
    }
  }

  explain(file: FileId, offset: number): Explanation | null {
    const unit = this.#units.unit(file);
    if (unit === null) return null;
    return explainAt(this.#link().facts, unit, offset, (mark) => this.#spanAt(mark));
  }

  why(file: FileId, line: number): readonly Reason[] {
    const unit = this.#units.unit(file);
    if (unit === null) return [];
    return reasonsAt(this.#link().facts, unit, line, (mark) => this.#spanAt(mark));
  }

  print(stage: 'unit' | 'program' | 'facts', file: FileId): string {
    if (stage === 'unit') {
      const unit = this.#units.unit(file);
      return unit === null ? '' : printUnit(unit);
    }
    return printProgram(this.#link().facts.program);
  }

  generation(): number {
    return this.#generation;
  }

  problems(): readonly Problem[] {
    const found: Problem[] = [...this.#workspace.problems(), ...this.#failures.values()];
    for (const file of this.files()) {
      const tooLarge = this.#units.tooLarge(file);
      if (tooLarge !== null) found.push({ file, message: tooLarge, note: true });
      const first = this.#quick.get(file)?.result.syntax[0];
      if (first !== undefined) {
        const { start, end, message } = first;
        const text = `${message.replace(/\.$/, '')}; what stands behind this syntax error may be missed`;
        found.push({ file, span: { file, start, end }, message: text, note: true });
      }
    }
    return found;
  }

  ruleTimes(): readonly RuleTime[] {
    return RULES.map(({ meta: { id } }) => ({
      rule: id,
      milliseconds: this.#times.get(id) ?? 0,
      findings: this.files()
        .flatMap((file) => this.findings(file))
        .filter((finding) => finding.rule === id).length,
    }));
  }

  save(): void {
    this.#cache?.save();
  }

  /** What the file says by itself, from this run, from the cache, or found now. */
  #fileResult(file: FileId, cancelled: CancelCheck | undefined): FileResult | null {
    const text = this.text(file);
    if (text === null || this.#units.tooLarge(file) !== null) return null;
    const known = this.#quick.get(file);
    if (known?.text === text) return known.result;
    stopIf(cancelled);
    const key = `file ${file} ${this.#units.textHash(file) ?? ''}`;
    const cached = this.#cache?.get(key) as FileResult | undefined;
    const result = cached ?? this.#checkFile(file, cancelled);
    if (cached === undefined) this.#cache?.set(key, result);
    this.#quick.set(file, { text, result });
    return result;
  }

  #checkFile(file: FileId, cancelled: CancelCheck | undefined): FileResult {
    const unit = this.#units.unit(file)!;
    const kindsOf = (points: readonly Mark[]): readonly ReceiverKind[] => {
      const spans = points.map((point) => this.#spanAt(point) ?? { start: 0, end: 0 });
      return this.#workspace.kindsOf(file, spans, cancelled);
    };
    const told = runFileRules(RULES, unit, kindsOf, this.#runner(file));
    const { suppressions, syntax } = unit;
    return { findings: this.#resolve(told), suppressions, syntax };
  }

  #resolve(told: readonly Told[]): Finding[] {
    return told.flatMap((each) => {
      const finding = findingOf(each, (mark) => this.#spanAt(mark));
      if (finding === null) return [];
      this.#told.set(finding, each);
      return [finding];
    });
  }

  /** Severity as configured, suppressions, order. */
  #finish(file: FileId, result: FileResult, raw: readonly Finding[], all: boolean): readonly Finding[] {
    const rules = { ...this.#workspace.config(file).rules, ...this.#options.rules };
    const isOff = (rule: string) => rules[rule] === 'off';
    const found = raw.filter((finding) => !isOff(finding.rule));
    const unitLines = result.suppressions.length === 0 ? [] : (this.#units.unit(file)?.lines ?? []);
    const { kept, wrong } = suppress(found, result.suppressions, unitLines, this.#ids, isOff);
    const own = all && !isOff(SUPPRESSION) ? wrong.map((each) => suppressionFinding(file, each)) : [];
    const configured = [...kept, ...own].map((finding) => this.#configured(finding, rules[finding.rule]));
    return configured.sort(compareFindings);
  }

  #configured(finding: Finding, severity: Severity | 'off' | undefined): Finding {
    if (severity === undefined || severity === 'off' || finding.confidence === 'possible') return finding;
    const changed = { ...finding, severity };
    const told = this.#told.get(finding);
    if (told !== undefined) this.#told.set(changed, told);
    return changed;
  }

  #programFindings(cancelled: CancelCheck | undefined): ReadonlyMap<FileId, readonly Finding[]> {
    const stamp = String(this.#change);
    if (this.#program?.stamp === stamp) return this.#program.by;
    const cached = this.#cachedProgram();
    const findings = cached ?? this.#resolve(this.#link(cancelled).told);
    if (cached === null) this.#cacheProgram(findings);
    const by = new Map<FileId, Finding[]>();
    for (const finding of findings) {
      const list = by.get(finding.span.file);
      if (list === undefined) by.set(finding.span.file, [finding]);
      else list.push(finding);
    }
    this.#program = { by, stamp };
    const printed = hashText(JSON.stringify(findings));
    if (printed !== this.#lastProgram) this.#generation++;
    this.#lastProgram = printed;
    return by;
  }

  /** Reuses the linked program while nothing that it was made from means anything else (cut-off 2). */
  #link(cancelled?: CancelCheck): Linked {
    const roots = this.#units.roots(this.files());
    const key = roots.join('\n');
    const known = this.#linked;
    if (known?.roots === key && [...known.used].every(([file, hash]) => this.#unitHash(file) === hash))
      return known;
    const used = new Map<FileId, string | null>();
    const program: Program = link(roots, {
      unit: (file) => {
        const unit = this.#units.unit(file);
        used.set(file, unit === null ? null : meaningOf(unit));
        return unit;
      },
      resolve: (specifier, from) => this.#workspace.resolve(specifier, from),
      resolvePath: (path, from) => this.#workspace.resolvePath(path, from),
      cancelled,
    });
    const [limit] = program.limits;
    if (limit !== undefined) {
      const more = program.limits.length === 1 ? '' : ` (and ${program.limits.length - 1} more like it)`;
      this.#options.log?.(`not everything was followed to its end: ${limit}${more}`);
    }
    const facts = factsOf(program);
    const told = runProgramRules(RULES, facts, this.#runner(roots[0] ?? ''));
    this.#linked = { roots: key, used, facts, told };
    return this.#linked;
  }

  /** A file that was not there may be the worker or the import that was missed; so may a changed path mapping. */
  #mayResolveAnew({ opened = [], closed = [], onDisk = [] }: Change, before: ReadonlySet<FileId>): boolean {
    const touched = [...opened.map(({ file }) => file), ...closed, ...onDisk];
    return (
      touched.some((file) => this.#linked?.used.has(file) !== true && !before.has(file)) ||
      onDisk.some((file) => this.text(file) === null)
    );
  }

  #unitHash(file: FileId): string | null {
    const unit = this.#units.unit(file);
    return unit === null ? null : meaningOf(unit);
  }

  #spanAt({ file, func, n }: Mark): Span | null {
    const spans = this.#units.unit(file)?.spans[func];
    const [start, end] = [spans?.[2 * n], spans?.[2 * n + 1]];
    return start === undefined || end === undefined ? null : { file, start, end };
  }

  #runner(file: FileId) {
    return {
      failed: (rule: Rule, error: unknown) => this.#fail(rule, error, file),
      spent: (rule: Rule, milliseconds: number) => {
        const { id } = rule.meta;
        this.#times.set(id, (this.#times.get(id) ?? 0) + milliseconds);
      },
    };
  }

  #fail(rule: Rule, error: unknown, file: FileId): void {
    if (this.#options.strict === true) throw error;
    const { id } = rule.meta;
    if (this.#failures.has(id)) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log?.(`rule ${id} failed: ${text}`);
    const first = error instanceof Error ? error.message : String(error);
    this.#failures.set(id, {
      file,
      message: `rule ${id} failed (${first}); the other rules went on; please report it`,
    });
  }

  /** A finding that came from the cache: the rule runs again, to know what its fix needs. */
  #findAgain(finding: Finding): Told | null {
    const rule = RULES.find((each) => each.meta.id === finding.rule);
    const unit = this.#units.unit(finding.span.file);
    if (rule === undefined || unit === null) return null;
    const told =
      rule.scope === 'program'
        ? this.#link().told
        : runFileRules([rule], unit, () => [], this.#runner(unit.file));
    const same = told.find((each) => {
      const span = this.#spanAt(each.report.at);
      return each.rule === rule && span?.start === finding.span.start && span.end === finding.span.end;
    });
    return same ?? null;
  }

  #programKey(): string {
    const roots = this.#units.roots(this.files());
    return `program ${hashText(this.files().join('\n'))} ${hashText(roots.map((file) => this.#units.textHash(file)).join('\n'))}`;
  }

  #cachedProgram(): readonly Finding[] | null {
    if (this.#cache === null) return null;
    const cached = this.#cache.get(this.#programKey()) as
      | {
          readonly used: readonly (readonly [FileId, string | null])[];
          readonly findings: readonly Finding[];
        }
      | undefined;
    const isValid = cached?.used.every(([file, hash]) => this.#units.textHash(file) === hash);
    return isValid === true ? cached!.findings : null;
  }

  #cacheProgram(findings: readonly Finding[]): void {
    if (this.#cache === null || this.#linked === null) return;
    const used = [...this.#linked.used.keys()].map((file) => [file, this.#units.textHash(file)]);
    this.#cache.set(this.#programKey(), { used, findings });
  }
}

/** Changes whenever the shape or the meaning of what is cached does. */
const CACHE_VERSION = 'lockstep 0.1.0 1';

function suppressionFinding(
  file: FileId,
  { start, end, message }: { start: number; end: number; message: string },
): Finding {
  return {
    rule: SUPPRESSION,
    category: 'lockstep',
    severity: 'warning',
    confidence: 'proved',
    span: { file, start, end },
    message,
    related: [],
    schedule: [],
    lesson: '01-first-race',
  };
}
