import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explore } from '../../server/src/explore/explore.ts';
import type { Op, Program } from '../../server/src/explore/program.ts';
import { validateBuilt } from '../../server/src/explore/validate.ts';
import { expectAgreement, expectSubset, outcomeTexts } from './agree.ts';
import type { ProgramKind } from './generate.ts';
import { programs } from './generate.ts';
import { SPECIAL, annotated } from './shapes.ts';

/** Runs per kind: as many as the literal reference ends on in about ten seconds. */
const RUNS: Readonly<Record<ProgramKind, number>> = {
  bytes: 1500,
  mixed: 1500,
  words: 500,
  wide: 12,
  rmw: 120,
  control: 500,
  wait: 250,
};

const SEED = 20190417;

describe('the explorer agrees with the literal reference', () => {
  it.each(Object.keys(RUNS) as ProgramKind[])('on generated programs: %s', { timeout: 120_000 }, (kind) => {
    fc.assert(
      fc.property(programs(kind), (program) => {
        validateBuilt(program);
        expectAgreement(program);
      }),
      { numRuns: RUNS[kind], seed: SEED },
    );
  });

  it('on every annotation of the classic shapes', { timeout: 120_000 }, () => {
    for (const program of annotated()) expectAgreement(program);
  });

  it.each(SPECIAL.map((program) => [program.name, program] as const))('on %s', (_, program) => {
    expectAgreement(program);
  });
});

describe('the explorer and the interleaving machine', () => {
  it('give the same outcomes where every access is atomic and of one size', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.oneof(programs('bytes'), programs('rmw'), programs('control'), programs('wait')),
        (drawn) => {
          const program = atomic(drawn);
          const es = explore(program);
          const sc = explore(program, { model: 'sc' });
          expect(outcomeTexts(es.outcomes)).toEqual(outcomeTexts(sc.outcomes));
          expect(es.race).toBeNull();
          expect(sc.race).toBeNull();
        },
      ),
      { numRuns: 800, seed: SEED },
    );
  });

  it('nest: interleavings within x86-TSO within the standard', { timeout: 60_000 }, () => {
    const check = (program: Program): void => {
      const sc = explore(program, { model: 'sc' });
      const tso = explore(program, { model: 'tso' });
      const es = explore(program, { init: 'tear-free' });
      expectSubset(sc, tso, program);
      expectSubset(tso, es, program);
      // A race in an interleaving is a race of the program; the other way round weak executions may have one more.
      if (sc.race !== null) expect(es.race).not.toBeNull();
    };
    for (const program of annotated()) check(program);
    fc.assert(
      fc.property(
        fc.oneof(
          programs('bytes'),
          programs('mixed'),
          programs('rmw'),
          programs('control'),
          programs('wait'),
        ),
        check,
      ),
      { numRuns: 1200, seed: SEED },
    );
  });

  it('agree that a data race free program is sequentially consistent', { timeout: 60_000 }, () => {
    let free = 0;
    fc.assert(
      fc.property(fc.oneof(programs('bytes'), programs('control'), programs('wait')), (program) => {
        const es = explore(program);
        if (es.race !== null) return;
        free++;
        expect(outcomeTexts(es.outcomes)).toEqual(outcomeTexts(explore(program, { model: 'sc' }).outcomes));
      }),
      { numRuns: 1500, seed: SEED },
    );
    // Enough of them to mean something.
    expect(free).toBeGreaterThan(100);
  });
});

/** The program with every load and store through Atomics. Main's own accesses stay plain: the model orders them. */
function atomic(program: Program): Program {
  const change = (op: Op): Op => {
    if (op.op === 'if') return { ...op, then: op.then.map(change), else: op.else.map(change) };
    if (op.op === 'repeat') return { ...op, body: op.body.map(change) };
    return op.op === 'load' || op.op === 'store' ? { ...op, order: 'sc' } : op;
  };
  return { ...program, threads: program.threads.map((thread) => thread.map(change)) };
}
