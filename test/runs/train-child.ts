/** @file Trains a spec on ONNX Runtime in a process that a test kills: `node --import tsx SCRIPT FOLDER resume?`, where SCRIPT calls this. */
import { readFileSync } from 'node:fs';
import { hashProgram } from '../../src/compiler/ir/serialize.ts';
import { prepare } from '../../src/prepare.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { train } from '../../src/runtime/run/train.ts';

/** Says `ready` when training begins, and `finished`. */
export async function trainChild(name: string, settings: Readonly<Record<string, string>>, steps: number): Promise<void> {
  const [folder, mode] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: SCRIPT FOLDER [resume]');
  const path = `specs/${name}.meta`;
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const { compilation, images } = await prepare({ name: path, text }, { settings: new Map(Object.entries(settings)), steps });
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
    checkpointSteps: Math.round(steps / 15),
  });
  process.stdout.write('finished\n');
}
