import { workerData, parentPort, threadId } from 'node:worker_threads';
const c = new Int32Array(workerData);
c[1] = 7;
c[0]++;
parentPort.postMessage('hi ' + threadId);
