/** @file Wide convolutions mean what the convolutions meant: on the samples, and on shapes that training makes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Attributes } from '../../src/compiler/ir/primitives.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import { convolvedSize } from '../../src/compiler/ir/type-rules.ts';
import { wideConvolutions } from '../../src/compiler/optimize/wide-convolutions.ts';

/** Some numbers, all different. */
function numbers(shape: readonly number[], seed: number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, index) => Math.sin(index * 1.7 + seed));
}

function check(lhs: readonly number[], rhs: readonly number[], attributes: Attributes['convolution']): void {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', { dtype: 'float', shape: lhs });
  const w = builder.parameter('w', { dtype: 'float', shape: rhs });
  const f = builder.finish([{ name: 'y', value: builder.emit('convolution', [x, w], attributes) }]);
  const operands = [hostArray('float', lhs, numbers(lhs, 1)), hostArray('float', rhs, numbers(rhs, 2))];
  const wanted = evaluateFunction(f, operands)[0]?.data as Float64Array;
  const wide = wideConvolutions.run(f);
  expect(wide).not.toBe(f);
  const found = evaluateFunction(wide, operands)[0]?.data as Float64Array;
  for (const node of wide.nodes) if (node.op === 'convolution') expect(node.operands[0]?.type.shape[0]).toBe(1);
  wanted.forEach((value, index) => {
    expect(Math.abs((found[index] as number) - value)).toBeLessThan(1e-9);
  });
}

const axis = fc.record({
  size: fc.integer({ min: 1, max: 6 }),
  kernel: fc.integer({ min: 1, max: 6 }),
  stride: fc.integer({ min: 1, max: 3 }),
  low: fc.integer({ min: -1, max: 3 }),
  high: fc.integer({ min: -1, max: 3 }),
  lhsDilation: fc.integer({ min: 1, max: 3 }),
  rhsDilation: fc.integer({ min: 1, max: 3 }),
});

test('any convolution of several images', () => {
  fc.assert(
    fc.property(
      fc.tuple(axis, axis),
      fc.integer({ min: 2, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2 }),
      (spatial, images, groups, channels, outputs) => {
        const sizes = spatial.map((one) =>
          convolvedSize(one.size, one.kernel, one.stride, [one.low, one.high], one.lhsDilation, one.rhsDilation),
        );
        fc.pre(sizes.every((size) => size > 0));
        check(
          [images, groups * channels, ...spatial.map((one) => one.size)],
          [groups * outputs, channels, ...spatial.map((one) => one.kernel)],
          {
            strides: spatial.map((one) => one.stride),
            padding: spatial.map((one) => [one.low, one.high] as const),
            lhsDilation: spatial.map((one) => one.lhsDilation),
            rhsDilation: spatial.map((one) => one.rhsDilation),
            groups,
          },
        );
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});
