/** Edges of the host: starts, messages, ends. */
import {
  BroadcastChannel,
  MessageChannel,
  Worker,
  isMainThread,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { ints, message, program } from './kit.mjs';

const url = import.meta.url;

export const messageFree = program(url, 'messageFree', {
  worker(buffer) {
    ints(buffer)[0] = 42;
    parentPort.postMessage({ nested: [new Map([[1, buffer]])] });
  },
  async meanwhile(buffer, worker) {
    const { nested } = await message(worker);
    return [ints(buffer)[0], ints(nested[0].get(1))[0]];
  },
});
export const messageRacy = program(url, 'messageRacy', {
  worker(buffer) {
    parentPort.postMessage('early');
    ints(buffer)[0] = 42; // race: messageRacy
  },
  async meanwhile(buffer, worker) {
    await message(worker);
    const x = ints(buffer);
    return x[0] > 99; // race: messageRacy
  },
});

export const downFree = program(url, 'downFree', {
  worker(buffer) {
    parentPort.once('message', (text) => parentPort.postMessage(text + ints(buffer)[0]));
  },
  async meanwhile(buffer, worker) {
    ints(buffer)[0] = 42;
    worker.postMessage('seen ');
    return message(worker);
  },
});
export const downRacy = program(url, 'downRacy', {
  worker(buffer) {
    parentPort.once('message', () => {
      const x = ints(buffer);
      parentPort.postMessage(x[0] > 99); // race: downRacy
    });
  },
  async meanwhile(buffer, worker) {
    worker.postMessage('go');
    ints(buffer)[0] = 42; // race: downRacy
    return message(worker);
  },
});

export const portFree = program(url, 'portFree', {
  worker(buffer) {
    parentPort.once('message', ({ port, copy }) => {
      ints(copy)[0] = 42;
      port.postMessage('done');
      port.close();
    });
  },
  async meanwhile(buffer, worker) {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port2, copy: buffer }, [port2]);
    const text = await message(port1);
    return [text, ints(buffer)[0]];
  },
});
export const portRacy = program(url, 'portRacy', {
  worker(buffer) {
    parentPort.once('message', (port) => {
      port.postMessage('done');
      ints(buffer)[0] = 42; // race: portRacy
      port.close();
    });
  },
  async meanwhile(buffer, worker) {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    await new Promise((done) => (port1.onmessage = done));
    port1.close();
    const x = ints(buffer);
    return x[0] > 99; // race: portRacy
  },
});

export const broadcastFree = program(url, 'broadcastFree', {
  worker(buffer) {
    ints(buffer)[0] = 42;
    const channel = new BroadcastChannel('broadcastFree');
    channel.postMessage('done');
    channel.onmessage = () => channel.close();
  },
  async meanwhile(buffer) {
    const channel = new BroadcastChannel('broadcastFree');
    const { data } = await new Promise((done) => (channel.onmessage = done));
    const seen = ints(buffer)[0];
    channel.postMessage('thanks');
    channel.close();
    return [data, seen];
  },
});
export const broadcastRacy = program(url, 'broadcastRacy', {
  worker(buffer) {
    const channel = new BroadcastChannel('broadcastRacy');
    channel.postMessage('done');
    ints(buffer)[0] = 42; // race: broadcastRacy
    channel.onmessage = () => channel.close();
  },
  async meanwhile(buffer) {
    const channel = new BroadcastChannel('broadcastRacy');
    await new Promise((done) => (channel.onmessage = done));
    const x = ints(buffer);
    x[0] = 1; // race: broadcastRacy
    channel.postMessage('thanks');
    channel.close();
  },
});

export const receiveFree = program(url, 'receiveFree', {
  worker(buffer) {
    parentPort.once('message', (port) => {
      ints(buffer)[1] = 42;
      port.postMessage({ buffer });
      Atomics.store(ints(buffer), 0, 1);
      Atomics.notify(ints(buffer), 0);
    });
  },
  async meanwhile(buffer, worker) {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    let got;
    while ((got = receiveMessageOnPort(port1)) === undefined) Atomics.wait(ints(buffer), 8, 0, 5);
    port1.close();
    return [Object.keys(got), ints(got.message.buffer)[1], receiveMessageOnPort(port1)];
  },
});
export const receiveRacy = program(url, 'receiveRacy', {
  worker(buffer) {
    parentPort.once('message', (port) => {
      port.postMessage('early');
      ints(buffer)[1] = 42; // race: receiveRacy
    });
  },
  async meanwhile(buffer, worker) {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage(port2, [port2]);
    while (receiveMessageOnPort(port1) === undefined) Atomics.wait(ints(buffer), 8, 0, 5);
    port1.close();
    const x = ints(buffer);
    return x[1] > 99; // race: receiveRacy
  },
});

export const nestedFree = program(url, 'nestedFree', {
  worker(buffer) {
    ints(buffer)[0] = 1;
    const inner = new Worker(new URL(url), { workerData: { inner: 'free', buffer } });
    inner.once('exit', () => ints(buffer)[0]++);
  },
  after: (buffer) => ints(buffer)[0],
});
export const nestedRacy = program(url, 'nestedRacy', {
  worker(buffer) {
    new Worker(new URL(url), { workerData: { inner: 'racy', buffer } });
    ints(buffer)[0] = 1; // race: nestedRacy
  },
});
if (!isMainThread && workerData?.inner === 'free') ints(workerData.buffer)[0] += 40;
if (!isMainThread && workerData?.inner === 'racy') {
  ints(workerData.buffer)[0] = 2; // race: nestedRacy
}

const evalCode = `
  const { workerData, parentPort } = require('node:worker_threads');
  const x = new Int32Array(workerData);
  x[0] = x[0] + 1;
  parentPort.postMessage(x[0]);
`;
export async function evalFree() {
  const buffer = new SharedArrayBuffer(8);
  ints(buffer)[0] = 4;
  const worker = new Worker(evalCode, { eval: true, workerData: buffer, execArgv: [], env: {} });
  const seen = await message(worker);
  await worker.terminate();
  return [seen, ints(buffer)[0]];
}

export const exitRacy = program(url, 'exitRacy', {
  worker(buffer) {
    ints(buffer)[0] = 42; // race: exitRacy
    process.exit(0);
  },
  meanwhile(buffer) {
    const x = ints(buffer);
    x[0] = 1; // race: exitRacy
  },
});
export async function terminateFree() {
  const buffer = new SharedArrayBuffer(8);
  const worker = new Worker(new URL(url), { workerData: { spin: buffer } });
  await message(worker);
  const code = await worker.terminate();
  return [code, ints(buffer)[1] >= 0];
}
if (!isMainThread && workerData?.spin) {
  const x = ints(workerData.spin);
  parentPort.postMessage('spinning');
  for (;;) x[1] = x[1] + 1;
}

/** Before the buffer is shared, nobody else can touch it. */
export const beforeFree = program(url, 'beforeFree', {
  before(buffer) {
    for (let i = 0; i < 16; i++) ints(buffer)[i] = i;
    Atomics.add(ints(buffer), 0, 5);
  },
  worker(buffer) {
    for (let i = 0; i < 16; i++) ints(buffer)[i] *= 2;
  },
  after: (buffer) => ints(buffer).join(),
});
/** A message between two others does not order what comes after it. */
export const relayRacy = program(url, 'relayRacy', {
  workers: 2,
  worker(buffer, { id }) {
    parentPort.once('message', () => {
      if (id === 0) {
        parentPort.postMessage('zero');
        ints(buffer)[0] = 1; // race: relayRacy
      } else {
        ints(buffer)[0] = 2; // race: relayRacy
        parentPort.postMessage('one');
      }
    });
  },
  async meanwhile(_buffer, zero, one) {
    zero.postMessage('go');
    await message(zero);
    one.postMessage('go');
    await message(one);
  },
});
export const relayFree = program(url, 'relayFree', {
  workers: 2,
  worker(buffer, { id }) {
    parentPort.once('message', () => {
      ints(buffer)[0] += id + 1;
      parentPort.postMessage('done');
    });
  },
  async meanwhile(_buffer, zero, one) {
    zero.postMessage('go');
    await message(zero);
    one.postMessage('go');
    await message(one);
  },
  after: (buffer) => ints(buffer)[0],
});
