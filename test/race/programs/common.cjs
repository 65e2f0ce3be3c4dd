// CommonJS, started by its own name.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const message = (worker) => new Promise((done) => worker.once('message', done));

if (isMainThread) {
  exports.commonRacy = async () => {
    const x = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(__filename, { workerData: { x, racy: true } });
    x[0] = 1; // race: commonRacy
    return message(worker);
  };
  exports.commonFree = async () => {
    const x = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(__filename, { workerData: { x, racy: false } });
    const seen = await message(worker);
    return [seen, x[1], require.main === module, __filename.endsWith('common.cjs'), (() => x[0]).toString()];
  };
} else if (workerData.racy) {
  workerData.x[0] = 2; // race: commonRacy
  parentPort.postMessage('done');
} else {
  workerData.x[1] = 2;
  parentPort.postMessage('done');
}
