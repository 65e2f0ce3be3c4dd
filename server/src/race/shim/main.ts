/**
 * For: the part of the race detector that lives in the program: loaded by `--require` in every thread before any code of
 * the program, it makes the program tell what it does with shared memory.
 * In and out: LOCKSTEP_RACE (settings) in; lines in the log directory out. The program's output, exit code, errors,
 * timers and results stay what they are.
 * Must never know: how reports look.
 */
import module from 'node:module';
import workerThreads from 'node:worker_threads';
import { createMemory, ALIVE, SLOT_COUNT } from '../layout.ts';
import { newSlot } from '../detector.ts';
import { installAtomics } from './atomics.ts';
import { installBuffers } from './buffers.ts';
import { createContext, type Settings } from './context.ts';
import { installToString } from './disguise.ts';
import { installErrors } from './errors.ts';
import { installLoad } from './load.ts';
import { installMessages } from './messages.ts';
import { installMethods } from './methods.ts';
import { installMonitor } from './monitor.ts';
import { installThreads, KEY, type Start } from './threads.ts';
import { installWatch } from './watch.ts';

const HEAP_BYTES = 384 * 1024 * 1024;
const SHADOW_BYTES = 1024 * 1024 * 1024;
const ONCE = Symbol.for('lockstep.race.loaded');

function start(): void {
  if (ONCE in globalThis) return;
  Object.defineProperty(globalThis, ONCE, { value: true, enumerable: false });
  const given = workerThreads.getEnvironmentData(KEY) as unknown as Start | undefined;
  const text = process.env['LOCKSTEP_RACE'];
  if (text === undefined && given === undefined) return;
  // A thread of Node's own, or one whose start was not seen: nothing here is known of its order.
  if (!workerThreads.isMainThread && given === undefined) return;
  if (given !== undefined) workerThreads.setEnvironmentData(KEY, undefined);

  const settings = given?.settings ?? (JSON.parse(text!) as Settings);
  const memory =
    given?.memory ??
    createMemory({ heapBytes: HEAP_BYTES, shadowBytes: SHADOW_BYTES, history: settings.history });
  const thread = given?.thread ?? 0;
  if (given === undefined) {
    newSlot(memory, 0);
    memory.heap[ALIVE] = 1;
  }
  const context = createContext(settings, memory, thread, __filename);
  if (given === undefined)
    context.log.write({
      t: 'process',
      pid: process.pid,
      argv: process.argv.slice(1),
      slots: memory.heap[SLOT_COUNT],
    });
  const watch = installWatch(context);
  installToString();
  const messages = installMessages(context, watch);
  const loading = installLoad(context);
  installThreads(context, messages, (code) => loading.script(code));
  installAtomics(context, watch);
  installBuffers(context, watch);
  installErrors(__filename);
  watch.whenLive(() => installMethods(context, watch));
  watch.whenLive(() => installMonitor(context));
  if (given !== undefined) {
    messages.unload(given.cargo);
    messages.own(given.ports);
    (workerThreads as unknown as Record<string, unknown>)['threadId'] = thread;
  }
  module.syncBuiltinESMExports();
}

start();
