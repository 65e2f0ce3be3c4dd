/**
 * For: telling Node where the author's columns are: a source map of one file to itself, made from what was inserted.
 * In and out: shifts of columns in; a comment for the end of the text out. Source Map Revision 3.
 */
import type { Instrumented } from './instrument.ts';

/** Marks the maps that are made here; it stands in their `file`. */
export const OWN_MAP = 'lockstep.race';

export function mapComment(url: string, text: string, shifts: Instrumented['shifts']): string {
  let mappings = '';
  let line = 0;
  let column = 0;
  text.split(/\r\n|\n|\r/).forEach((content, at) => {
    if (at > 0) mappings += ';';
    const inserted = shifts[at] ?? [];
    let grown = 0;
    let index = 0;
    let generated = 0;
    let first = true;
    // Node takes the start of the segment for the place of an error, so each token begins one.
    for (const { index: token } of content.matchAll(/\w+|[^\s\w]/g)) {
      while (index < inserted.length && inserted[index]! - grown <= token) {
        grown += inserted[index + 1]!;
        index += 2;
      }
      mappings += `${first ? '' : ','}${vlq(token + grown - generated)}A${vlq(at - line)}${vlq(token - column)}`;
      [generated, line, column, first] = [token + grown, at, token, false];
    }
  });
  const map = { version: 3, file: OWN_MAP, sources: [url], sourcesContent: [text], names: [], mappings };
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest === 0 ? digit : digit | 32]!;
  } while (rest !== 0);
  return text;
}
