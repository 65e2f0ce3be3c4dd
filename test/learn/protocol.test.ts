import { describe, expect, it } from 'vitest';
import {
  parseFromPanel,
  parseRunEvent,
  parseRunStart,
  parseToPanel,
} from '../../server/src/learn/protocol.ts';

describe('what the panel may say', () => {
  it.each([
    { type: 'ready' },
    { type: 'run', file: 'main.ts' },
    { type: 'run', file: 'solution/main.ts' },
    { type: 'stop' },
    { type: 'openFile', file: 'main.ts', line: 3 },
    { type: 'openRule', rule: 'no-plain-shared-update' },
    { type: 'openLesson', id: '01-first-race' },
  ])('%j', (message) => {
    expect(parseFromPanel(message)).toEqual(message);
  });

  it.each([
    [{ type: 'execute', command: 'workbench.action.quit' }],
    [{ type: 'run', file: '../../../bin/sh.ts' }],
    [{ type: 'run', file: '/etc/passwd.ts' }],
    [{ type: 'openFile', file: 'a/b/c.ts' }],
    [{ type: 'openFile', file: 'main.ts', line: -1 }],
    [{ type: 'openRule', rule: 'x](command:evil)' }],
    [{ type: 'openLesson', id: '../secret' }],
    [{ type: 'run' }],
    ['ready'],
    [null],
  ])('and not %j', (message) => {
    expect(parseFromPanel(message)).toBeNull();
  });
});

describe('what the client and the runner may say', () => {
  it('nothing but what is listed', () => {
    expect(parseRunEvent({ type: 'line', stream: 'stdout', text: 'x' })).not.toBeNull();
    expect(parseRunEvent({ type: 'line', stream: 'stdin', text: 'x' })).toBeNull();
    expect(parseRunEvent({ type: 'tally', counts: { a: 'many' } })).toBeNull();
    expect(parseRunEvent({ type: 'end', reason: 'bored', message: '', milliseconds: 1 })).toBeNull();
    expect(parseRunStart({ type: 'start', entry: 'x', limits: {} })).toBeNull();
    expect(parseToPanel({ type: 'lesson', lesson: { id: 'x' }, index: [], strings: {} })).toBeNull();
    expect(parseToPanel({ type: 'problem', message: 'x' })).not.toBeNull();
  });
});
