import { WorkerPool } from '../../../server/src/runtime/index.ts';

WorkerPool.serve((n: number) => n ** 2);
