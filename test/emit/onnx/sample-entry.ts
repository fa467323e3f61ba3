/** @file A sample of a primitive as an entry function with one node. */
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import type { EntryFunction } from '../../../src/compiler/ir/ir.ts';
import type { PrimitiveName } from '../../../src/compiler/ir/primitives.ts';
import type { NamedSample } from '../../primitives/samples.ts';

export function sampleEntry({ op, sample }: NamedSample): { entry: EntryFunction; operands: readonly HostArray[] } {
  const builder = new FunctionBuilder();
  const parameters = sample.operands.map((operand, index) => builder.parameter(`operand${index}`, operand.type));
  const results = builder.apply(op as PrimitiveName, parameters, sample.attributes as never);
  const body = builder.finish(results.map((value, index) => ({ name: `result${index}`, value })));
  return { entry: { name: 'sample', body, tasks: 0, inputs: [] }, operands: sample.operands };
}
