import { afterEach, describe, expect, it } from 'vitest';
import { runLockstep } from '../../server/src/cli/dispatch.ts';
import { version } from '../../server/src/cli/version.ts';
import { Folder, ioIn } from './run.ts';

const folder = new Folder();
afterEach(() => {
  folder.remove();
});
const run = async (...args: string[]) => {
  const io = ioIn(folder);
  return { code: await runLockstep(args, io), ...io.written };
};

describe('lockstep', () => {
  it('prints what it can do, and how a command is used', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('check [paths…]');
    for (const args of [
      ['check', '--help'],
      ['help', 'check'],
      ['check', '-h'],
    ]) {
      const { code, out } = await run(...args);
      expect(code).toBe(0);
      expect(out).toMatch(/^Usage: lockstep check /);
      expect(out).toContain('--min-severity <severity>');
    }
    for (const command of ['race', 'explore', 'lsp']) {
      expect(help.out).toContain(`\n  ${command} `);
      const { code, out } = await run(command, '--help');
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^Usage: lockstep ${command} `));
    }
  });

  it('prints its version', async () => {
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
    for (const args of [['--version'], ['-v'], ['check', '--version']])
      expect(await run(...args)).toEqual({ code: 0, out: `${version()}\n`, err: '' });
  });

  it.each([
    [[], 'Usage: lockstep <command>'],
    [['chekc'], 'lockstep: chekc: no such command; did you mean check?'],
    [['frobnicate'], 'lockstep: frobnicate: no such command; see lockstep --help'],
    [['--fix'], 'lockstep: --fix: no such option'],
    [['lsp'], 'lockstep: lockstep lsp needs --stdio'],
    [['lsp', '--stdio', 'x'], 'lockstep: lockstep lsp takes no paths, and got x'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
