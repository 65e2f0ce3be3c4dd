// The memory comes through a port that came in a message.
//- main.ts
import { MessageChannel, Worker } from 'node:worker_threads';

const left = new Worker(new URL('./left.js', import.meta.url));
const right = new Worker(new URL('./right.js', import.meta.url));
const { port1, port2 } = new MessageChannel();
left.postMessage({ port: port1 }, [port1]);
right.postMessage({ port: port2 }, [port2]);
//- left.js
import { parentPort } from 'node:worker_threads';

parentPort.once('message', ({ port }) => {
  const level = new Int16Array(new SharedArrayBuffer(2));
  port.postMessage({ level });
  level[0]--;
//^^^^^^^^^^ no-plain-shared-update: `level[0]` is read and then written while right.js changes it
});
//- right.js
import { parentPort } from 'node:worker_threads';

parentPort.once('message', ({ port }) => {
  port.on('message', ({ level }) => {
    level[0] -= 2;
//  ^^^^^^^^^^^^^ no-plain-shared-update: `level[0]` is read and then written while left.js changes it
  });
});
