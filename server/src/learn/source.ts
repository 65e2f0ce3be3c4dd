/**
 * For: the files of a lesson as the learner meets them: carets and region marks are the author's, and are taken out.
 * In and out: text in; text and what its marks said out.
 * Must never know: a disk, syntax.
 */
import type { Annotation, Claim, Timeline } from './protocol.ts';
import type { LessonError } from './lesson.ts';

export interface Source {
  /** Without carets and region marks; ends with one line end. */
  readonly text: string;
  readonly annotations: readonly Annotation[];
  /** Lines of `text`, counted from 0, `end` exclusive. */
  readonly regions: ReadonlyMap<string, { readonly start: number; readonly end: number }>;
}

const CARETS = /^(\s*\/\/\s*)(\^+) ([\w-]+): (.*)$/;
const REGION = /^\s*\/\/ #(region ([\w-]+)|endregion)\s*$/;
const OK = /\s*\/\/ ok(?::.*)?$/;

/** `//  ^^^^ rule-id: message` speaks of those columns of the code line above it; `// ok` marks a line that must stay silent. */
export function readSource(raw: string): Source {
  const out: string[] = [];
  const annotations: Annotation[] = [];
  const regions = new Map<string, { start: number; end: number }>();
  let open: { name: string; start: number } | null = null;
  for (const line of raw.replace(/\r?\n$/, '').split(/\r?\n/)) {
    const carets = CARETS.exec(line);
    if (carets !== null) {
      const start = carets[1]!.length;
      annotations.push({
        line: out.length - 1,
        start,
        end: start + carets[2]!.length,
        rule: carets[3]!,
        message: carets[4]!,
      });
      continue;
    }
    const region = REGION.exec(line);
    if (region?.[2] !== undefined) open = { name: region[2], start: out.length };
    else if (region !== null && open !== null) {
      regions.set(open.name, { start: open.start, end: out.length });
      open = null;
    } else out.push(line.replace(OK, ''));
  }
  return { text: `${out.join('\n')}\n`, annotations, regions };
}

/**
 * expect.txt: the name of a program on a line of its own, below it one indented line per outcome:
 * `fine | 200000 | every addition counted`. A pattern between slashes is a regular expression over the whole outcome.
 */
export function readClaims(text: string): { claims: Map<string, Claim[]>; errors: LessonError[] } {
  const claims = new Map<string, Claim[]>();
  const errors: LessonError[] = [];
  let current: Claim[] | null = null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (!/^\s/.test(line)) {
      current = [];
      claims.set(line.trim(), current);
      continue;
    }
    // The bars stand between spaces; one within a pattern does not.
    const [, kind, pattern, meaning] = /^\s+(\w+)\s+\|\s+(.+)\s+\|\s+(.+?)\s*$/.exec(line) ?? [];
    if (current === null || (kind !== 'fine' && kind !== 'harm') || !pattern || !meaning) {
      errors.push({
        line: index + 1,
        message: 'expected `fine | outcome | meaning` below the name of a program',
      });
    } else current.push({ kind, pattern, meaning });
  }
  return { claims, errors };
}

/** The claim that an outcome falls under, or null: then the lesson does not tell the truth. */
export function claimFor(claims: readonly Claim[], outcome: string): Claim | null {
  return claims.find((claim) => matches(claim.pattern, outcome)) ?? null;
}

function matches(pattern: string, outcome: string): boolean {
  const inner = /^\/(.*)\/$/.exec(pattern)?.[1];
  return inner === undefined ? pattern === outcome : new RegExp(`^(?:${inner})$`).test(outcome);
}

/** The eleven words of server/src/ir, as a reader meets them. */
const WORDS = 'read|write|acquire|release|wait|notify|suspend|spawn|join|send|receive';
const STEP = new RegExp(`^([^:]+): (${WORDS}) ([^=!]+?)(?: = ([^!]+?))?( !)?(?: -- (.+))?$`);

/**
 * `title …`, then `agent: word place = value` per step (`!` marks the harmful one, `-- …` a note),
 * `edge 1 -> 3 label` for an order that holds (steps counted from 1), and `result …`. `memory …` names the cells when they are not shared memory.
 */
export function readTimeline(text: string): { timeline: Timeline; errors: LessonError[] } {
  const timeline: Timeline = { title: '', memory: null, agents: [], steps: [], edges: [], result: '' };
  const errors: LessonError[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const word = /^(title|memory|result) (.+)$/.exec(line);
    const edge = /^edge (\d+) -> (\d+) (.+)$/.exec(line);
    const step = STEP.exec(line);
    if (word !== null) timeline[word[1] as 'title' | 'memory' | 'result'] = word[2]!;
    else if (edge !== null) {
      timeline.edges.push({ from: Number(edge[1]) - 1, to: Number(edge[2]) - 1, label: edge[3]! });
    } else if (step !== null) {
      const name = step[1]!;
      if (!timeline.agents.includes(name)) timeline.agents.push(name);
      timeline.steps.push({
        agent: timeline.agents.indexOf(name),
        word: step[2]!,
        place: step[3]!,
        value: step[4] ?? null,
        harm: step[5] !== undefined,
        note: step[6] ?? null,
      });
    } else {
      errors.push({
        line: index + 1,
        message: 'expected `agent: word place = value`, `edge`, `title` or `result`',
      });
    }
  }
  for (const { from, to } of timeline.edges) {
    if (timeline.steps[from] === undefined || timeline.steps[to] === undefined || from >= to) {
      errors.push({
        line: 1,
        message: `the edge ${from + 1} -> ${to + 1} does not lead from a step to a later one`,
      });
    }
  }
  if (timeline.title === '' || timeline.result === '' || timeline.agents.length === 0) {
    errors.push({ line: 1, message: 'a timeline has a title, steps and a result' });
  }
  return { timeline, errors };
}
