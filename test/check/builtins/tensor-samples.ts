/** @file Samples of reductions, shapes, joins, distances and what is computed per class. */

import type { Given } from './fake-context.ts';
import { named } from './fake-context.ts';
import type { Sample, Samples } from './sample.ts';

const grid = [1, -2, 3, 4, 5, -6];

/** Of the 2 x 3 grid above. */
function ofGrid(about: string, dims: string, expected: readonly number[], options: Readonly<Record<string, Given>> = {}): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([named(2, 'shots'), 3], grid)], named: options }),
    dims,
    expected: () => expected,
  };
}

function ofPair(
  about: string,
  left: readonly number[],
  leftShape: readonly number[],
  right: readonly number[],
  rightShape: readonly number[],
  dims: string,
  expected: readonly number[],
): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input(leftShape, left), context.input(rightShape, right)] }),
    dims,
    expected: () => expected,
  };
}

const variance = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
};
const logSum = (values: readonly number[]): number => Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
const columns = [
  [1, 4],
  [-2, 5],
  [3, -6],
];

export const tensorSamples: Samples = {
  sum: [
    ofGrid('of everything', '[]', [5]),
    ofGrid('over examples', '[3]', [5, 3, -3], { axis: 0 }),
    ofGrid('over the last axis', '[shots = 2]', [2, 3], { axis: -1 }),
  ],
  mean: [ofGrid('of everything', '[]', [5 / 6]), ofGrid('over the last axis', '[shots = 2]', [2 / 3, 1], { axis: 1 })],
  maximum: [ofGrid('of everything', '[]', [5]), ofGrid('over examples', '[3]', [4, 5, 3], { axis: 0 })],
  minimum: [ofGrid('of everything', '[]', [-6]), ofGrid('over examples', '[3]', [1, -2, -6], { axis: 0 })],
  variance: [ofGrid('of everything', '[]', [variance(grid)]), ofGrid('over examples', '[3]', columns.map(variance), { axis: 0 })],
  std: [
    ofGrid('of everything', '[]', [Math.sqrt(variance(grid))]),
    ofGrid(
      'over examples',
      '[3]',
      columns.map((values) => Math.sqrt(variance(values))),
      { axis: 0 },
    ),
  ],
  norm: [
    ofGrid('of everything', '[]', [Math.sqrt(91)]),
    ofGrid('over the last axis', '[shots = 2]', [Math.sqrt(14), Math.sqrt(77)], { axis: 1 }),
  ],
  log_sum_exp: [
    ofGrid('of everything', '[]', [logSum(grid)]),
    ofGrid('over examples', '[3]', columns.map(logSum), { axis: 0 }),
    {
      about: 'huge ones do not overflow',
      arguments: (context) => ({ positional: [context.input([2], [1000, 1000])] }),
      dims: '[]',
      expected: () => [1000 + Math.log(2)],
    },
  ],
  log_mean_exp: [
    ofGrid('of everything', '[]', [logSum(grid) - Math.log(6)]),
    ofGrid(
      'over examples',
      '[3]',
      columns.map((values) => logSum(values) - Math.log(2)),
      { axis: 0 },
    ),
  ],
  argmax: [ofGrid('over the last axis', '[shots = 2]', [2, 1]), ofGrid('over examples', '[3]', [1, 1, 0], { axis: 0 })],
  argmin: [ofGrid('over the last axis', '[shots = 2]', [1, 2])],
  cumulative_sum: [
    ofGrid('over examples', '[shots = 2, 3]', [1, -2, 3, 5, 3, -3]),
    ofGrid('over the last axis', '[shots = 2, 3]', [1, -1, 2, 4, 9, 3], { axis: 1 }),
  ],
  to_go: [ofGrid('over examples', '[shots = 2, 3]', [5, 3, -3, 4, 5, -6])],
  normalise: [
    ofGrid(
      'over everything',
      '[shots = 2, 3]',
      grid.map((x) => (x - 5 / 6) / Math.sqrt(variance(grid))),
    ),
    {
      about: 'equal elements give 0',
      arguments: (context) => ({ positional: [context.input([2, 2], [3, 3, 1, 2])], named: { axis: 1 } }),
      dims: '[2, 2]',
      expected: () => [0, 0, -1, 1],
    },
  ],
  reshape: [
    ofGrid('keeps the examples', '[shots = 2, 3, 1]', grid, { shape: [3, 1] }),
    ofGrid('fills in what is left', '[shots = 2, 1, 3]', grid, { shape: [1, -1] }),
    ofGrid('of the whole', '[3, 2]', grid, { shape: [3, 2], whole: true }),
  ],
  transpose: [
    ofGrid('of a matrix', '[3, shots = 2]', [1, 4, -2, 5, 3, -6]),
    {
      about: 'by a list of axes',
      arguments: (context) => ({ positional: [context.input([1, 2, 3], grid), [2, 0, 1]] }),
      dims: '[3, 1, 2]',
      expected: () => [1, 4, -2, 5, 3, -6],
    },
  ],
  column: [ofGrid('of a matrix', '[shots = 2, 3, 1]', grid)],
  outer: [ofPair('of two vectors', [1, 2], [2], [3, 4, 5], [3], '[2, 3]', [3, 4, 5, 6, 8, 10])],
  concat: [
    ofPair('along the last axis', [1, 2], [2, 1], [3, 4, 5, 6], [2, 2], '[2, 3]', [1, 3, 4, 2, 5, 6]),
    {
      about: 'along the examples, with names added up',
      arguments: (context) => ({
        positional: [
          context.input([named(1, 'shots'), 2], [1, 2]),
          context.input([named(2, 'queries'), 2], [3, 4, 5, 6]),
          context.input([1, 2], [7, 8]),
        ],
        named: { axis: 0 },
      }),
      dims: '[shots + queries + 1 = 4, 2]',
      expected: () => [1, 2, 3, 4, 5, 6, 7, 8],
    },
  ],
  stack: [
    ofPair('along a new leading axis', [1, 2], [2], [3, 4], [2], '[2, 2]', [1, 2, 3, 4]),
    {
      about: 'along a new last axis',
      arguments: (context) => ({ positional: [context.input([2], [1, 2]), context.input([2], [3, 4])], named: { axis: -1 } }),
      dims: '[2, 2]',
      expected: () => [1, 3, 2, 4],
    },
  ],
  pairs: [
    {
      ...ofPair('the first of each', [1, 2, 3, 4], [2, 2], [5, 6, 7], [3], '[6, 2]', [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]),
      field: 'first',
    },
    { ...ofPair('the second of each', [1, 2, 3, 4], [2, 2], [5, 6, 7], [3], '[6]', [5, 6, 7, 5, 6, 7]), field: 'second' },
  ],
  zeros: [{ about: 'of a shape', arguments: () => ({ positional: [[2, 1]] }), dims: '[2, 1]', expected: () => [0, 0] }],
  ones: [{ about: 'of a scalar shape', arguments: () => ({ positional: [[]] }), dims: '[]', expected: () => [1] }],
  fill: [{ about: 'of a shape', arguments: () => ({ positional: [[3], 0.5] }), dims: '[3]', expected: () => [0.5, 0.5, 0.5] }],
  range: [{ about: 'of four', arguments: () => ({ positional: [4] }), dims: '[4]', expected: () => [0, 1, 2, 3] }],
  squared_distances: [
    ofPair('of all pairs', [0, 0, 1, 2], [2, 2], [3, 4, 1, 2, 0, -1], [3, 2], '[2, 3]', [25, 5, 1, 8, 0, 10]),
    ofPair('of features of any shape', [1, 2, 3, 4], [1, 2, 2], [0, 2, 3, 6], [1, 2, 2], '[1, 1]', [5]),
  ],
  squared_distance: [ofPair('of two matrices', [1, 2, 3, 4], [2, 2], [0, 2, 5, 4], [2, 2], '[]', [5])],
  distance: [ofPair('of two vectors', [1, 2], [2], [4, 6], [2], '[]', [5])],
  cosine: [
    ofPair('of all pairs', [1, 0, 3, 4], [2, 2], [0, 2, 5, 5, 0, 0], [3, 2], '[2, 3]', [
      0,
      Math.SQRT1_2,
      0,
      0.8,
      (7 / 5) * Math.SQRT1_2,
      0,
    ]),
    ofPair('of rows with one vector', [1, 0, 3, 4], [2, 2], [0, 2], [2], '[2]', [0, 0.8]),
    ofPair('of two vectors', [1, 0], [2], [1, 1], [2], '[]', [Math.SQRT1_2]),
  ],
  half_squared_distance: [ofPair('of two tensors', [1, 2], [2], [3, 6], [2], '[]', [10])],
  class_means: [
    {
      about: 'of features, with a class that has no example',
      arguments: (context) => ({ positional: [context.input([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), context.labels([2, 0, 2, 0], 3)] }),
      dims: '[ways = 3, 2]',
      expected: () => [5, 6, 0, 0, 3, 4],
    },
    {
      about: 'with the number of classes given, over images',
      arguments: (context) => ({
        positional: [context.input([2, 1, 2], [1, 2, 3, 4]), context.labels([1, 1], undefined)],
        named: { classes: 2 },
      }),
      dims: '[2, 1, 2]',
      expected: () => [0, 0, 2, 3],
    },
  ],
  class_sums: [
    {
      about: 'of features',
      arguments: (context) => ({ positional: [context.input([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), context.labels([2, 0, 2, 0], 3)] }),
      dims: '[ways = 3, 2]',
      expected: () => [10, 12, 0, 0, 6, 8],
    },
  ],
  one_hot: [
    {
      about: 'of labels',
      arguments: (context) => ({ positional: [context.labels([2, 0], 3, [named(2, 'ways*shots')])] }),
      dims: '[ways*shots = 2, ways = 3]',
      expected: () => [0, 0, 1, 1, 0, 0],
    },
    {
      about: 'of numbers, with one outside',
      arguments: (context) => ({ positional: [context.input([2], [1, 5]), 2] }),
      dims: '[2, 2]',
      expected: () => [0, 1, 0, 0],
    },
  ],
};
