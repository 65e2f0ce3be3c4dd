/** Printed stages: source ⇒ Unit, files ⇒ Program. `UPDATE=1` rewrites the files; the difference is reviewed by eye. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineOf, parseFixture, ROOT } from './harness.ts';

const SEPARATOR = '\n=====\n';

describe.each([
  ['lower', 'unit'],
  ['link', 'program'],
] as const)('%s', (folder, stage) => {
  const dir = join(import.meta.dirname, folder);
  it.each(readdirSync(dir).filter((name) => name.endsWith('.txt')))('%s', (name) => {
    const path = join(dir, name);
    const [source, expected = ''] = readFileSync(path, 'utf8').split(SEPARATOR);
    const fixture = parseFixture(source!);
    const printed = engineOf(fixture).print(stage, `${ROOT}/${[...fixture.keys()][0]!}`);
    if (process.env['UPDATE'] === '1') writeFileSync(path, `${source}${SEPARATOR}${printed}`);
    else expect(printed).toBe(expected);
  });
});
