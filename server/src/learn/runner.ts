/**
 * For: running one built program of a lesson in a process of its own, on real workers, within limits.
 * In and out: one `start` message in over the process channel; lines, tallies and one `end` out (protocol.ts).
 * Must never know: lessons, the panel.
 *
 * The program runs in a worker, so this thread is always free to stop it: a lesson may spin or block for ever.
 * Limit: `resourceLimits` holds for the program's first worker only, not for those that it starts; the process's own
 * heap limit (launch.ts) is the outer bound.
 */
import { Worker } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { parseRunStart, type EndReason, type RunEvent, type RunStart } from './protocol.ts';

/** Tallies are sent at most this often: a program may count a million outcomes in a second. */
const TALLY_EVERY_MS = 50;

process.once('message', (message) => {
  const start = parseRunStart(message);
  if (start === null) process.exit(2);
  run(start);
});
// Whoever asked is gone: nobody reads the answer.
process.once('disconnect', () => process.exit(0));

function run({ entry, limits }: RunStart): void {
  const begun = performance.now();
  const counts: Record<string, number> = {};
  let outputBytes = 0;
  let ended = false;
  let tallyTimer: NodeJS.Timeout | null = null;

  const sendTally = () => {
    if (tallyTimer !== null) clearTimeout(tallyTimer);
    tallyTimer = null;
    if (Object.keys(counts).length > 0) send({ type: 'tally', counts });
  };
  const end = (reason: EndReason, message: string) => {
    if (ended) return;
    sendTally();
    ended = true;
    clearTimeout(timer);
    send({ type: 'end', reason, message, milliseconds: Math.round(performance.now() - begun) }, () =>
      process.exit(0),
    );
  };
  const timer = setTimeout(
    () => end('timeout', `stopped after ${limits.milliseconds / 1000} seconds`),
    limits.milliseconds,
  );

  const worker = new Worker(pathToFileURL(entry), {
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: limits.megabytes },
  });
  const print = (stream: 'stdout' | 'stderr', text: string) => {
    if (ended) return;
    outputBytes += Buffer.byteLength(text) + 1;
    if (outputBytes > limits.outputBytes) {
      end('output', `stopped after ${limits.outputBytes} bytes of output`);
    } else send({ type: 'line', stream, text });
  };
  const flushes = (['stdout', 'stderr'] as const).map((name) =>
    byLine(worker[name], (text) => print(name, text)),
  );
  worker.on('message', (value: unknown) => {
    const counted = outcomeOf(value);
    if (counted === null) return;
    counts[counted.outcome] = (counts[counted.outcome] ?? 0) + counted.times;
    tallyTimer ??= setTimeout(sendTally, TALLY_EVERY_MS);
  });
  let failure: { reason: EndReason; message: string } | null = null;
  worker.on('error', (error: Error & { code?: string }) => {
    const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    failure = memory
      ? { reason: 'memory', message: `stopped at ${limits.megabytes} MB of memory` }
      : { reason: 'failed', message: error.message };
  });
  worker.on('exit', (code) => {
    // Output that the worker wrote last may still be on its way.
    void Promise.all(flushes.map((flush) => flush())).then(() => {
      if (failure !== null) end(failure.reason, failure.message);
      else if (code !== 0) end('failed', `the program ended with exit code ${code}`);
      else end('done', '');
    });
  });
}

function send(event: RunEvent, sent?: () => void): void {
  process.send!(event, undefined, undefined, () => sent?.());
}

/** Lesson programs count an outcome by posting `{ outcome, times }` to the thread that started them (stage.ts). */
function outcomeOf(value: unknown): { outcome: string; times: number } | null {
  if (typeof value !== 'object' || value === null) return null;
  const { outcome, times } = value as Record<string, unknown>;
  return typeof outcome === 'string' && typeof times === 'number' ? { outcome, times } : null;
}

/** Calls `line` for each line; the returned function resolves when the stream has ended and the rest is out. */
function byLine(stream: NodeJS.ReadableStream, line: (text: string) => void): () => Promise<void> {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop()!;
    for (const each of lines) line(each);
    // A line without end is bounded as well: what is printed piece by piece must not gather here for ever.
    if (rest.length > 4096) {
      line(rest);
      rest = '';
    }
  });
  const closed = new Promise<void>((resolve) => {
    stream.once('end', () => {
      if (rest !== '') line(rest);
      resolve();
    });
  });
  return () => closed;
}
