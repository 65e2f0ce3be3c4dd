import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, LIMITS } from '../../server/src/learn/launch.ts';
import type { RunEvent } from '../../server/src/learn/protocol.ts';
import { buildRunner, runToEnd, temporaryFolder } from './built.ts';

const folder = temporaryFolder();
let runner = '';

beforeAll(async () => {
  runner = await buildRunner(folder.path);
});
afterAll(() => folder.remove());

function program(name: string, text: string): string {
  const path = join(folder.path, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
}

describe('the runner', () => {
  it('reports lines and tallies, and that the program is done', async () => {
    const entry = program(
      'good',
      `import { parentPort } from 'node:worker_threads';
       console.log('first');
       console.error('second');
       for (let i = 0; i < 5; i++) parentPort.postMessage({ outcome: i % 2 ? 'odd' : 'even', times: 2 });
       process.stdout.write('no line end');`,
    );
    const { end, counts, lines } = await runToEnd(runner, entry);
    expect(end).toMatchObject({ reason: 'done', message: '' });
    expect(counts).toEqual({ even: 6, odd: 4 });
    expect([...lines].sort()).toEqual(['first', 'no line end', 'second']);
  });

  it('passes on what the workers of the program print', async () => {
    program('inner', `console.log('from the inner worker');`);
    const entry = program(
      'outer',
      `import { Worker } from 'node:worker_threads';
       new Worker(new URL('./inner.mjs', import.meta.url));`,
    );
    expect((await runToEnd(runner, entry)).lines).toEqual(['from the inner worker']);
  });

  it('stops a program that spins', async () => {
    const { end } = await runToEnd(runner, program('spins', 'for (;;);'), { milliseconds: 300 });
    expect(end).toMatchObject({ reason: 'timeout', message: 'stopped after 0.3 seconds' });
  });

  it('stops a program that blocks', async () => {
    const entry = program('blocks', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
    expect((await runToEnd(runner, entry, { milliseconds: 300 })).end.reason).toBe('timeout');
  });

  it('stops a program that prints without end', async () => {
    const entry = program('prints', `setInterval(() => console.log('x'.repeat(1000)), 0);`);
    const { end, lines } = await runToEnd(runner, entry, { outputBytes: 5000 });
    expect(end.reason).toBe('output');
    expect(lines.length).toBeLessThanOrEqual(4);
  });

  it('stops a program that prints without line ends', async () => {
    const entry = program('dots', `setInterval(() => process.stdout.write('x'.repeat(1000)), 0);`);
    expect((await runToEnd(runner, entry, { outputBytes: 5000 })).end.reason).toBe('output');
  });

  it('stops a program that fills its memory', async () => {
    const entry = program('fills', 'const all = []; for (;;) all.push(new Array(1000).fill(all.length));');
    const { end } = await runToEnd(runner, entry, { megabytes: 32 });
    expect(end).toMatchObject({ reason: 'memory', message: 'stopped at 32 MB of memory' });
  });

  it('says why a program failed', async () => {
    const entry = program('throws', `throw new Error('the reason');`);
    expect((await runToEnd(runner, entry)).end).toMatchObject({ reason: 'failed', message: 'the reason' });
  });

  it('says that a program is not there', async () => {
    const { end } = await runToEnd(runner, join(folder.path, 'nowhere.mjs'));
    expect(end.reason).toBe('failed');
    expect(end.message).toContain('nowhere.mjs');
  });

  it('says that the runner is not there', async () => {
    const { end } = await runToEnd(join(folder.path, 'no-runner.js'), program('any', ''));
    expect(end).toMatchObject({ reason: 'failed' });
  });

  it('stops when asked, and says so once', async () => {
    const entry = program('waits', `console.log('running'); setInterval(() => {}, 1000);`);
    const events: RunEvent[] = [];
    await new Promise<void>((resolve) => {
      const run = launch({ runner, entry, limits: LIMITS }, (event) => {
        events.push(event);
        if (event.type === 'line') {
          run.stop();
          run.stop();
          resolve();
        }
      });
    });
    // By the time that another process has come and gone, the stopped one would have spoken again.
    await runToEnd(runner, program('after', ''));
    expect(events.filter((event) => event.type === 'end').map((event) => event.reason)).toEqual(['stopped']);
  });
});
