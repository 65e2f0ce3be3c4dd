import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { load, program, repeat, rmw, store, wait, when } from '../../server/src/explore/build.ts';
import { parseLitmusJson, printLitmusJson } from '../../server/src/explore/json.ts';
import { parseLitmus } from '../../server/src/explore/litmus.ts';
import { MAX_TEXT } from '../../server/src/explore/limits.ts';
import { printLitmus } from '../../server/src/explore/print.ts';
import type { Claim, Program } from '../../server/src/explore/program.ts';
import { LitmusError } from '../../server/src/explore/source-error.ts';
import type { Format } from '../../server/src/explore/validate.ts';
import { readProgram } from '../../server/src/explore/validate.ts';
import type { ProgramKind } from './generate.ts';
import { programs } from './generate.ts';

const KINDS: readonly ProgramKind[] = ['bytes', 'mixed', 'words', 'wide', 'rmw', 'control', 'wait'];

const claims: fc.Arbitrary<readonly Claim[]> = fc.array(
  fc.oneof(
    fc.record({
      verdict: fc.constantFrom('exists' as const, 'forbidden' as const),
      under: fc.constantFrom(null, 'es2017' as const, 'tear-free' as const, 'sc' as const),
      when: fc.array(
        fc.record({
          reg: fc.constantFrom('r0', 'end'),
          cmp: fc.constantFrom('==' as const, '<=' as const),
          value: fc.oneof(
            fc.integer(),
            // Larger whole numbers are the same value, but come back as BigInt.
            fc.double({ min: -1e6, max: 1e6, noNaN: true }),
            fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
          ),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      why: fc.constantFrom('', 'Because it is so', 'One line\nand another : with a colon'),
    }),
    fc.record({
      verdict: fc.constantFrom('race' as const, 'race-free' as const),
      under: fc.constantFrom(null, 'tso' as const),
      why: fc.constantFrom('', 'Nothing orders them'),
    }),
  ),
  { maxLength: 3 },
);

describe('a litmus program', () => {
  it('survives text and JSON, both ways', () => {
    fc.assert(
      fc.property(fc.oneof(...KINDS.map(programs)), claims, (drawn, claimed) => {
        const one: Program = { ...drawn, claims: claimed, question: 'Is it?\nReally?', source: '' };
        const text = printLitmus(one);
        expect(parseLitmus(text).value, text).toEqual(one);
        const json = printLitmusJson(one);
        expect(parseLitmusJson(json).value, json).toEqual(one);
        expect(printLitmus(parseLitmusJson(json).value)).toBe(text);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('keeps values that neither a double nor JSON can hold', () => {
    const one = program('values', [
      [
        store('x', 18446744073709551615n, { type: 'u64' }),
        store('x', -0, { type: 'f64' }),
        store('x', NaN, { type: 'f64' }),
        store('x', -Infinity, { type: 'f32' }),
        store('x', 1e-7, { type: 'f64' }),
        load('x', 'r', { type: 'f64' }),
        store('x', { reg: 'r', add: -1 }, { type: 'f64' }),
      ],
    ]);
    expect(parseLitmus(printLitmus(one)).value).toEqual(one);
    expect(parseLitmusJson(printLitmusJson(one)).value).toEqual(one);
  });

  it('reads numbers of JSON exactly', () => {
    const text =
      '{"threads":[[{"op":"store","loc":"x","type":"u64","value":18446744073709551615,"order":"un"}]]}';
    expect(parseLitmusJson(text).value.threads[0]?.[0]).toMatchObject({ value: 18446744073709551615n });
  });

  it('may call a register and a block by one name in JSON', () => {
    const one = program('names', [[load('x', 'x'), store('y', { reg: 'x' })], [rmw('add', 'y', 1, 'y')]]);
    expect(parseLitmus(printLitmus(one)).value.threads).toEqual([
      [load('x', 'x'), store('y', { reg: 'x' })],
      [rmw('add', 'y', 1, 'y')],
    ]);
  });

  it('is read with JavaScript’s own habits', () => {
    const text = [
      'litmus habits',
      'agents',
      '  A | B // names of agents',
      '  const r0 = x.getUint16(1, true); x.setInt8(0, -0x1F) | w = Atomics.wait(t, 0, Infinity)',
      '  if (r0 === 1n) { // a comment',
      '    x.i64[1] = 5n',
      '  } else if (r0 !== 2) {',
      '    repeat 2 { break }',
      '  }',
    ].join('\n');
    expect(parseLitmus(text).value.threads).toEqual([
      [
        load('x', 'r0', { type: 'u16', offset: 1, dataview: true }),
        store('x', -31, { type: 'i8', dataview: true }),
        when(
          { reg: 'r0' },
          '==',
          1,
          [store('x', 5, { type: 'i64', offset: 8 })],
          [when({ reg: 'r0' }, '!=', 2, [repeat(2, [{ op: 'break' }])])],
        ),
      ],
      [wait('t', 0, 'w', Infinity)],
    ]);
  });

  it('of the catalogue is written as the printer would not change it again', () => {
    const folder = new URL('../../media/litmus/', import.meta.url);
    for (const file of readdirSync(folder)) {
      const once = parseLitmus(readFileSync(new URL(file, folder), 'utf8')).value;
      const text = printLitmus(once);
      expect(parseLitmus(text).value, file).toEqual(once);
      expect(parseLitmusJson(printLitmusJson(once)).value, file).toEqual(once);
    }
  });
});

/** Text with `¦` where the error must point. */
const WRONG: readonly (readonly [what: string, format: Format, text: string, message: RegExp])[] = [
  ['no name', 'litmus', '¦', /begin with a line "litmus"/],
  ['no agents', 'litmus', '¦litmus x', /there are no agents/],
  ['unknown section', 'litmus', 'litmus x\n¦agent A', /unknown section "agent": did you mean agents/],
  [
    'unknown operation',
    'litmus',
    body('r = Atomics.¦laod(x)'),
    /unknown operation Atomics.laod: did you mean load/,
  ],
  ['unknown type', 'litmus', body('r = x.¦u33[0]'), /unknown type "u33"/],
  ['endless loop', 'litmus', body('¦while (r == 0) { }'), /"while" may never end: write repeat/],
  ['loop without number', 'litmus', body('repeat ¦{ }'), /expected how often/],
  [
    'too many rounds',
    'litmus',
    body('¦repeat 1000 { x = 1 }'),
    /repeat takes a number from 1 to 32, found 1000/,
  ],
  [
    'nested loops',
    'litmus',
    'litmus x\nagents\n  ¦A\n  repeat 32 { repeat 32 { x = 1 } }',
    /A takes 1024 steps/,
  ],
  ['break outside', 'litmus', body('¦break'), /"break" stands outside/],
  ['dead code', 'litmus', body('repeat 2 { break; ¦x = 1 }'), /never reached/],
  ['unclosed block', 'litmus', body('if (1 == 1) ¦{ x = 1'), /never closed in its column/],
  ['closing nothing', 'litmus', body('x = 1 ¦}'), /closes nothing|expected the end/],
  ['missing operand', 'litmus', body('x =¦ '), /expected a number, found the end of the line/],
  ['rest of line', 'litmus', body('x = 1 ¦2'), /expected the end of the statement, found "2"/],
  ['strange character', 'litmus', body('x = ¦§'), /"§" has no meaning/],
  ['register not set', 'litmus', body('Atomics.store(x, ¦r9)'), /register "r9" is read before it is set/],
  [
    'register set on one way only',
    'litmus',
    body('a = x; if (a == 1) { b = x }; Atomics.store(x, ¦b)'),
    /some way to here does not set it/,
  ],
  [
    'register of another agent',
    'litmus',
    'litmus x\nagents\n A | B\n r = x | Atomics.store(y, ¦r + 1)',
    /belongs to A, and threads share memory only/,
  ],
  ['register twice', 'litmus', 'litmus x\nagents\n A | B\n r = x | ¦r = y', /already set by A/],
  [
    'register or cell',
    'litmus',
    'litmus x\nagents\n A | B\n y = 1 | ¦y = r9',
    /"y" is a register here and a cell in line 4/,
  ],
  ['misaligned atomic', 'litmus', body('¦r = Atomics.load(x.i32@2)'), /offset 2 is not aligned/],
  ['misaligned element', 'litmus', body('¦x.u16@1 = 1'), /not aligned.*need "dataview"/],
  ['atomic float', 'litmus', body('¦Atomics.store(x.f32[0], 1)'), /integers only, not on f32/],
  ['wait on bytes', 'litmus', body('¦w = Atomics.wait(x.u8[0], 0)'), /i32 and i64 only/],
  ['big-endian DataView', 'litmus', body('r = x.¦getUint16(0)'), /write true as the last argument/],
  ['text as number', 'litmus', body('w = Atomics.wait(t, 0); ¦x = w'), /holds a result of wait/],
  [
    'unknown result',
    'litmus',
    body('w = Atomics.wait(t, 0); ¦if (w == "okay") { x = 1 }'),
    /wait never gives "okay"/,
  ],
  ['ordered texts', 'litmus', body('w = Atomics.wait(t, 0); ¦if (w < 1) { x = 1 }'), /with == and != only/],
  [
    'too many agents',
    'litmus',
    'litmus x\nagents\n 1|2|3|4|5|6|7|8|¦9',
    /9 threads, the explorer takes at most 8/,
  ],
  [
    'too many columns',
    'litmus',
    'litmus x\nagents\n A\n x = 1 |¦ y = 2',
    /2 columns, but there are 1 agents/,
  ],
  ['claim without a reason', 'litmus', body('r = x') + '\nexists r == 0¦', /say why in one sentence/],
  ['claim about nothing', 'litmus', body('r = x') + '\nexists ¦q == 0 : x', /no thread sets register "q"/],
  ['claim about the hidden', 'litmus', body('_r = x') + '\nexists ¦_r == 0 : x', /left out of outcomes/],
  [
    'claim under nothing',
    'litmus',
    body('r = x') + '\nexists ¦under es2016 r == 0 : x',
    /unknown reading "es2016"/,
  ],
  [
    'init from a register',
    'litmus',
    'litmus x\ninit\n  ¦x = Atomics.load(y)\nagents\n A',
    /"init" holds plain stores only/,
  ],
  ['final store', 'litmus', 'litmus x\nagents\n A\nfinal ¦x = 1', /"final" holds plain loads only/],
  [
    'text too long',
    'litmus',
    '¦' + '//'.padEnd(MAX_TEXT * 10, 'x'),
    /characters long, the explorer reads at most/,
  ],
  [
    'deep nesting',
    'litmus',
    body('if (1 == 1) { '.repeat(33) + '¦x = 1' + ' }'.repeat(33)),
    /nested more than 32 deep/,
  ],

  ['not JSON', 'json', '{ ¦name: 1 }', /expected a field name in quotes/],
  ['cut off', 'json', '{ "threads": [¦', /found the end of the file/],
  ['trailing', 'json', '{ "threads": [[]] } ¦x', /nothing may follow/],
  ['no threads', 'json', '¦{ "name": "x" }', /needs the field "threads"/],
  ['empty threads', 'json', '¦{ "threads": [] }', /no threads/],
  ['unknown op', 'json', '{ "threads": [[{ "op": ¦"strore" }]] }', /unknown op "strore": did you mean store/],
  ['endless loop', 'json', '{ "threads": [[{ "op": ¦"while" }]] }', /may never end/],
  [
    'missing value',
    'json',
    '{ "threads": [[\n  ¦{ "op": "store", "loc": "x" }]] }',
    /needs the field "value"/,
  ],
  [
    'wrong type',
    'json',
    '{ "threads": [[{ "op": "load", "loc": "x", "type": ¦"i33", "reg": "r" }]] }',
    /unknown type "i33"/,
  ],
  [
    'wrong order',
    'json',
    '{ "threads": [[{ "op": "load", "loc": "x", "order": ¦"acq", "reg": "r" }]] }',
    /unknown order "acq"/,
  ],
  [
    'plain rmw',
    'json',
    '{ "threads": [[{ "op": "add", "loc": "x", "value": 1, "order": ¦"un" }]] }',
    /always "sc"/,
  ],
  [
    'offset',
    'json',
    '{ "threads": [[{ "op": "load", "loc": "x", "offset": ¦-4, "reg": "r" }]] }',
    /whole number from 0/,
  ],
  [
    'atomic DataView',
    'json',
    '{ "threads": [[¦{ "op": "load", "loc": "x", "order": "sc", "dataview": true, "reg": "r" }]] }',
    /DataView has no atomic accesses/,
  ],
  [
    'register before it is set',
    'json',
    '{ "threads": [[{ "op": "store", "loc": "x", "value": ¦{ "reg": "r0" } }]] }',
    /register "r0" is read before it is set/,
  ],
  ['nested JSON', 'json', '['.repeat(257) + '¦' + '['.repeat(100_000 - 257), /nested too deeply/],
];

describe('bad input', () => {
  it.each(WRONG)('%s (%s) is refused at its place', (_, format, marked, message) => {
    const at = marked.indexOf('¦');
    const before = marked.slice(0, at).split('\n');
    const error = caught(() => readProgram(marked.replace('¦', ''), format));
    expect(error.message).toMatch(message);
    expect(error.at).toEqual({ line: before.length - 1, column: before.at(-1)!.length });
    expect(error.message).not.toMatch(/\n|\.$/);
  });

  it('of any kind ends in an answer or a LitmusError', () => {
    const fragments = [
      'litmus x',
      '\nagents\n',
      ' A | B\n',
      ' x = 1',
      '|',
      ' r = x',
      '{',
      '}',
      ' if (',
      'r == 1)',
      ' repeat 3 ',
      '[',
      '"',
      '"op"',
      ':',
      ' : ',
      ',',
      'exists ',
      'Atomics.add(',
      '.u8',
      '@',
      '\n',
      '&&',
      '1e999',
      '-',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fragments), { maxLength: 40 }),
        fc.constantFrom<Format>('litmus', 'json'),
        (parts, format) => {
          try {
            readProgram(parts.join(''), format);
          } catch (error) {
            expect(error).toBeInstanceOf(LitmusError);
          }
        },
      ),
      { numRuns: 3000, seed: 2 },
    );
  });
});

function body(text: string): string {
  return `litmus x\nagents\n  A\n  ${text}`;
}

function caught(run: () => unknown): LitmusError {
  try {
    run();
  } catch (error) {
    if (error instanceof LitmusError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
