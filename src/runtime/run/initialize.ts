/** @file First values: weights by the program's `initialize` in float64 on the host, state by its declarations, data sets as they are. */
import { residentShape } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import { evaluateFunction } from '../../compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../compiler/ir/host-array.ts';
import type { EntryFunction, InputDeclaration, Program } from '../../compiler/ir/ir.ts';
import { printType, sameType, sizeOf } from '../../compiler/ir/tensor-type.ts';
import type { ResidentImages } from '../data/resident.ts';
import type { Tensors } from '../engine.ts';
import { fillNormal, fillUniform, SHARED_TASK, streamKey } from '../random/stream.ts';
import type { Tensor } from '../tensor.ts';

export function entryOf(program: Program, name: string): EntryFunction {
  const entry = program.functions.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new InternalError(`the program has no function ${name}`);
  return entry;
}

/** float64 weights, by name: the same for every engine. */
export function initialWeights(program: Program, seed: number): Tensors {
  if (program.weights.length === 0) return new Map();
  const entry = entryOf(program, 'initialize');
  const inputs = new Map(entry.inputs.map((input) => [input.name, initialDraw(input, seed)]));
  const values = entry.body.parameters.map(({ name }): HostArray => {
    const input = inputs.get(name);
    if (input === undefined) throw new InternalError(`initialize takes ${name}, which is no draw`);
    return input;
  });
  const results = evaluateFunction(entry.body, values);
  const weights = new Map<string, Tensor>();
  entry.body.results.forEach(({ name }, index) => {
    const { type, data } = results[index] as HostArray;
    weights.set(name, { dtype: type.dtype, shape: type.shape, data });
  });
  return weights;
}

function initialDraw(input: InputDeclaration, seed: number): HostArray {
  if (input.kind !== 'draw' || input.perTask) throw new InternalError(`initialize takes ${input.name}, which is no shared draw`);
  const size = sizeOf(input.type.shape);
  const numbers = new Float32Array(size);
  const fill = input.distribution === 'uniform' ? fillUniform : fillNormal;
  fill(numbers, 0, size, streamKey(seed, 'initialize', 'draw', input.stream), 0, SHARED_TASK);
  return hostArray('float', input.type.shape, numbers);
}

export function initialState(program: Program): Tensors {
  const state = program.state.map(({ name, type, initial }): [string, Tensor] => {
    const size = sizeOf(type.shape);
    const data = type.dtype === 'float' ? new Float64Array(size) : type.dtype === 'int' ? new Int32Array(size) : new Uint8Array(size);
    return [name, { dtype: type.dtype, shape: type.shape, data: data.fill(initial) }];
  });
  return new Map(state);
}

/** The resident data sets under the names of the program's `data` inputs. */
export function dataTensors(program: Program, resident: ReadonlyMap<string, ResidentImages>): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const entry of program.functions) {
    for (const input of entry.inputs) {
      if (input.kind !== 'data' || tensors.has(input.name)) continue;
      const images = resident.get(input.tasks);
      if (images === undefined) throw new InternalError(`no data of ${input.tasks} for input ${input.name}`);
      if (!sameType(input.type, images.tensor))
        throw new DiagnosticError(residentShape(input.tasks, printType(input.type), printType(images.tensor)));
      tensors.set(input.name, images.tensor);
    }
  }
  return tensors;
}
