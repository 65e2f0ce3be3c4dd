import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparisonsOf, forbiddenByAtomics, verdicts } from '../../server/src/explore/verdicts.ts';
import { explain } from '../../server/src/explore/explain.ts';
import { explore } from '../../server/src/explore/explore.ts';
import { isRace } from '../../server/src/explore/program.ts';
import { readProgram } from '../../server/src/explore/validate.ts';
import { outcomeText } from './agree.ts';

const folder = new URL('../../media/litmus/', import.meta.url);
const files = readdirSync(folder).sort();
const programOf = (file: string) => readProgram(readFileSync(new URL(file, folder), 'utf8'), 'litmus');

/** What the catalogue must hold, by file. */
const WANTED = [
  'sb',
  'mp',
  'lb',
  's',
  'r',
  '2+2w',
  'wrc',
  'rwc',
  'iriw',
  'isa2',
  'corr',
  'coww',
  'corw',
  'cowr-final',
  // The repair of 2019.
  'issue-1354',
  'dagger',
  'stephen',
  'tear-init',
  'tear-two-stores',
  'tear-f64',
  'tear-i64',
  'tear-dataview',
  'mixed-bytes',
  'mixed-flag',
  'init-store',
  'wait-store-first',
  'wait-notify-first',
  'wait-no-store',
  'wait-fifo',
  'wait-fifo-order',
  'wait-timeout',
  'mp-atomics',
  'dekker',
  'peterson',
  'seqlock',
  'double-checked',
  'spin-lock',
  'spin-lock-broken',
  'self-justifying',
  'thin-air',
];

describe('the catalogue', () => {
  it('holds at least 40 programs with names of their own', () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
    expect(new Set(files.map((file) => programOf(file).name)).size).toBe(files.length);
    expect(WANTED.filter((name) => !files.includes(`${name}.litmus`))).toEqual([]);
  });

  it.each(files)('%s says what it asks, where it is from, and what comes out', (file) => {
    const program = programOf(file);
    expect(program.question).toMatch(/\?$/);
    expect(program.source).not.toBe('');
    expect(program.claims.some(isRace)).toBe(true);
    expect(program.claims.some((claim) => !isRace(claim))).toBe(true);
    for (const { why } of program.claims) expect(why).toMatch(/^[^.]+[^.]$/);
    const failed = verdicts(program).filter(({ holds }) => !holds);
    expect(failed.map(({ claim }) => claim)).toEqual([]);
  });

  it.each(files)('%s: every forbidden outcome has a reason, and no allowed one has', (file) => {
    const program = programOf(file);
    const found = explore(program);
    for (const outcome of found.outcomes.slice(0, 20)) {
      const { allowed, complete } = explain(program, comparisonsOf(outcome), { whole: true });
      // Of an allowed outcome no reason may be found, however long the search; it need not find the execution.
      expect(allowed || !complete, outcomeText(outcome)).toBe(true);
    }
    const forbidden = [
      ...program.claims.flatMap((claim) =>
        claim.verdict === 'forbidden' && claim.under === null ? [claim.when] : [],
      ),
      ...forbiddenByAtomics(program, found).slice(0, 10).map(comparisonsOf),
    ];
    for (const when of forbidden) {
      const { allowed, refusals, none } = explain(program, when);
      expect(allowed).toBe(false);
      expect(refusals.length > 0).toBe(none === null);
      for (const { why } of refusals) expect(why).toMatch(/^[^\n]+[^.]$/);
    }
  });
});

/** Verdicts of others, by hand from their texts: Watt and others' artefact, tc39/ecma262 #1354, and the clauses themselves. */
describe('known verdicts', () => {
  const outcomes = (file: string, model: 'es' | 'es2017' = 'es', init: 'literal' | 'tear-free' = 'literal') =>
    explore(programOf(`${file}.litmus`), { model, init }).outcomes.map(outcomeText);

  it.each([
    ['r', 'end=2 r0=0'],
    ['2+2w', 'endX=1 endY=1'],
    ['cowr-final', 'end=1 r0=2'],
    ['dagger', 'r0=1 r1=1 r2=3'],
    ['issue-1354', 'r0=1 r1=2 r2=1'],
  ])('%s: %s is allowed before the repair and forbidden since', (file, outcome) => {
    expect(outcomes(file, 'es2017')).toContain(outcome);
    expect(outcomes(file)).not.toContain(outcome);
  });

  it('stephen is forbidden before the repair and allowed since', () => {
    expect(outcomes('stephen', 'es2017')).not.toContain('r0=1 r1=1 r2=2');
    expect(outcomes('stephen')).toContain('r0=1 r1=1 r2=2');
  });

  it('0x0001 comes out of 0x0101 only where zeros are written byte by byte', () => {
    expect(outcomes('tear-init')).toEqual(['r=0', 'r=1', 'r=256', 'r=257']);
    expect(outcomes('tear-init', 'es', 'tear-free')).toEqual(['r=0', 'r=257']);
  });

  it('control that justifies itself gives 1, 1', () => {
    expect(outcomes('self-justifying')).toEqual(['r0=0 r1=0', 'r0=1 r1=1']);
  });

  it('two byte stores under a word load give all sixteen pairs', () => {
    expect(outcomes('mixed-bytes')).toHaveLength(16);
  });

  it('values out of thin air are left out, and said to be', () => {
    const found = explore(programOf('thin-air.litmus'));
    expect(found.outcomes).toEqual([{ r0: '0', r1: '0' }]);
    expect(found.thinAir).toBe(true);
    expect(explore(programOf('sb.litmus')).thinAir).toBe(false);
  });
});
