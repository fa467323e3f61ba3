/** @file A thread for a test: it answers, fails when told to, and ends when told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerRequests } from '../../src/runtime/engines/onnx/thread.ts';

if (parentPort !== null) {
  answerRequests(parentPort, async (request: string) => {
    if (request === 'fail') throw new RangeError('no more room');
    if (request === 'end') process.exit(1);
    return `${workerData} ${request}`;
  });
}
