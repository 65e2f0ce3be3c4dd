/**
 * For: running a program under the detector, in a process of its own.
 * In and out: a command and settings in; how it ended and what it has shown out. No process that it has started stays.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  makeRunDirectory,
  processesOf,
  readLogs,
  readSources,
  removeRunDirectory,
  type Sources,
} from './disk.ts';
import { makeTimeline, type Timeline } from './timeline.ts';
import { makeReport, type Report } from './report.ts';

export interface RunOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where shim.cjs, hooks.mjs, instrument.cjs and monitor.cjs lie. */
  readonly shim: string;
  readonly history: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly halt: boolean;
  readonly nudge: boolean;
  readonly seed: number;
  readonly trace: boolean;
  /** In milliseconds; 0 for none. */
  readonly timeout: number;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly halted: boolean;
  readonly report: Report;
  readonly trace: Timeline;
  readonly sources: Sources;
}

/** Rejects if the command cannot be started at all. */
export async function runProgram(
  options: RunOptions,
  use: (outcome: Outcome) => Promise<number> | number,
): Promise<number> {
  const directory = makeRunDirectory();
  try {
    const { history, include, exclude, halt, nudge, seed, trace } = options;
    const settings = {
      directory,
      history,
      include,
      exclude,
      halt,
      nudge,
      seed,
      trace,
      mark: `lockstep ${randomBytes(12).toString('hex')}`,
    };
    const shim = join(options.shim, 'shim.cjs');
    const quoted = /[\s"\\]/.test(shim) ? `"${shim.replace(/["\\]/g, '\\$&')}"` : shim;
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: {
        ...options.env,
        LOCKSTEP_RACE: JSON.stringify(settings),
        NODE_OPTIONS: `--require ${quoted} ${options.env['NODE_OPTIONS'] ?? ''}`.trim(),
      },
      stdio: 'inherit',
    });
    const end = await ended(child, directory, options.timeout);
    const logs = readLogs(directory);
    const sources = readSources(directory, options.cwd);
    const halted = logs.some(({ lines }) => lines.some(({ t }) => t === 'halt'));
    return await use({
      ...end,
      halted,
      report: makeReport(logs, sources.places),
      trace: makeTimeline(logs, sources.places),
      sources,
    });
  } finally {
    removeRunDirectory(directory);
  }
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

function ended(child: ReturnType<typeof spawn>, directory: string, timeout: number): Promise<End> {
  return new Promise((done, failed) => {
    let timedOut = false;
    // The terminal sends these to the program, too; who asks this process to end means the program.
    const ignore = () => undefined;
    const forward = () => void child.kill('SIGTERM');
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    const timer =
      timeout === 0
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop(child, directory);
          }, timeout);
    const clear = () => {
      clearTimeout(timer);
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
    };
    child.once('error', (error) => {
      clear();
      failed(error);
    });
    child.once('exit', (code, signal) => {
      clear();
      if (timedOut) stop(child, directory);
      done({ code, signal, timedOut });
    });
  });
}

/** Ends the program and every process of its own that runs under the detector: they are known by their logs. */
function stop(child: ReturnType<typeof spawn>, directory: string): void {
  for (const pid of processesOf(directory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended by itself in the meantime.
    }
  }
  child.kill('SIGKILL');
}
