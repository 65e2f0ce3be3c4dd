// Messages are handled when the loop has ended, whichever agent sends them.
import type { Worker } from 'node:worker_threads';

export function greet(workers: Worker[], report: (text: string) => void): void {
  for (var number = 0; number < workers.length; number++) {
    const worker = workers[number]!;
    worker.on('message', (answer: string) => report(`${number}: ${answer}`));
//                                                     ^^^^^^ no-late-loop-variable: message handler
    worker.once('exit', () => report(`${number} has ended`));
//                                      ^^^^^^ no-late-loop-variable: event listener
    worker.postMessage(number); // ok: copied at once
  }
}

export function connect(count: number, got: (port: number, data: unknown) => void): MessagePort[] {
  const ports: MessagePort[] = [];
  let next = 0;
  do {
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => got(next, data);
//                                              ^^^^ no-late-loop-variable: `next` will have its last value when this message handler runs
    ports.push(channel.port2);
    next += 1;
  } while (next < count);
  return ports;
}
