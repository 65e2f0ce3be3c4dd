import { Worker } from 'node:worker_threads';
import { tally } from '../stage.ts';

// #region work
for (var number = 1; number <= 3; number++) {
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  worker.on('message', (given: number) => {
    console.log(`worker ${given} has answered; its handler says: worker ${number}`);
//                                                                        ^^^^^^ no-late-loop-variable: `number` will have its last value when this message handler runs
    tally(`worker ${number}`);
  });
  worker.postMessage(number);
}
// #endregion
