/** `lockstep check` with the real analysis, from words to bytes. */
import { afterEach, describe, expect, it } from 'vitest';
import { runLockstep } from '../../server/src/cli/dispatch.ts';
import { Folder, ioIn } from './run.ts';

let folder: Folder;
const make = (files: Readonly<Record<string, string>>) => (folder = new Folder(files));
afterEach(() => {
  folder.remove();
});
const run = async (...args: string[]) => {
  const io = ioIn(folder);
  return { code: await runLockstep(['check', ...args], io), ...io.written };
};

const FILES = {
  'src/main.ts': `const sab = new SharedArrayBuffer(4);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.postMessage(sab);
const count = new Int32Array(sab);
export function bump() {
  count[0] = count[0] + 1;
}
`,
  'src/worker.ts': `onmessage = (event) => {
  const count = new Int32Array(event.data);
  Atomics.add(count, 0, 1);
};
`,
};

describe('lockstep check', () => {
  it('finds a race across two files', async () => {
    make(FILES);
    const { code, out, err } = await run('--format', 'json');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const { files, findings } = JSON.parse(out) as { files: number; findings: Record<string, unknown>[] };
    expect(files).toBe(2);
    expect(findings).toMatchObject([
      {
        rule: 'no-plain-shared-update',
        category: 'shared-memory-race',
        confidence: 'proved',
        file: 'src/main.ts',
        range: { start: { line: 6, column: 3 }, end: { line: 6, column: 26 } },
      },
    ]);
    const related = findings[0]?.['related'] as { file: string; range: { start: unknown } }[];
    expect(related.map(({ file, range }) => [file, range.start])).toContainEqual([
      'src/worker.ts',
      { line: 3, column: 3 },
    ]);
  });

  it('says the same with what it kept of the last run', async () => {
    make(FILES);
    const text = async () =>
      (await run('--format', 'json', '--cache-dir', 'kept')).out.replace(/"durationMs": \d+/, '');
    const cold = await text();
    expect(await text()).toBe(cold);
    folder.write('src/worker.ts', '');
    expect(await text()).not.toBe(cold);
  });

  it('names a configuration that it does not understand, and its place', async () => {
    make({ ...FILES, 'lockstep.config.json': '{\n  "rules": { "no-such-rule": "off" }\n}\n' });
    const { code, err } = await run();
    expect(code).toBe(2);
    expect(err).toMatch(/^lockstep\.config\.json:2:\d+: .*no-such-rule/);
  });

  it('goes on past a file that does not parse, and names it', async () => {
    make({ ...FILES, 'src/broken.ts': 'function (\n' });
    const { code, out, err } = await run('--format', 'json');
    expect(code).toBe(1);
    expect(err).toMatch(/^src\/broken\.ts:1:\d+: /);
    const { findings, errors } = JSON.parse(out) as { findings: unknown[]; errors: unknown };
    expect(findings).toHaveLength(1);
    expect(errors).toMatchObject([{ file: 'src/broken.ts' }]);
  });
});
