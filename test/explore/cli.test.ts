import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../server/src/cli/explore.ts';
import type { Io } from '../../server/src/cli/io.ts';
import { UsageError } from '../../server/src/cli/io.ts';

const SB = `litmus SB
agents
  A      | B
  x = 1  | y = 1
  r0 = y | r1 = x
exists r0 == 0 && r1 == 0 : Plain accesses
`;

/** The example of the contract. */
const MP_WAIT = `{ "name": "MP+wait",
  "init":    [ { "loc": "x", "type": "i32", "offset": 0, "value": 5 } ],
  "threads": [ [ { "op": "store", "loc": "d", "type": "i32", "value": 1, "order": "un" },
                 { "op": "notify", "loc": "t", "type": "i32", "count": 1, "reg": "n" } ],
               [ { "op": "wait", "loc": "t", "type": "i32", "expected": 0, "reg": "w" },
                 { "op": "if", "lhs": { "reg": "w" }, "cmp": "==", "rhs": "ok",
                   "then": [ { "op": "load", "loc": "d", "type": "i32", "reg": "r", "order": "un" } ], "else": [] } ] ],
  "final":   [ { "op": "load", "loc": "d", "type": "i32", "reg": "end", "order": "un" } ] }`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-explore-'));
  await mkdir(join(folder, 'many/deep'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'sb.litmus'), SB);
  await writeFile(join(folder, 'mp.litmus.json'), MP_WAIT);
  await writeFile(join(folder, 'wrong.litmus'), SB.replace('exists', 'forbidden'));
  await writeFile(join(folder, 'broken.litmus'), 'litmus x\nagents\n  A\n  r = Atomics.laod(x)\n');
  await writeFile(join(folder, 'large.litmus'), `litmus x\n// ${'x'.repeat(1024 * 1024)}\n`);
  await writeFile(join(folder, 'many/sb.litmus'), SB);
  await writeFile(join(folder, 'many/deep/mp.litmus.json'), MP_WAIT);
  await writeFile(join(folder, 'many/notes.txt'), 'not a program');
});
afterAll(() => rm(folder, { recursive: true }));

async function lockstep(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    cwd: folder,
    env: {},
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 80,
    stdin: () => Promise.resolve(stdin),
  };
  const code = await run(args, io);
  return { code, out, err };
}

async function refused(args: readonly string[], stdin = ''): Promise<string> {
  const error: unknown = await lockstep(args, stdin).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  const { message } = error as UsageError;
  expect(message).not.toContain('\n');
  return message;
}

describe('lockstep explore', () => {
  it('prints what the contract says as JSON', async () => {
    const { code, out, err } = await lockstep(['sb.litmus', '--format', 'json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const result = JSON.parse(out) as Record<string, unknown>;
    expect(result).toMatchObject({
      version: 1,
      name: 'SB',
      outcomes: [
        { r0: '0', r1: '0' },
        { r0: '0', r1: '1' },
        { r0: '1', r1: '0' },
        { r0: '1', r1: '1' },
      ],
      dataRace: true,
      executions: 4,
    });
    expect(typeof result['durationMs']).toBe('number');
  });

  it('reads JSON from standard input, leaves out what was never assigned', async () => {
    const { out } = await lockstep(['-', '--format=json'], MP_WAIT);
    expect(JSON.parse(out)).toMatchObject({
      name: 'MP+wait',
      outcomes: [
        { n: '0', w: 'stuck' },
        { end: '1', n: '1', r: '1', w: 'ok' },
      ],
      dataRace: false,
    });
  });

  it('tells text from JSON on standard input', async () => {
    expect(JSON.parse((await lockstep(['-', '--format', 'json'], SB)).out)).toMatchObject({ name: 'SB' });
  });

  it('shows floats as JavaScript prints them and hides registers with _', async () => {
    const text = `{ "threads": [[
      { "op": "store", "loc": "x", "type": "f32", "value": 0.1, "order": "un" },
      { "op": "load", "loc": "x", "type": "f32", "reg": "f", "order": "un" },
      { "op": "store", "loc": "y", "type": "f64", "value": { "reg": "f", "add": 1e21 }, "order": "un" },
      { "op": "load", "loc": "y", "type": "f64", "reg": "g", "order": "un" },
      { "op": "load", "loc": "y", "type": "f64", "reg": "_g", "order": "un" },
      { "op": "store", "loc": "z", "type": "u64", "value": -1, "order": "un" },
      { "op": "load", "loc": "z", "type": "u64", "reg": "u", "order": "un" }
    ]] }`;
    const { out } = await lockstep(['-', '--format', 'json'], text);
    expect(JSON.parse(out)).toMatchObject({
      outcomes: [{ f: String(Math.fround(0.1)), g: '1e+21', u: '18446744073709551615' }],
    });
  });

  it('is the same, byte for byte, each time', async () => {
    const once = async (): Promise<string> =>
      (await lockstep(['many', '--format', 'json'])).out.replaceAll(/"durationMs": \d+/g, '');
    expect(await once()).toBe(await once());
  });

  it('marks weak outcomes and names both sides of the data race', async () => {
    const { out } = await lockstep(['sb.litmus']);
    expect(out).toMatch(/^0 {3}0 {3}weak: no interleaving gives it$/m);
    expect(out).toMatch(/^0 {3}1$/m);
    expect(out).toContain('data race: A\'s write "x = 1" and B\'s read "r1 = x"');
    expect(out).toContain('holds: exists r0 == 0 && r1 == 0: Plain accesses');
  });

  it('shows an execution, a schedule, or what forbids it', async () => {
    const atomic = SB.replace('x = 1 ', 'Atomics.store(x, 1)')
      .replace('y = 1', 'Atomics.store(y, 1)')
      .replace('r0 = y', 'r0 = Atomics.load(y)')
      .replace('r1 = x', 'r1 = Atomics.load(x)')
      .replace('exists', 'forbidden');
    const forbidden = await lockstep(['-', '--why', 'r0=0 r1=0'], atomic);
    expect(forbidden.code).toBe(0);
    expect(forbidden.out).toContain(
      'r0 == 0 && r1 == 0 is forbidden: the one candidate execution breaks a clause',
    );
    expect(forbidden.out).toContain('r0 from the initial 0, r1 from the initial 0');
    expect(forbidden.out).toContain('Sequentially Consistent Atomics: no memory order');
    const allowed = await lockstep(['-', '--why', 'r0=1,r1=0'], atomic);
    expect(allowed.out).toMatch(
      /synchronizes-with\n {2}B's "Atomics.store\(y, 1\)" with A's "r0 = Atomics.load\(y\)"/,
    );
    const schedule = await lockstep(['sb.litmus', '--model', 'tso', '--why', 'r0=0 r1=0']);
    expect(schedule.out).toContain('"x = 1" reaches memory');
    const weak = await lockstep(['sb.litmus', '--model', 'sc', '--why', 'r0=0 r1=0']);
    expect(weak.out).toBe('forbidden: no run of the sc machine ends so\n');
  });

  it('explores by the rules that are asked for', async () => {
    const outcomes = async (...args: string[]): Promise<number> => {
      const { out } = await lockstep(['sb.litmus', '--format', 'json', ...args]);
      return (JSON.parse(out) as { outcomes: unknown[] }).outcomes.length;
    };
    expect(await outcomes('--model', 'sc')).toBe(3);
    expect(await outcomes('--model', 'tso')).toBe(4);
    const torn = 'litmus t\nagents\n A | B\n x = 0x0101 | r = x\n';
    const tearing = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await lockstep(['-', '--format', 'json', ...args], torn)).out);
    expect(await tearing()).toMatchObject({ outcomes: [{ r: '0' }, { r: '1' }, { r: '256' }, { r: '257' }] });
    expect(await tearing('--init', 'tear-free')).toMatchObject({ outcomes: [{ r: '0' }, { r: '257' }] });
  });

  it('prints a table of a folder, below and beside', async () => {
    const { code, out } = await lockstep(['many']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '))).toEqual([
      'program  outcomes  weak  data race  claims  file',
      'MP+wait  2  0  no  -  many/deep/mp.litmus.json',
      'SB  4  1  yes  1 of 1 hold  many/sb.litmus',
      '',
    ]);
  });

  it('exits with 1 where a claim does not hold', async () => {
    const one = await lockstep(['wrong.litmus']);
    expect(one.code).toBe(1);
    expect(one.out).toContain('FAILS: forbidden r0 == 0 && r1 == 0: Plain accesses');
    const both = await lockstep(['sb.litmus', 'wrong.litmus']);
    expect(both.code).toBe(1);
    expect(both.out).toContain('wrong.litmus: FAILS: forbidden r0 == 0 && r1 == 0: Plain accesses');
  });

  it('has help', async () => {
    const { code, out } = await lockstep(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('--model <es|es2017|sc|tso>');
  });

  it.each([
    [['broken.litmus'], 'broken.litmus:4:15: unknown operation Atomics.laod: did you mean load'],
    [['missing.litmus'], 'missing.litmus: cannot be read: there is no such file'],
    [['empty'], 'empty: holds no .litmus or .litmus.json file'],
    [['sb.litmus', '--why', 'r7=0'], '--why: no outcome shows a register "r7": did you mean r0'],
    [
      ['sb.litmus', '--why', 'nonsense'],
      '--why cannot read "nonsense": write register=value, like --why "r0=0 r1=0"',
    ],
    [['many', '--why', 'r0=0'], '--why asks about one program: name one file'],
  ])('refuses %j', async (args, message) => {
    expect(await refused(args)).toBe(message);
  });

  it('refuses what is too long before it is read, and what is no option', async () => {
    expect(await refused(['large.litmus'])).toMatch(/^large\.litmus:1:1: the text is 1048\d+ bytes long/);
    expect(await refused(['-'], ' '.repeat(1024 * 1024))).toMatch(
      /^standard input:1:1: the text is 1048576 characters long/,
    );
    expect(await refused(['sb.litmus', '--modle', 'sc'])).toContain('--model');
    expect(await refused(['sb.litmus', '--model', 'arm'])).toContain('tso');
    expect(await refused([])).toContain('--help');
  });

  it('says which bound a program is beyond', async () => {
    const stores = Array.from({ length: 40 }, (_, index) => `  x = ${index} |`).join('\n');
    const text = `litmus many\nagents\n  A | B\n  x = 1 | r = x\n${stores}\n`;
    expect(await refused(['-'], text)).toMatch(
      /^standard input:1:1: too large: "r = x" could read from more than 30 writes/,
    );
  });
});
