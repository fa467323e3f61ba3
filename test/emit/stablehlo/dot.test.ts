/** @file Matrix products as XLA computes them without rearranging operands. */
import { describe, expect, test } from 'vitest';
import { emitStableHlo } from '../../../src/compiler/emit/stablehlo/emit.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { Attributes } from '../../../src/compiler/ir/primitives.ts';
import { stepProgram } from './programs.ts';

const none: Attributes['dot_general'] = { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [] };

function product(lhs: readonly number[], rhs: readonly number[], attributes: Partial<Attributes['dot_general']>): string {
  const builder = new FunctionBuilder();
  const operands = [builder.parameter('a', { dtype: 'float', shape: lhs }), builder.parameter('b', { dtype: 'float', shape: rhs })];
  const value = builder.emit('dot_general', operands, { ...none, ...attributes });
  return emitStableHlo({ name: 'f', body: builder.finish([{ name: 'y', value }]), tasks: 0, inputs: [] }, stepProgram().program, {
    target: 'cpu',
  }).text;
}

describe('sums over several dimensions', () => {
  test('are one sum where both operands store them side by side', () => {
    const text = product([25, 10, 40], [25, 10, 30], { lhsContract: [1, 0], rhsContract: [1, 0] });
    expect(text).toContain('(tensor<25x10x40xf32>) -> tensor<250x40xf32>');
    expect(text).toContain('contracting_dims = [0] x [0]');
    expect(text).not.toContain('transpose');
  });

  test('keep the batch dimensions around them', () => {
    const text = product([4, 5, 7, 3], [7, 4, 5, 3], { lhsBatch: [3], rhsBatch: [3], lhsContract: [0, 1], rhsContract: [1, 2] });
    expect(text).toContain('batching_dims = [2] x [2], contracting_dims = [0] x [1]');
    expect(text).toContain('(tensor<20x7x3xf32>, tensor<7x20x3xf32>) -> tensor<3x7x7xf32>');
  });

  test('stay apart where an operand stores them in another order', () => {
    expect(product([2, 3, 4], [3, 2, 5], { lhsContract: [0, 1], rhsContract: [1, 0] })).toContain('contracting_dims = [0, 1] x [1, 0]');
  });
});

test('a product that sums over nothing is a multiplication, which fuses', () => {
  const text = product([25, 10, 1], [1, 40], { lhsContract: [2], rhsContract: [0] });
  expect(text).not.toContain('dot_general');
  expect(text).toContain('stablehlo.multiply');
  expect(text).toContain('-> tensor<25x10x40xf32>');
});
