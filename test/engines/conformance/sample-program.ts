/** @file A sample of a primitive as a whole program: what an engine compiles and runs, nothing but the one node. */
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import type { EntryFunction, InputDeclaration, Program, StateDeclaration } from '../../../src/compiler/ir/ir.ts';
import type { PrimitiveName } from '../../../src/compiler/ir/primitives.ts';
import type { TensorType } from '../../../src/compiler/ir/tensor-type.ts';
import type { Tensors } from '../../../src/runtime/engine.ts';
import type { Tensor } from '../../../src/runtime/tensor.ts';
import type { NamedSample } from '../../primitives/samples.ts';

export interface SampleProgram {
  readonly program: Program;
  readonly entry: EntryFunction;
  /** What a call is given: floats and ints. */
  readonly inputs: Tensors;
  /** What is written before: data sets (uint8) and states (bool, which a program neither draws nor reads from a data set). */
  readonly resident: Tensors;
}

const ENTRY = 'sample';

export function sampleProgram({ op, sample }: NamedSample): SampleProgram {
  const builder = new FunctionBuilder();
  const parameters = sample.operands.map((operand, index) => builder.parameter(operandName(index), operand.type));
  const results = builder.apply(op as PrimitiveName, parameters, sample.attributes as never);
  const body = builder.finish(results.map((value, index) => ({ name: `result${index}`, value })));
  const given = sample.operands.map((operand, index) => ({ name: operandName(index), operand }));
  const states = given.filter(({ operand }) => operand.type.dtype === 'bool');
  const declared = given.filter(({ operand }) => operand.type.dtype !== 'bool');
  const entry: EntryFunction = { name: ENTRY, body, tasks: 0, inputs: declared.map(({ name, operand }) => inputOf(name, operand.type)) };
  const resident = given.filter(({ operand }) => operand.type.dtype === 'bool' || operand.type.dtype === 'uint8');
  return {
    program: oneEntryProgram(
      entry,
      states.map(({ name, operand }) => ({ name, type: operand.type, initial: 0 })),
    ),
    entry,
    inputs: tensorsOf(given.filter((one) => !resident.includes(one))),
    resident: tensorsOf(resident),
  };
}

function operandName(index: number): string {
  return `operand${index}`;
}

/** How a program would declare an input of this type. */
export function inputOf(name: string, type: TensorType): InputDeclaration {
  switch (type.dtype) {
    case 'uint8':
      return { kind: 'data', name, type, tasks: 'samples' };
    case 'int':
      return { kind: 'examples', name, type, tasks: 'samples', episode: 'samples', part: 'support' };
    default:
      return { kind: 'draw', name, type, distribution: 'uniform', stream: name, perTask: false, tasks: undefined };
  }
}

function tensorsOf(given: readonly { readonly name: string; readonly operand: HostArray }[]): Tensors {
  return new Map(
    given.map(({ name, operand }): [string, Tensor] => [
      name,
      { dtype: operand.type.dtype, shape: operand.type.shape, data: operand.data.slice() },
    ]),
  );
}

/** A program that has nothing but an entry function and states. */
export function oneEntryProgram(entry: EntryFunction, state: readonly StateDeclaration[]): Program {
  return {
    format: 'metac-ir',
    version: 1,
    name: 'sample',
    weights: [],
    state,
    sources: [],
    functions: [entry],
    train: [],
    evaluate: undefined,
    protocol: {},
  };
}
