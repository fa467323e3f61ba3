/** @file Runs one entry function on ONNX Runtime, without a session of the engine around it. */
import * as runtime from 'onnxruntime-node';
import { emitOnnx, outputName } from '../../../src/compiler/emit/onnx/emit.ts';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import type { EntryFunction, Program } from '../../../src/compiler/ir/ir.ts';

const ELEMENT_OF = { float: 'float32', int: 'int32', bool: 'bool', uint8: 'uint8' } as const;

export const emptyProgram: Program = {
  format: 'metac-ir',
  version: 1,
  name: 'test',
  weights: [],
  state: [],
  sources: [],
  functions: [],
  train: [],
  evaluate: undefined,
  protocol: {},
};

/** Results in the order of the function's. */
export async function runModel(entry: EntryFunction, operands: readonly HostArray[]): Promise<ArrayLike<number>[]> {
  const session = await runtime.InferenceSession.create(emitOnnx(entry, emptyProgram), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const feeds: Record<string, runtime.Tensor> = {};
  entry.body.parameters.forEach(({ name, value }, index) => {
    if (!session.inputNames.includes(name)) return;
    const data = operands[index]?.data ?? [];
    const fed = data instanceof Float64Array ? Float32Array.from(data) : (data as Int32Array | Uint8Array);
    feeds[name] = new runtime.Tensor(ELEMENT_OF[value.type.dtype], fed, value.type.shape);
  });
  const results = await session.run(feeds);
  const found = entry.body.results.map(({ name }) => results[outputName(entry, name)]?.data as Float32Array | Int32Array | Uint8Array);
  await session.release();
  return found;
}
