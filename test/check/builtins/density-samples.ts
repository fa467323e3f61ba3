/** @file Samples of what is said of distributions: densities, probabilities, and the samples of a phase with one draw. */
import { call, type FakeContext, type Given } from './fake-context.ts';
import type { Sample, Samples } from './sample.ts';

const places = [-1.5, 0.25, 0.5, 3];

function at(family: string, parameters: readonly Given[], x: readonly number[], about: string, expected: (x: number) => number): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [call(context, family, parameters), context.input([x.length], x)] }),
    dims: `[${x.length}]`,
    expected: () => x.map(expected),
  };
}

/** Distribution function of the standard normal by Simpson's rule from -12 on. */
function normalCumulative(x: number): number {
  const steps = 4000;
  const width = (x + 12) / steps;
  const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(-12) + density(x);
  for (let step = 1; step < steps; step++) sum += (step % 2 === 1 ? 4 : 2) * density(-12 + step * width);
  return (sum * width) / 3;
}

/** With a mean and a deviation for each element, which have derivatives. */
function withParameters(about: string, expected: (x: number, mean: number, deviation: number) => number): Sample {
  const [means, deviations] = [
    [0.5, -1, 0.3, 2],
    [0.7, 1.5, 0.4, 2.5],
  ];
  return {
    about,
    arguments: (context: FakeContext) => ({
      positional: [call(context, 'normal', [context.input([4], means), context.input([4], deviations)]), context.input([4], places)],
    }),
    dims: '[4]',
    expected: () => places.map((x, index) => expected(x, means[index] as number, deviations[index] as number)),
  };
}

const logNormal = (x: number, mean: number, deviation: number): number =>
  Math.log(Math.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI)));

export const densitySamples: Samples = {
  log_density: [
    withParameters('normal, with parameters of its shape', logNormal),
    at('normal', [1, 2], places, 'normal', (x) => logNormal(x, 1, 2)),
    at('uniform', [-2, 4], places, 'uniform, inside', () => -Math.log(6)),
    at('bernoulli', [0.2], [0, 1, 1, 0], 'bernoulli: the probability', (x) => Math.log(x === 1 ? 0.2 : 0.8)),
  ],
  cumulative: [
    withParameters('normal, with parameters of its shape', (x, mean, deviation) => normalCumulative((x - mean) / deviation)),
    at('uniform', [-1, 1], places, 'uniform', (x) => Math.min(Math.max((x + 1) / 2, 0), 1)),
    at('bernoulli', [0.2], places, 'bernoulli', (x) => (x < 0 ? 0 : x < 1 ? 0.8 : 1)),
  ],
  samples: [
    {
      about: 'of one draw',
      arguments: (context) => ({ positional: [context.input([4], places)] }),
      dims: '[1, 4]',
      expected: () => places,
    },
  ],
};
