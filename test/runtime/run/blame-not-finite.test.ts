/** @file Which node is blamed for a number that is not finite. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { hostArray } from '../../../src/compiler/ir/host-array.ts';
import type { Value } from '../../../src/compiler/ir/ir.ts';
import { tensorType } from '../../../src/compiler/ir/tensor-type.ts';
import { firstNotFiniteNode } from '../../../src/runtime/run/blame-not-finite.ts';

const FLOAT32 = 3.4028235677973366e38;

/** The operation blamed when `build` runs on x = [values]. */
function blamed(
  values: readonly number[],
  build: (builder: FunctionBuilder, x: Value) => Value,
  limit = Number.MAX_VALUE,
): string | undefined {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', [values.length]));
  const body = builder.finish([{ name: 'y', value: build(builder, x) }]);
  return firstNotFiniteNode(body, [hostArray('float', [values.length], values)], limit, performance.now() + 10_000)?.op;
}

test('nothing is blamed while all is finite', () => {
  expect(blamed([1, 2], (builder, x) => builder.unary('exponential', x))).toBeUndefined();
});

test('the operation that makes the first infinity or NaN is blamed, not those that pass it on', () => {
  expect(blamed([0, 1], (builder, x) => builder.binary('multiply', builder.unary('log', x), x))).toBe('log');
  expect(blamed([-1, 1], (builder, x) => builder.unary('tanh', builder.unary('sqrt', x)))).toBe('sqrt');
});

test('an overflow of float32 is found in float64', () => {
  const square = (builder: FunctionBuilder, x: Value): Value => builder.binary('multiply', x, x);
  expect(blamed([1e30, 1], square)).toBeUndefined();
  expect(blamed([1e30, 1], square, FLOAT32)).toBe('multiply');
});

test('a constant of minus infinity is no fault until it makes NaN', () => {
  const masked = (builder: FunctionBuilder, x: Value): Value => builder.scale('add', x, Number.NEGATIVE_INFINITY);
  expect(blamed([1, 2], (builder, x) => builder.unary('exponential', masked(builder, x)))).toBeUndefined();
  expect(blamed([1, 2], (builder, x) => builder.binary('subtract', masked(builder, x), masked(builder, x)))).toBe('subtract');
});

test('time that ran out blames nobody', () => {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', tensorType('float', [1]));
  const body = builder.finish([{ name: 'y', value: builder.unary('log', x) }]);
  expect(firstNotFiniteNode(body, [hostArray('float', [1], [0])], FLOAT32, performance.now() - 1)).toBeUndefined();
});
