/** For: what the editor sends as settings and options, made safe. In and out: unknown values in, plain records out. */
import { docsUrl, SEVERITIES, type Severity } from '../base/finding.ts';

/** Settings `lockstep.*` of one folder. */
export interface Settings {
  readonly enable: boolean;
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
}

/** The initialization options. */
export interface ServerOptions {
  /** A rule's page is at this address with the rule's id behind it; null: on the web. */
  readonly docsBase: string | null;
  /** The client carries out `lockstep.explainFinding`, `lockstep.openLesson`, `lockstep.suppress`, `lockstep.showSchedule`. */
  readonly commands: boolean;
  /**
   * The client takes a first answer that may be out of date across files, and asks again on `workspace/diagnostic/refresh`.
   * Without it an answer is always whole.
   */
  readonly quickAnswers: boolean;
}

export const DEFAULT_SETTINGS: Settings = { enable: true, rules: {} };

/** What is not understood is left out. */
export function parseSettings(value: unknown): Settings {
  const settings = asRecord(value);
  const rules: Record<string, Severity | 'off'> = {};
  for (const [id, severity] of Object.entries(asRecord(settings['rules'])))
    if (isSeverity(severity)) rules[id] = severity;
  return { enable: settings['enable'] !== false, rules };
}

export function parseOptions(value: unknown): ServerOptions {
  const options = asRecord(value);
  const docsBase = options['docsBase'];
  return {
    docsBase: typeof docsBase === 'string' && docsBase !== '' ? docsBase : null,
    commands: options['commands'] === true,
    quickAnswers: options['quickAnswers'] === true,
  };
}

export function pageAddress({ docsBase }: ServerOptions, rule: string): string {
  return docsBase === null ? docsUrl(rule) : docsBase + rule;
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isSeverity(value: unknown): value is Severity | 'off' {
  return value === 'off' || (SEVERITIES as readonly unknown[]).includes(value);
}
