/** @file The forecast of arithmetic and memory, counted by hand. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { costOf } from '../../src/compiler/optimize/cost.ts';

test('a dense layer', () => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', tensorType('float', [10, 20]));
  const kernel = b.parameter('kernel', tensorType('float', [20, 30]));
  const bias = b.parameter('bias', tensorType('float', [30]));
  const product = b.emit('dot_general', [x, kernel], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });
  const sum = b.binary('add', product, b.broadcast(bias, [10, 30], [1]));
  const cost = costOf(b.finish([{ name: 'y', value: b.reshape(sum, [300]) }]));
  expect(cost.flops).toBe(2 * 10 * 20 * 30 + 300);
  // product: two operands and the result; add: the product, the bias (repeated on the fly) and the sum.
  expect(cost.bytes).toBe(4 * (200 + 600 + 300 + 300 + 30 + 300));
  // Parameters, product and sum are alive during the addition.
  expect(cost.peakBytes).toBe(4 * (200 + 600 + 30 + 300 + 300));
  expect(cost.nodes).toBe(4);
});

test('values are freed after their last use', () => {
  const b = new FunctionBuilder();
  let x = b.parameter('x', tensorType('float', [100]));
  for (let step = 0; step < 10; step++) x = b.unary('tanh', x);
  expect(costOf(b.finish([{ name: 'y', value: x }])).peakBytes).toBe(4 * 300);
});

test('bytes are those of the engine', () => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', tensorType('float', [100]));
  const positive = b.compare('GT', x, b.constant(0, [100]));
  const f = b.finish([{ name: 'y', value: positive }]);
  expect(costOf(f, { floatBytes: 8 }).bytes).toBe(900);
  expect(costOf(f).bytes).toBe(500);
});

test('a convolution multiplies each result with the kernel it saw', () => {
  const b = new FunctionBuilder();
  const images = b.parameter('images', tensorType('float', [5, 3, 8, 8]));
  const kernels = b.parameter('kernels', tensorType('float', [4, 3, 3, 3]));
  const attributes = {
    strides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ] as const,
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    groups: 1,
  };
  const result = b.emit('convolution', [images, kernels], attributes);
  expect(costOf(b.finish([{ name: 'y', value: result }])).flops).toBe(2 * 5 * 4 * 6 * 6 * 27);
});
