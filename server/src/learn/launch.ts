/**
 * For: starting the runner and hearing from it; the one place that makes a process for a lesson.
 * In and out: where runner and program lie, in; checked run events out, the last of them `end`, exactly once.
 * Must never know: the editor, lessons.
 */
import { fork } from 'node:child_process';
import { parseRunEvent, type RunEvent, type RunLimits, type RunStart } from './protocol.ts';

export interface Run {
  /** Ends the run; `end` with reason `stopped` follows unless it had ended. */
  stop(): void;
}

/** What a lesson may use up. Ten seconds is long for a program whose slowest trials wait a few milliseconds. */
export const LIMITS: RunLimits = { milliseconds: 10_000, megabytes: 256, outputBytes: 64 * 1024 };

/** A runner that does not answer is killed this long after its own time-out. */
const GRACE_MS = 2_000;

export function launch(
  options: { readonly runner: string; readonly entry: string; readonly limits: RunLimits },
  onEvent: (event: RunEvent) => void,
): Run {
  const { limits } = options;
  const begun = performance.now();
  // The editor's own executable: as Node where it is Electron. What the editor set for its own Node does not concern us.
  const environment: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  delete environment['NODE_OPTIONS'];
  const child = fork(options.runner, [], {
    execPath: process.execPath,
    execArgv: [`--max-old-space-size=${limits.megabytes * 2}`],
    env: environment,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let ended = false;
  const end = (event: RunEvent & { type: 'end' }) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    onEvent(event);
    child.kill('SIGKILL');
  };
  const fail = (reason: 'stopped' | 'timeout' | 'failed', message: string) =>
    end({ type: 'end', reason, message, milliseconds: Math.round(performance.now() - begun) });

  const timer = setTimeout(
    () => fail('timeout', `stopped after ${limits.milliseconds / 1000} seconds`),
    limits.milliseconds + GRACE_MS,
  );
  child.on('message', (message) => {
    const event = parseRunEvent(message);
    if (event === null || ended) return;
    if (event.type === 'end') end(event);
    else onEvent(event);
  });
  child.on('error', (error) => fail('failed', error.message));
  child.on('exit', (code, signal) =>
    fail('failed', `the runner ended early (${signal ?? `exit code ${code ?? '?'}`})`),
  );
  child.send({ type: 'start', entry: options.entry, limits } satisfies RunStart);
  return { stop: () => fail('stopped', '') };
}
