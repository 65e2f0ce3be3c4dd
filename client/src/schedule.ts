/**
 * For: a schedule as text: time runs downwards, each agent has a lane, a dot says whose step it is.
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

/** The page opens beside the code, in half a window: longer sentences are broken. */
const WIDTH = 34;

/** `shortName` turns a URI into what the reader calls the file. */
export function schedulePage(
  title: readonly string[],
  steps: readonly ScheduleStep[],
  shortName: (uri: string) => string,
): SchedulePage {
  const agents = [...new Set(steps.map((step) => step.agent))];
  const numberWidth = String(steps.length).length;
  const row = (number: string, lanes: readonly string[], text: string) =>
    `${number.padStart(numberWidth)} ${lanes.join(' ')}  ${text}`.trimEnd();
  const idle = agents.map(() => '│');

  const lines = [...title, ''];
  for (const [index, agent] of agents.entries()) {
    lines.push(
      row(
        '',
        agents.map((_, lane) => (lane < index ? '│' : lane === index ? '┌' : '─')),
        agent,
      ),
    );
  }
  lines.push(row('', idle, ''));
  const links: SchedulePage['links'][number][] = [];
  for (const [index, step] of steps.entries()) {
    const lanes = agents.map((agent) => (agent === step.agent ? '●' : '│'));
    for (const [part, text] of broken(`${step.agent} ${step.does}`).entries()) {
      lines.push(part === 0 ? row(String(index + 1), lanes, text) : row('', idle, text));
    }
    const place = `${shortName(step.uri)}:${step.range.start.line + 1}`;
    const text = row('', idle, place);
    links.push({
      at: { line: lines.length, from: text.length - place.length, to: text.length },
      uri: step.uri,
      line: step.range.start.line,
      column: step.range.start.character,
    });
    lines.push(text, row('', idle, ''));
  }
  return { text: `${lines.join('\n')}\n`, links };
}

/** Lines of at most WIDTH characters, broken between words; a longer word stays whole. */
function broken(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
