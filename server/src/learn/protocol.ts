/**
 * For: what crosses a border in a lesson: the built lesson, runner → client, client → panel, panel → client.
 * In and out: unknown in, checked data or null out. A message whose type is not listed here does not exist.
 * Must never know: the editor, the browser, a disk.
 */
import * as v from 'valibot';

/* ── the built lesson ─────────────────────────────────────────────────────────────────────────────────────── */

/** `fine`: what the author of the program wants; `harm`: allowed by the memory model or the language, and wrong. */
const claim = v.object({
  kind: v.picklist(['fine', 'harm']),
  /** A literal outcome, or a regular expression between slashes that the whole outcome must match. */
  pattern: v.string(),
  meaning: v.string(),
});

const annotation = v.object({
  /** Counts from 0 within the code that is shown; columns likewise, `end` exclusive. */
  line: v.number(),
  start: v.number(),
  end: v.number(),
  rule: v.string(),
  message: v.string(),
});

const timelineStep = v.object({
  agent: v.number(),
  word: v.string(),
  place: v.string(),
  value: v.nullable(v.string()),
  note: v.nullable(v.string()),
  harm: v.boolean(),
});

const timeline = v.object({
  title: v.string(),
  /** What the cells in the middle are: "shared memory" unless the lesson says otherwise. */
  memory: v.nullable(v.string()),
  agents: v.array(v.string()),
  steps: v.array(timelineStep),
  /** `from` and `to` count steps from 0. */
  edges: v.array(v.object({ from: v.number(), to: v.number(), label: v.string() })),
  result: v.string(),
});

const block = v.variant('kind', [
  v.object({ kind: v.literal('prose'), html: v.string() }),
  v.object({
    kind: v.literal('code'),
    file: v.string(),
    /** One entry per line, already escaped and marked up. */
    lines: v.array(v.string()),
    annotations: v.array(annotation),
  }),
  v.object({
    kind: v.literal('run'),
    file: v.string(),
    /** The built program, relative to the lesson's folder of the build. */
    entry: v.string(),
    claims: v.array(claim),
  }),
  v.object({
    kind: v.literal('predict'),
    question: v.string(),
    options: v.array(v.object({ html: v.string(), right: v.boolean() })),
    answer: v.string(),
  }),
  v.object({ kind: v.literal('timeline'), timeline }),
  v.object({ kind: v.literal('litmus'), file: v.string(), source: v.string() }),
]);

const lessonDoc = v.object({
  id: v.string(),
  title: v.string(),
  minutes: v.number(),
  rules: v.array(v.string()),
  words: v.array(v.string()),
  blocks: v.array(block),
  /** Every file that the lesson shows or runs, relative to its folder: what "open in an editor" copies. */
  files: v.array(v.string()),
});

export type Claim = v.InferOutput<typeof claim>;
export type Annotation = v.InferOutput<typeof annotation>;
export type Timeline = v.InferOutput<typeof timeline>;
export type TimelineStep = v.InferOutput<typeof timelineStep>;
export type Block = v.InferOutput<typeof block>;
export type LessonDoc = v.InferOutput<typeof lessonDoc>;

/** One line of the table of contents, `lessons/index.json`, in the order of the course. */
const entry = v.object({
  id: v.string(),
  title: v.string(),
  minutes: v.number(),
  rules: v.array(v.string()),
});
const index = v.array(entry);
export type LessonEntry = v.InferOutput<typeof entry>;

/** Throws on data that no build of this version has written. */
export const parseLessonDoc = (value: unknown): LessonDoc => v.parse(lessonDoc, value);
export const parseLessonIndex = (value: unknown): LessonEntry[] => v.parse(index, value);

/* ── runner → client (→ panel) ────────────────────────────────────────────────────────────────────────────── */

const END_REASONS = ['done', 'stopped', 'timeout', 'output', 'memory', 'failed'] as const;
export type EndReason = (typeof END_REASONS)[number];

const runEvent = v.variant('type', [
  v.object({ type: v.literal('line'), stream: v.picklist(['stdout', 'stderr']), text: v.string() }),
  /** All counts so far, not a difference: losing one message loses nothing. */
  v.object({ type: v.literal('tally'), counts: v.record(v.string(), v.number()) }),
  v.object({
    type: v.literal('end'),
    reason: v.picklist(END_REASONS),
    message: v.string(),
    milliseconds: v.number(),
  }),
]);
export type RunEvent = v.InferOutput<typeof runEvent>;

/** null: not a message of the runner. */
export function parseRunEvent(value: unknown): RunEvent | null {
  const parsed = v.safeParse(runEvent, value);
  return parsed.success ? parsed.output : null;
}

/** client → runner, once, first. */
const start = v.object({
  type: v.literal('start'),
  /** Absolute path of a built program. */
  entry: v.string(),
  limits: v.object({ milliseconds: v.number(), megabytes: v.number(), outputBytes: v.number() }),
});
export type RunStart = v.InferOutput<typeof start>;
export type RunLimits = RunStart['limits'];

export function parseRunStart(value: unknown): RunStart | null {
  const parsed = v.safeParse(start, value);
  return parsed.success ? parsed.output : null;
}

/* ── client ↔ panel ───────────────────────────────────────────────────────────────────────────────────────── */

/** Every word that the panel itself says; the client sends them in the reader's language. */
export const PANEL_STRING_KEYS = [
  'minutes',
  'rules',
  'run',
  'runAgain',
  'stop',
  'runs',
  'running',
  'openInEditor',
  'codeOf',
  'finding',
  'predictFirst',
  'yourGuess',
  'right',
  'wrong',
  'rightOption',
  'guessAgain',
  'outcome',
  'times',
  'share',
  'meaning',
  'results',
  'oneTrial',
  'trials',
  'fine',
  'harm',
  'unknown',
  'unknownMeaning',
  'nothingWrong',
  'output',
  'ended',
  'stopped',
  'timeout',
  'tooMuchOutput',
  'tooMuchMemory',
  'failed',
  'memory',
  'step',
  'agent',
  'does',
  'asText',
  'note',
  'allLessons',
  'previousLesson',
  'nextLesson',
  'wordRead',
  'wordReadValue',
  'wordWrite',
  'wordWriteValue',
  'wordAcquire',
  'wordRelease',
  'wordWait',
  'wordNotify',
  'wordSuspend',
  'wordSpawn',
  'wordJoin',
  'wordSend',
  'wordReceive',
  'heldBy',
  'free',
  'afterStep',
] as const;
export type PanelStrings = Record<(typeof PANEL_STRING_KEYS)[number], string>;

const strings = v.object(
  Object.fromEntries(PANEL_STRING_KEYS.map((key) => [key, v.string()])) as Record<
    (typeof PANEL_STRING_KEYS)[number],
    v.StringSchema<undefined>
  >,
);

const toPanel = v.variant('type', [
  v.object({
    type: v.literal('lesson'),
    lesson: lessonDoc,
    index,
    strings,
  }),
  v.object({ type: v.literal('run'), file: v.string(), event: runEvent }),
  /** The program is about to run: earlier results of the same file are out of date. */
  v.object({ type: v.literal('started'), file: v.string() }),
  v.object({ type: v.literal('problem'), message: v.string() }),
]);
export type ToPanel = v.InferOutput<typeof toPanel>;

const id = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,80}$/));
const file = v.pipe(v.string(), v.regex(/^(?:[\w-]+\/)?[\w-]+\.[\w.]+$/), v.maxLength(120));

const fromPanel = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('run'), file }),
  v.object({ type: v.literal('stop') }),
  v.object({
    type: v.literal('openFile'),
    file,
    line: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  }),
  v.object({ type: v.literal('openRule'), rule: id }),
  v.object({ type: v.literal('openLesson'), id }),
]);
export type FromPanel = v.InferOutput<typeof fromPanel>;

export function parseToPanel(value: unknown): ToPanel | null {
  const parsed = v.safeParse(toPanel, value);
  return parsed.success ? parsed.output : null;
}

export function parseFromPanel(value: unknown): FromPanel | null {
  const parsed = v.safeParse(fromPanel, value);
  return parsed.success ? parsed.output : null;
}
