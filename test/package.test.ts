/** `lockstep/sync` as a project sees it that has installed the package: loaded and typed both as module and as script. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as source from '../server/src/runtime/index.ts';
import { ROOT } from './tools/sources.ts';

describe('lockstep/sync, installed', () => {
  let project = '';

  beforeAll(() => {
    if (!existsSync(join(ROOT, 'dist/sync/index.js'))) throw new Error('not built: run npm run build');
    project = mkdtempSync(join(tmpdir(), 'lockstep-user-'));
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(ROOT, join(project, 'node_modules/lockstep'), 'dir');
    writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }');
  });

  afterAll(() => {
    rmSync(project, { recursive: true, force: true });
  });

  const names = Object.keys(source).sort();

  it.each([
    ['import', 'main.mjs', "import * as sync from 'lockstep/sync';"],
    ['require', 'main.cjs', "const sync = require('lockstep/sync');"],
  ])('loads by %s, with every name and without a warning', (_, file, load) => {
    writeFileSync(
      join(project, file),
      `${load}
const mutex = sync.Mutex.create();
console.log(JSON.stringify({ names: Object.keys(sync).sort(), free: mutex.tryLock(), taken: mutex.tryLock() }));`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [join(project, file)], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ names, free: true, taken: false });
  });

  it.each(['main.mts', 'main.cts'])('has types for %s, all checked', (file) => {
    writeFileSync(
      join(project, file),
      `import { Mutex, Semaphore } from 'lockstep/sync';
const mutex: Mutex = Mutex.create();
export const taken: boolean = mutex.tryLock();
const permits: Semaphore = Semaphore.create({ permits: 2 });
// @ts-expect-error: a semaphore is no mutex
export const wrong: Mutex = permits;
`,
    );
    const program = ts.createProgram([join(project, file)], {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
      strict: true,
      noEmit: true,
      types: [],
      preserveSymlinks: true,
    });
    const messages = ts
      .getPreEmitDiagnostics(program)
      .map(
        (each) => `${each.file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(each.messageText, '\n')}`,
      );
    expect(messages).toEqual([]);
  });
});
