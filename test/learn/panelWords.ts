/** The panel's words in English, as client/src/strings.ts gives them to the editor to translate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/sources.ts';

/** Read from the source, for the module itself can be loaded in the editor only. */
export function panelWords(): Record<string, string> {
  const source = readFileSync(join(ROOT, 'client/src/strings.ts'), 'utf8');
  const entries = source.matchAll(/^ {4}(\w+): vscode\.l10n\.t\(\s*'((?:[^'\\]|\\.)*)',?\s*\)/gm);
  return Object.fromEntries([...entries].map(([, key, text]) => [key!, text!]));
}
