/** @file Samples of sorting, ranks and running products. */
import type { Given } from './fake-context.ts';
import { named } from './fake-context.ts';
import type { Sample, Samples } from './sample.ts';

const grid = [1, -2, 3, 4, 5, -6];

function ofGrid(about: string, expected: readonly number[], options: Readonly<Record<string, Given>> = {}): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([named(2, 'shots'), 3], grid)], named: options }),
    dims: '[shots = 2, 3]',
    expected: () => expected,
  };
}

function ofList(
  about: string,
  values: readonly number[],
  expected: readonly number[],
  options: Readonly<Record<string, Given>> = {},
): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([values.length], values)], named: options }),
    dims: `[${values.length}]`,
    expected: () => expected,
  };
}

const ties = [2, 0.5, 2, -1, 0.5];

export const orderingSamples: Samples = {
  sort: [
    ofGrid('over examples', [1, -2, -6, 4, 5, 3]),
    ofGrid('over the last axis', [-2, 1, 3, -6, 4, 5], { axis: 1 }),
    ofList('the largest first', [0.5, 3, -1], [3, 0.5, -1], { decreasing: true }),
    ofList('of equal ones', ties, [-1, 0.5, 0.5, 2, 2]),
    ofList('of one', [7], [7]),
  ],
  argsort: [ofGrid('over the last axis', [1, 0, 2, 2, 0, 1], { axis: -1 }), ofList('the first of equal ones first', ties, [3, 1, 4, 0, 2])],
  rank: [
    ofList('the first of equal ones first', ties, [3, 1, 4, 0, 2]),
    ofList('the largest first', [0.5, 3, -1], [1, 0, 2], { decreasing: true }),
  ],
  cumulative_product: [
    ofGrid('over examples', [1, -2, 3, 4, -10, -18]),
    ofGrid('over the last axis', [1, -2, -6, 4, 20, -120], { axis: 1 }),
    ofList('of those before', [2, -3, 0.5, 4, 5], [1, 2, -6, -3, -12], { exclusive: true }),
    ofList('of nothing before', [7], [1], { exclusive: true }),
  ],
};
