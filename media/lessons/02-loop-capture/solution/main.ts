import { Worker } from 'node:worker_threads';
import { tally } from '../../stage.ts';

// #region work
for (let number = 1; number <= 3; number++) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  worker.on('message', (given: number) => {
    console.log(`worker ${given} has answered; its handler says: worker ${number}`);
    tally(`worker ${number}`); // ok: every turn has a `number` of its own
  });
  worker.postMessage(number);
}
// #endregion
