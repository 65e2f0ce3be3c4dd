/** The server's own requests, as the client trusts them: checked where they arrive, never assumed. */
import * as v from 'valibot';

const position = v.object({ line: v.number(), character: v.number() });
const range = v.object({ start: position, end: position });

const why = v.object({
  reasons: v.array(
    v.object({
      name: v.string(),
      message: v.string(),
      range,
      links: v.array(v.object({ label: v.string(), uri: v.string(), range })),
    }),
  ),
});
const explain = v.object({ markdown: v.string() });
const status = v.object({ busy: v.boolean(), findings: v.number() });
const step = v.object({ agent: v.string(), does: v.string(), uri: v.string(), range });
const target = v.object({
  uri: v.optional(v.string()),
  line: v.optional(v.number()),
  rule: v.optional(v.string()),
  schedule: v.optional(v.array(step)),
});
const data = v.object({ schedule: v.optional(v.array(step)), lesson: v.optional(v.string()) });

export type ProtocolRange = v.InferOutput<typeof range>;
export type WhyAnswer = v.InferOutput<typeof why>;
export type ServerStatus = v.InferOutput<typeof status>;
export type ScheduleStep = v.InferOutput<typeof step>;
/** What a code action or a link may say of the finding that it stands for; lines count from 0. */
export type Target = v.InferOutput<typeof target>;

/** Throws when the server answers in another shape. */
export const parseWhy = (value: unknown): WhyAnswer => v.parse(why, value);
export const parseExplain = (value: unknown): { markdown: string } => v.parse(explain, value);

export function parseStatus(value: unknown): ServerStatus | null {
  const parsed = v.safeParse(status, value);
  return parsed.success ? parsed.output : null;
}

/** A command without (or with foreign) arguments speaks about the place of the cursor. */
export function parseTarget(value: unknown): Target {
  const parsed = v.safeParse(target, value);
  return parsed.success ? parsed.output : {};
}

/** The schedule that travels with a diagnostic; empty when there is none. */
export function scheduleOf(value: unknown): readonly ScheduleStep[] {
  const parsed = v.safeParse(data, value);
  return parsed.success ? (parsed.output.schedule ?? []) : [];
}
