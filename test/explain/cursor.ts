/** Fixtures with cursors: a digit in a block comment stands before the code in question, and is taken out before the analysis. */
import type { Engine, Explanation, Reason } from '../../server/src/engine.ts';
import { lineStarts, positionAt, type Span } from '../../server/src/base/text.ts';
import { engineOf, parseFixture, ROOT } from '../harness.ts';

export interface Pointed {
  readonly engine: Engine;
  /** Texts without cursors. */
  readonly texts: ReadonlyMap<string, string>;
  explain(cursor: number): Explanation;
  explainOrNull(cursor: number): Explanation | null;
  /** Reasons for the line of a cursor. */
  why(cursor: number): readonly Reason[];
  /** `main.ts:3` of each place, in order. */
  places(links: readonly { readonly span: Span }[]): string[];
  /** The code that a span covers. */
  code(span: Span): string;
}

const CURSOR = /\/\*(\d)\*\//;

export function point(source: string): Pointed {
  const cursors = new Map<number, { file: string; offset: number }>();
  const texts = new Map<string, string>();
  for (const [name, marked] of parseFixture(source.trimStart())) {
    let text = marked;
    for (let match = CURSOR.exec(text); match !== null; match = CURSOR.exec(text)) {
      cursors.set(Number(match[1]), { file: name, offset: match.index });
      text = text.slice(0, match.index) + text.slice(match.index + match[0].length);
    }
    texts.set(name, text);
  }
  const engine = engineOf(texts);
  const cursorOf = (cursor: number) => {
    const found = cursors.get(cursor);
    if (found === undefined) throw new Error(`the fixture has no cursor /*${cursor}*/`);
    return found;
  };
  const explainOrNull = (cursor: number) => {
    const { file, offset } = cursorOf(cursor);
    return engine.explain(`${ROOT}/${file}`, offset);
  };
  const textOf = (span: Span) => texts.get(span.file.slice(ROOT.length + 1)) ?? '';
  return {
    engine,
    texts,
    explainOrNull,
    explain(cursor) {
      const explanation = explainOrNull(cursor);
      if (explanation === null) throw new Error(`nothing is explained at /*${cursor}*/`);
      return explanation;
    },
    why(cursor) {
      const { file, offset } = cursorOf(cursor);
      return engine.why(`${ROOT}/${file}`, positionAt(lineStarts(texts.get(file) ?? ''), offset).line);
    },
    places: (links) =>
      links.map(
        ({ span }) =>
          `${span.file.slice(ROOT.length + 1)}:${positionAt(lineStarts(textOf(span)), span.start).line + 1}`,
      ),
    code: (span) => textOf(span).slice(span.start, span.end),
  };
}
