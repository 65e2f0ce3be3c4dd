/**
 * For: a schedule as text: one row per step, one column per agent, so that who runs when can be read downwards.
 * In and out: steps in; text and the places in it that lead back into the code out.
 * Must never know: the editor.
 */
import type { ScheduleStep } from './requests.ts';

export interface SchedulePage {
  readonly text: string;
  /** Lines and columns count from 0; `at` is a place in `text`, the rest a place in the code. */
  readonly links: readonly {
    readonly at: { readonly line: number; readonly from: number; readonly to: number };
    readonly uri: string;
    readonly line: number;
    readonly column: number;
  }[];
}

/** `shortName` turns a URI into what the reader calls the file. */
export function schedulePage(
  title: string,
  steps: readonly ScheduleStep[],
  shortName: (uri: string) => string,
): SchedulePage {
  const agents = [...new Set(steps.map((step) => step.agent))];
  const numberWidth = String(steps.length).length;
  const widths = agents.map((agent) =>
    Math.max(agent.length, ...steps.filter((step) => step.agent === agent).map((step) => step.does.length)),
  );
  const row = (number: string, cells: readonly string[]) =>
    `${number.padStart(numberWidth)}  ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join('  │  ')}`;

  const lines = [
    title,
    '',
    row('', agents).trimEnd(),
    row(
      '',
      agents.map((_, i) => '─'.repeat(widths[i]!)),
    ),
  ];
  const links: SchedulePage['links'][number][] = [];
  for (const [index, step] of steps.entries()) {
    const place = `${shortName(step.uri)}:${step.range.start.line + 1}`;
    const cells = agents.map((agent) => (agent === step.agent ? step.does : ''));
    const text = `${row(String(index + 1), cells)}  `;
    links.push({
      at: { line: lines.length, from: text.length, to: text.length + place.length },
      uri: step.uri,
      line: step.range.start.line,
      column: step.range.start.character,
    });
    lines.push(text + place);
  }
  return { text: `${lines.join('\n')}\n`, links };
}
