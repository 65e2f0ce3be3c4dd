/** For: a few lines of code with carets under the part that is meant. In and out: text and a range in, lines out. */
import { lineStarts } from '../base/text.ts';
import type { Range } from './report.ts';
import { displayWidth, printable, type Style } from './style.ts';

/** A range over more lines than this shows its beginning and says how far it reaches. */
const MOST_LINES = 6;

export interface ExcerptOptions {
  readonly style: Style;
  readonly paint: (text: string) => string;
  /** Columns of the terminal. */
  readonly columns: number;
}

/** One line of context on either side; lines wider than the terminal show the part around the range. */
export function excerpt(text: string, range: Range, options: ExcerptOptions): string[] {
  const { style, paint } = options;
  const starts = lineStarts(text);
  const lineText = (line: number) =>
    text.slice(starts[line - 1], starts[line] ?? text.length).replace(/[\r\n]+$/, '');
  const { start, end } = range;
  if (start.line > starts.length) return [];
  // A range that ends at the very beginning of a line does not cover that line.
  const lastLine = end.column === 1 && end.line > start.line ? end.line - 1 : end.line;
  const shownTo = Math.min(lastLine, start.line + MOST_LINES - 1, starts.length);
  const from = Math.max(1, start.line - 1);
  const to = shownTo < lastLine ? shownTo : Math.min(starts.length, lastLine + 1);
  const gutter = String(to).length;
  const width = Math.max(20, options.columns - gutter - 4);

  const lines: string[] = [];
  const emit = (number: string, shown: string) =>
    lines.push(` ${style.dim(`${number.padStart(gutter)} |`)}${shown === '' ? '' : ` ${shown}`}`);
  for (let line = from; line <= to; line++) {
    const content = lineText(line);
    const marked = line >= start.line && line <= shownTo;
    if (!marked) {
      if (content.trim() !== '') emit(String(line), window(printable(content), 0, width).shown);
      continue;
    }
    const indent = content.length - content.trimStart().length;
    const first = line === start.line ? start.column - 1 : indent;
    const last = line === end.line ? Math.min(end.column - 1, content.length) : content.length;
    const before = printable(content.slice(0, first));
    const inside = printable(content.slice(first, last));
    const { shown, skipped } = window(before + inside + printable(content.slice(last)), before.length, width);
    emit(String(line), shown);
    const lead = ' '.repeat(displayWidth(skipped === 0 ? before : `…${before.slice(skipped + 1)}`));
    const carets = '^'.repeat(Math.max(1, Math.min(displayWidth(inside), width - displayWidth(lead))));
    emit('', lead + paint(carets));
  }
  if (shownTo < lastLine) emit('', style.dim(`… to line ${lastLine}`));
  return lines;
}

/** At most `width` characters of a line, moved right so that `focus` is in sight; `…` stands where something is cut. */
function window(line: string, focus: number, width: number): { shown: string; skipped: number } {
  if (line.length <= width) return { shown: line, skipped: 0 };
  const skipped = focus < width - 20 ? 0 : Math.min(focus - 10, line.length - width);
  const cut = line.slice(skipped, skipped + width);
  const head = skipped === 0 ? cut : `…${cut.slice(1)}`;
  return { shown: skipped + width < line.length ? `${head.slice(0, -1)}…` : head, skipped };
}
