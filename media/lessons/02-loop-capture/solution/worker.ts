import { parentPort } from 'node:worker_threads';

// Sends back the number that it is given, and ends.
parentPort?.once('message', (number: number) => {
  parentPort?.postMessage(number);
});
