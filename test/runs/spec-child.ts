/** @file A process that trains specs/maml-sinusoid.meta on ONNX Runtime, for a test to kill: `node --import tsx spec-child.ts FOLDER resume?`. */
import { readFileSync } from 'node:fs';
import { hashProgram } from '../../src/compiler/ir/serialize.ts';
import { prepare } from '../../src/prepare.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { train } from '../../src/runtime/run/train.ts';

const [folder, mode] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: spec-child.ts FOLDER [resume]');

const name = 'specs/maml-sinusoid.meta';
const text = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const settings = new Map([
  ['validate.every', '300'],
  ['validate.episodes', '25'],
]);
const { compilation, images } = await prepare({ name, text }, { settings, steps: 1500 });
if (compilation.program === undefined) throw new Error(JSON.stringify(compilation.diagnostics));
process.stdout.write('ready\n');
await train(compilation.program, {
  folder,
  engine: onnxEngine(),
  engineOptions: { threads: 1 },
  seed: 3,
  programHash: hashProgram(compilation.program),
  resident: images,
  resume: mode === 'resume',
  checkpointSteps: 100,
});
process.stdout.write('finished\n');
