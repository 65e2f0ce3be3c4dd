/** Every example of every rule's page and every case file says what is found in it; here it is held to that. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../server/src/rules/index.ts';
import {
  applyFix,
  blocksOf,
  check,
  differences,
  parseFixture,
  silentLines,
  withoutCarets,
  type Block,
  type Fixture,
} from './harness.ts';

const RULES_DIR = join(import.meta.dirname, '../server/src/rules');

describe.each(RULES.map((rule) => [rule.meta.id] as const))('%s', (id) => {
  const dir = join(RULES_DIR, id);
  const blocks = blocksOf(readFileSync(join(dir, 'doc.md'), 'utf8'));

  it('has examples of both kinds', () => {
    expect(blocks.some((block) => block.kind === 'bad')).toBe(true);
    expect(blocks.some((block) => block.kind === 'good')).toBe(true);
  });

  it.each(blocks.map((block) => [block.kind, block.line, block] as const))(
    'doc.md: %s example at line %i',
    (_kind, _line, block) => {
      checkBlock(id, block, blocks[blocks.indexOf(block) - 1]);
    },
  );

  const cases = existsSync(join(dir, 'cases')) ? readdirSync(join(dir, 'cases')).sort() : [];
  it.each(cases)('cases/%s', (name) => {
    const fixture = parseFixture(readFileSync(join(dir, 'cases', name), 'utf8'));
    expect(differences(check(fixture))).toEqual([]);
    for (const [file, text] of fixture)
      expect(silentLines(text).map((line) => `${file}:${line + 1}`)).toBeDefined();
  });
});

function checkBlock(id: string, block: Block, before: Block | undefined): void {
  const fixture = parseFixture(block.text);
  const checked = check(fixture);
  expect(differences(checked)).toEqual([]);
  if (block.kind === 'good') return;
  if (block.kind === 'bad') {
    expect(checked.findings.some((finding) => finding.rule === id)).toBe(true);
    return;
  }
  expect(before?.kind).toBe('bad');
  expect(fixed(parseFixture(before!.text), id)).toEqual(withoutCarets(fixture));
}

/** The first fix of the first finding of the rule, applied to the text without its carets. */
function fixed(fixture: Fixture, id: string): Fixture {
  const clean = withoutCarets(fixture);
  const { engine, findings } = check(clean);
  const finding = findings.find((each) => each.rule === id)!;
  const [fix] = engine.fixes(finding);
  if (fix === undefined) throw new Error('no fix is offered');
  return applyFix(clean, fix);
}
