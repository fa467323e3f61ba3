/** @file Samples of distributions: what `~` makes of a standard draw. */
import { type Given, toMeaning } from './fake-context.ts';

/** Draws of distributions, as `~` makes them: the arguments, the prefix, and the elements from the standard draw. */
export interface DrawSample {
  readonly about: string;
  readonly positional: readonly Given[];
  readonly named?: Readonly<Record<string, Given>>;
  readonly prefix: readonly number[];
  readonly dims: string;
  readonly standard: 'uniform' | 'normal';
  expected(draw: number): number;
}

export const drawSamples: Readonly<Record<string, readonly DrawSample[]>> = {
  uniform: [
    { about: 'a scalar', positional: [0.1, 5], prefix: [], dims: '[]', standard: 'uniform', expected: (u) => 0.1 + 4.9 * u },
    {
      about: 'per example, of a shape',
      positional: [-1, 1],
      named: { shape: [2] },
      prefix: [3],
      dims: '[3, 2]',
      standard: 'uniform',
      expected: (u) => -1 + 2 * u,
    },
  ],
  normal: [
    { about: 'standard', positional: [], prefix: [4], dims: '[4]', standard: 'normal', expected: (z) => z },
    {
      about: 'with the shape of its mean',
      positional: [toMeaning([2, 2]), 0.5],
      prefix: [],
      dims: '[2]',
      standard: 'normal',
      expected: (z) => 2 + 0.5 * z,
    },
  ],
  bernoulli: [
    {
      about: 'of a shape',
      positional: [0.3],
      named: { shape: [20] },
      prefix: [],
      dims: '[20]',
      standard: 'uniform',
      expected: (u) => (u < 0.3 ? 1 : 0),
    },
  ],
};
