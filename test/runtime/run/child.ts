/** @file A training process that tests kill: `node --import tsx child.ts FOLDER resume?`. Checkpoints often, steps slowly enough to be hit. */
import { setTimeout } from 'node:timers/promises';
import { train } from '../../../src/runtime/run/train.ts';
import { hostEngine } from './host-engine.ts';
import { tinyProgram } from './tiny-program.ts';

const [folder, mode] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: child.ts FOLDER [resume]');

const engine = hostEngine({ onRun: async (_, call) => (call % 4 === 0 ? void (await setTimeout(1)) : undefined) });
process.stdout.write('ready\n');
await train(tinyProgram({ steps: 120, chunk: 3, pool: 9, validateEvery: 10 }), {
  folder,
  engine,
  engineOptions: {},
  seed: 7,
  programHash: 'hash',
  resident: new Map(),
  resume: mode === 'resume',
  checkpointSteps: 3,
});
process.stdout.write('finished\n');
