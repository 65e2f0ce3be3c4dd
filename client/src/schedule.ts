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

/** Two agents side by side fit half a window with this; longer sentences are broken. */
const COLUMN = 26;

/** `shortName` turns a URI into what the reader calls the file. */
export function schedulePage(
  title: string,
  steps: readonly ScheduleStep[],
  shortName: (uri: string) => string,
): SchedulePage {
  const agents = [...new Set(steps.map((step) => step.agent))];
  const places = steps.map((step) => `${shortName(step.uri)}:${step.range.start.line + 1}`);
  const cells = steps.map((step) => broken(step.does));
  const widths = agents.map((agent) => {
    const own = cells.filter((_, index) => steps[index]!.agent === agent).flat();
    return Math.max(agent.length, ...own.map((line) => line.length));
  });
  const numberWidth = String(steps.length).length;
  const placeWidth = Math.max(...places.map((place) => place.length));
  const row = (number: string, place: string, columns: readonly string[]) => {
    const padded = columns.map((text, index) => text.padEnd(widths[index]!));
    return `${number.padStart(numberWidth)}  ${place.padEnd(placeWidth)}  ${padded.join(' │ ')}`.trimEnd();
  };

  const lines = [title, '', row('', '', agents)];
  lines.push(
    row(
      '',
      '',
      widths.map((width) => '─'.repeat(width)),
    ).replaceAll(' │ ', '─┼─'),
  );
  const links: SchedulePage['links'][number][] = [];
  for (const [index, step] of steps.entries()) {
    const place = places[index]!;
    const from = numberWidth + 2;
    links.push({
      at: { line: lines.length, from, to: from + place.length },
      uri: step.uri,
      line: step.range.start.line,
      column: step.range.start.character,
    });
    for (const [part, text] of cells[index]!.entries()) {
      const columns = agents.map((agent) => (agent === step.agent ? text : ''));
      lines.push(part === 0 ? row(String(index + 1), place, columns) : row('', '', columns));
    }
  }
  return { text: `${lines.join('\n')}\n`, links };
}

/** Lines of at most COLUMN characters, broken between words; a longer word stays whole. */
function broken(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMN) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
