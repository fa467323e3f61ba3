/** @file Every batching rule against a loop over tasks, for every mix of batched operands. */
import { expect, test } from 'vitest';
import { batch } from '../../src/compiler/batch/batch.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import type { PrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { allSamples, type NamedSample } from '../primitives/samples.ts';

/** Task t sees the sample's elements rotated by t: other numbers, in the same range. */
function forTasks(array: HostArray, tasks: number): HostArray {
  const size = array.data.length;
  const values = Array.from({ length: tasks * size }, (_, index) => {
    const task = Math.floor(index / size);
    return array.data[((index % size) + task) % size] as number;
  });
  if (size === 0) return { type: tensorType(array.type.dtype, [tasks, ...array.type.shape]), data: array.data };
  return hostArray(array.type.dtype, [tasks, ...array.type.shape], values);
}

/** One application of the primitive for each task. */
function mapped({ op, sample }: NamedSample, batched: readonly boolean[], tasks: number): Func {
  const builder = new FunctionBuilder();
  const body = new FunctionBuilder();
  const outer = sample.operands.map((operand, index) => {
    const { dtype, shape } = operand.type;
    return builder.parameter(`operand${index}`, tensorType(dtype, batched[index] ? [tasks, ...shape] : shape));
  });
  const inner = sample.operands.map((operand, index) => body.parameter(`operand${index}`, operand.type));
  const ofOne = body.apply(op as PrimitiveName, inner, sample.attributes).map((value, index) => ({ name: `result${index}`, value }));
  const results = builder.apply('map_tasks', outer, { body: body.finish(ofOne), mapped: batched, tasks });
  return builder.finish(results.map((value, index) => ({ name: `result${index}`, value })));
}

function subsets(count: number): boolean[][] {
  return Array.from({ length: 2 ** count }, (_, bits) => Array.from({ length: count }, (_, index) => ((bits >> index) & 1) === 1));
}

test.each(allSamples.map((named) => ({ named, title: `${named.op}: ${named.sample.name}` })))('$title', ({ named }) => {
  for (const tasks of [1, 3]) {
    for (const batched of subsets(named.sample.operands.length)) {
      const loop = mapped(named, batched, tasks);
      const vectorised = batch(loop);
      expect(vectorised.nodes.some((node) => node.op === 'map_tasks')).toBe(false);
      const args = named.sample.operands.map((operand, index) => (batched[index] ? forTasks(operand, tasks) : operand));
      const expected = evaluateFunction(loop, args);
      const found = evaluateFunction(vectorised, args);
      found.forEach(({ type, data }, result) => {
        const wanted = expected[result] as HostArray;
        expect(type).toEqual(wanted.type);
        data.forEach((value, index) => {
          const other = wanted.data[index] as number;
          if (!Object.is(value, other)) expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(other)));
        });
      });
    }
  }
});
