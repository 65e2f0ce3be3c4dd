/**
 * For: threads that wait for ever. A thread of its own looks at who waits where, for those that wait cannot.
 * In and out: started by the main thread once memory is shared; `monitor.cjs` is what it runs.
 */
import { dirname, join } from 'node:path';
import { MAIN_IDLE } from '../layout.ts';
import type { Context } from './context.ts';
import { every, Worker } from './real.ts';

export interface MonitorData {
  readonly heap: Int32Array;
  readonly directory: string;
  readonly pid: number;
}

export function installMonitor(context: Context): void {
  if (context.thread !== 0) return;
  const { heap, own, settings } = context;
  const data: MonitorData = { heap, directory: settings.directory, pid: process.pid };
  try {
    const monitor = new Worker(join(dirname(own), 'monitor.cjs'), { workerData: data, env: {}, execArgv: [] });
    monitor.unref();
    monitor.on('error', () => undefined);
  } catch {
    context.limit('no thread could be started to look for threads that wait for ever');
  }
  // Nothing but workers keeps the main thread alive: no timer, no socket, no stream will ever run code in it again.
  every(() => {
    const idle = process.getActiveResourcesInfo().every((one) => one === 'MessagePort' || one === 'Worker');
    heap[MAIN_IDLE] = idle ? heap[MAIN_IDLE]! + 1 : 0;
  }, 50).unref();
}
