/**
 * For: threads that wait for ever. A thread of its own looks at who waits where, for those that wait cannot.
 * In and out: started by the main thread once memory is shared; `monitor.cjs` is what it runs.
 */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { MAIN_IDLE } from '../layout.ts';
import type { Context } from './context.ts';
import { every, Worker } from './real.ts';

export interface MonitorData {
  readonly heap: Int32Array;
  readonly directory: string;
  readonly pid: number;
  readonly halt: boolean;
}

function isPipe(fd: number): boolean {
  try {
    const about = fs.fstatSync(fd);
    return about.isFIFO() || about.isSocket() || about.isCharacterDevice();
  } catch {
    return false;
  }
}

export function installMonitor(context: Context): void {
  if (context.thread !== 0) return;
  const { heap, own, settings } = context;
  const data: MonitorData = { heap, directory: settings.directory, pid: process.pid, halt: settings.halt };
  try {
    const monitor = new Worker(join(dirname(own), 'monitor.cjs'), {
      workerData: data,
      env: {},
      execArgv: [],
    });
    monitor.unref();
    monitor.on('error', () => undefined);
  } catch {
    context.limit('no thread could be started to look for threads that wait for ever');
  }
  // Nothing but workers keeps the main thread alive: no timer, no socket, no stream will ever run code in it again.
  const outputs = [1, 2].filter(isPipe).length;
  every(() => {
    const active = process
      .getActiveResourcesInfo()
      .filter((one) => one !== 'MessagePort' && one !== 'Worker');
    // Pipes that the program writes to are there all the time, whether or not something is on its way.
    const idle = active.length <= outputs && active.every((one) => one === 'PipeWrap' || one === 'TTYWrap');
    heap[MAIN_IDLE] = idle ? heap[MAIN_IDLE]! + 1 : 0;
  }, 50).unref();
}
