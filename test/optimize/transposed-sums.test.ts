/** @file A sum between two transposes keeps one of them. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import { transposedSums } from '../../src/compiler/optimize/transposed-sums.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => Math.sin(index));

test.each([
  ['add', 0, [1, 2, 0], [2, 0, 1], 1],
  ['add', 1, [1, 2, 0], [2, 0, 1], 1],
  ['subtract', 0, [1, 2, 0], [2, 0, 1], 1],
  ['subtract', 1, [1, 2, 0], [2, 0, 1], 1],
  ['add', 0, [1, 2, 0], [1, 0, 2], 2],
] as const)('%s with the transposed operand at %i, permutations %j and %j', (op, side, before, after, left) => {
  const b = new FunctionBuilder();
  const a = b.parameter('a', { dtype: 'float', shape: [2, 3, 4] });
  const moved = b.transpose(a, before);
  const other = b.parameter('b', moved.type);
  const sum = side === 0 ? b.binary(op, moved, other) : b.binary(op, other, moved);
  const f = b.finish([{ name: 'y', value: b.transpose(sum, after) }]);
  const changed = transposedSums.run(f);
  expect(changed.nodes.filter((node) => node.op === 'transpose')).toHaveLength(left);
  const operands = [hostArray('float', a.type.shape, numbers(24)), hostArray('float', moved.type.shape, numbers(24).reverse())];
  expect(evaluateFunction(changed, operands)[0]).toEqual(evaluateFunction(f, operands)[0]);
});
