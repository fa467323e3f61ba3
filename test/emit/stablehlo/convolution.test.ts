/** @file Which convolution XLA is given: images that passes put side by side are a batch again, and large groups stand alone on CPU. */
import { describe, expect, test } from 'vitest';
import { emitStableHlo } from '../../../src/compiler/emit/stablehlo/emit.ts';
import type { Target } from '../../../src/compiler/emit/stablehlo/lowering-context.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import type { Attributes } from '../../../src/compiler/ir/primitives.ts';
import { stepProgram } from './programs.ts';

const plain = {
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  lhsDilation: [1, 1],
  rhsDilation: [1, 1],
  groups: 1,
} as const;

function dimensions(
  lhs: readonly number[],
  rhs: readonly number[],
  attributes: Partial<Attributes['convolution']>,
  target: Target = 'gpu',
) {
  const builder = new FunctionBuilder();
  const operands = [builder.parameter('x', { dtype: 'float', shape: lhs }), builder.parameter('w', { dtype: 'float', shape: rhs })];
  const value = builder.emit('convolution', operands, { ...plain, ...attributes });
  const entry = { name: 'f', body: builder.finish([{ name: 'y', value }]), tasks: 0, inputs: [] };
  const { text } = emitStableHlo(entry, stepProgram().program, { target });
  return {
    numbers: [...text.matchAll(/dim_numbers = (.*?), window/g)].map((match) => match[1]),
    windows: [...text.matchAll(/window = \{(.*?)\}/g)].map((match) => match[1]),
    groups: [...text.matchAll(/feature_group_count = (\d+)/g)].map((match) => match[1]),
  };
}

const padded = (width: number): Partial<Attributes['convolution']> => ({
  padding: [
    [1, 1],
    [width, width],
  ],
  rhsDilation: [1, width],
});

describe('images side by side in rows', () => {
  test('are the batch of an ordinary convolution', () => {
    const found = dimensions([1, 8, 7, 35], [4, 8, 3, 3], padded(5));
    expect(found.numbers).toEqual(['[f, 0, 1, b]x[o, i, 0, 1]->[f, 0, 1, b]']);
    expect(found.windows).toEqual(['stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]']);
  });

  test('that the kernel sums over are features', () => {
    const found = dimensions([1, 1, 7, 7, 320], [64, 1, 7, 7, 5], {
      strides: [1, 1, 1],
      padding: [
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      lhsDilation: [1, 1, 1],
      rhsDilation: [1, 1, 64],
    });
    expect(found.numbers).toEqual(['[0, 1, f, b]x[o, 0, 1, i]->[f, 0, 1, b]']);
  });

  test('stay where there are several rows of images', () => {
    const found = dimensions([2, 8, 7, 35], [4, 8, 3, 3], padded(5));
    expect(found.numbers).toEqual(['[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]']);
    expect(found.windows[0]).toContain('rhs_dilate = [1, 5]');
  });
});

describe('groups', () => {
  const lhs = [4, 2 * 16, 16, 16];
  const rhs = [2 * 16, 16, 3, 3];

  test('of much work are convolutions of their own on CPU', () => {
    expect(dimensions(lhs, rhs, { groups: 2 }, 'cpu').groups).toEqual(['1', '1']);
    expect(dimensions(lhs, rhs, { groups: 2 }, 'gpu').groups).toEqual(['2']);
  });

  test('of little work stay together', () => {
    expect(dimensions([1, 4, 3, 3], [4, 2, 3, 3], { groups: 2 }, 'cpu').groups).toEqual(['2']);
  });
});
