/** @file A short seeded run of a shipped spec on the default engine, for tests. */
import { readFileSync } from 'node:fs';
import { hashProgram } from '../../src/compiler/ir/serialize.ts';
import { prepare } from '../../src/prepare.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { evaluate } from '../../src/runtime/run/evaluate.ts';
import { RunFolder } from '../../src/runtime/run/run-folder.ts';
import { train } from '../../src/runtime/run/train.ts';

/** Means of the reports by label, after training into the folder. */
export async function shortRun(
  name: string,
  path: string,
  settings: Readonly<Record<string, string>>,
  steps: number,
): Promise<ReadonlyMap<string, number>> {
  const text = readFileSync(new URL(`../../specs/${name}.meta`, import.meta.url), 'utf8');
  const { compilation, images } = await prepare({ name: `${name}.meta`, text }, { settings: new Map(Object.entries(settings)), steps });
  const { program, diagnostics } = compilation;
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  const run = new RunFolder(path);
  const options = { engine: onnxEngine(), engineOptions: {}, seed: 1, programHash: hashProgram(program), resident: images };
  await train(program, { ...options, folder: run.path });
  const result = await evaluate(program, { ...options, checkpoint: run.last });
  return new Map((result?.reports ?? []).map(({ label, mean }) => [label, mean]));
}
