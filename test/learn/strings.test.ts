/** Every word of the interface can be translated: the bundle of the code's strings and that of the manifest are whole. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { RULES } from '../../server/src/rules/index.ts';
import { ROOT, filesBelow, read } from '../tools/sources.ts';

const BUNDLE = join(ROOT, 'media/l10n/bundle.l10n.json');

it('has every string of the client in the bundle that translators start from', () => {
  const used = filesBelow('client/src', (path) => path.endsWith('.ts')).flatMap((path) =>
    [...read(path).matchAll(/l10n\.t\(\s*('(?:[^'\\]|\\.)*')/g)].map((match) =>
      match[1]!.slice(1, -1).replaceAll("\\'", "'"),
    ),
  );
  const calls = filesBelow('client/src', (path) => path.endsWith('.ts')).flatMap((path) => [
    ...read(path).matchAll(/l10n\.t\(/g),
  ]);
  // A string that is put together at run time could not be translated.
  expect(used).toHaveLength(calls.length);
  const sorted = [...new Set(used)].sort();
  if (process.env['UPDATE'] === '1') {
    mkdirSync(dirname(BUNDLE), { recursive: true });
    writeFileSync(
      BUNDLE,
      `${JSON.stringify(Object.fromEntries(sorted.map((text) => [text, text])), null, 2)}\n`,
    );
  }
  expect(existsSync(BUNDLE)).toBe(true);
  expect(Object.keys(JSON.parse(readFileSync(BUNDLE, 'utf8')) as object)).toEqual(sorted);
});

it('has every string of the manifest, and no other', () => {
  const used = [...read('package.json').matchAll(/"%([\w.-]+)%"/g)].map((match) => match[1]!);
  const known = JSON.parse(read('package.nls.json')) as Record<string, string>;
  expect([...new Set(used)].sort()).toEqual(Object.keys(known).sort());
});

it('calls each rule in the settings by its own title', () => {
  const known = JSON.parse(read('package.nls.json')) as Record<string, string>;
  const titles = RULES.map(({ meta }) => [`rule.${meta.id}`, meta.title] as const);
  expect(Object.fromEntries(titles.map(([key]) => [key, known[key]]))).toEqual(Object.fromEntries(titles));
});
