/** For: running commands in process, in a folder of their own. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { check, type CheckTools } from '../../server/src/cli/check.ts';
import { UsageError, type Io } from '../../server/src/cli/io.ts';
import { rulePages } from '../../server/src/cli/pages.ts';
import { createFakeEngine } from '../lsp/fakeEngine.ts';

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Folder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-cli-')));

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function ioIn(
  folder: Folder,
  more: Partial<Io> = {},
): Io & { readonly written: { out: string; err: string } } {
  const written = { out: '', err: '' };
  return {
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    cwd: folder.path,
    env: {},
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 80,
    stdin: () => Promise.resolve(''),
    ...more,
    written,
  };
}

/** `lockstep check` with the engine of the protocol tests, and two pages. */
export function runCheck(
  folder: Folder,
  args: readonly string[],
  more: Partial<Io> = {},
  tools: Partial<CheckTools> = {},
): Run {
  const io = ioIn(folder, more);
  const pages = new Folder({
    'fake-race.md':
      '# Make both sides atomic\n\nTwo agents, one cell,\nno order.\n\n## Why\n\nUse `Atomics`.\n',
    'fake-var/doc.md': '# Prefer let\n\n## Why\n',
    'fake-hint.md': '# Take a hint\n',
  });
  try {
    const code = check(args, io, {
      createEngine: createFakeEngine,
      pages: rulePages([pages.path]),
      ...tools,
    });
    return { code, ...io.written };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { code: 2, out: io.written.out, err: `${io.written.err}lockstep: ${error.message}\n` };
  } finally {
    pages.remove();
  }
}
