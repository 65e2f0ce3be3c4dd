/**
 * For: what Node gives the server: time, and stdin read by a thread of its own.
 * In and out: nothing in; timers and streams out. Must never know: the protocol.
 */
import { fstatSync } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { Timers } from './host.ts';

export const nodeTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
  breathe: turn,
};

/** null where reading fails, for whatever reason. */
export function tryRead(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * Stdin, read by a thread that counts what arrives, so that long work here can see that the client has said something.
 * Without such a thread a cancellation would be read only when the work that it cancels is done.
 * null: stdin is no pipe (a terminal, a file).
 * Limit: on Windows, where a pipe that is handed to another thread cannot be relied on, work is stopped by time instead.
 */
export function watchedStdin(): { readonly input: Readable; readonly timers: Timers } | null {
  const stdin = fstatSync(0);
  if (process.platform === 'win32' || !(stdin.isFIFO() || stdin.isSocket())) return null;
  const arrived = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let taken = 0;
  const input = new PassThrough();
  const reader = new Worker(READER, { eval: true, workerData: arrived });
  reader.on('message', (chunk: Uint8Array | null) => {
    if (chunk === null) {
      input.end();
      return;
    }
    taken++;
    input.write(chunk);
  });
  reader.on('error', (error) => input.destroy(error));
  const messageWaiting = () => Atomics.load(arrived, 0) !== taken;
  const breathe = async () => {
    for (let turns = 0; turns < 100 && messageWaiting(); turns++) await turn();
    // What is read is given out one message a turn.
    for (let turns = 0; turns < 10; turns++) await turn();
  };
  return { input, timers: { ...nodeTimers, breathe, messageWaiting } };
}

/**
 * The thread's program. The count goes up before the chunk is sent, so a chunk that is on its way counts as waiting.
 * `net.Socket` and not `fs`: it waits in the event loop, where the end of the process can interrupt it.
 */
const READER = `
const { parentPort, workerData } = require('node:worker_threads');
const { Socket } = require('node:net');
const stdin = new Socket({ fd: 0, readable: true, writable: false });
const send = (chunk) => parentPort.postMessage(chunk);
stdin.on('data', (chunk) => {
  Atomics.add(workerData, 0, 1);
  send(new Uint8Array(chunk));
});
stdin.on('error', () => send(null));
stdin.on('end', () => send(null));
`;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
