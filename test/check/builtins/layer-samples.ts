/** @file Samples of layers, computed by plain loops from the weights and draws that the fake context handed out. */
import { builtinNamed, type FakeContext, type Given, numbers } from './fake-context.ts';
import type { Sample, Samples } from './sample.ts';

type Shape4 = readonly [number, number, number, number];

/** Row-major element of a rank-4 tensor; 0 outside (padding). */
function at(values: readonly number[], [, b, c, d]: Shape4, i: number, j: number, k: number, l: number): number {
  if (j < 0 || j >= b || k < 0 || k >= c) return 0;
  return values[((i * b + j) * c + k) * d + l] as number;
}

interface ConvolutionCase {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly low: readonly [number, number];
  readonly out: readonly [number, number];
  readonly filters: number;
  readonly groups: number;
  readonly dilation: number;
}

const imageShape: Shape4 = [2, 5, 4, 2];
const image = numbers(2 * 5 * 4 * 2, 3);

/** Cross-correlation by definition: NHWC image, HWIO kernel. */
function convolve(weights: readonly number[], one: ConvolutionCase): number[] {
  const [n, , , c] = imageShape;
  const perGroup = c / one.groups;
  const kernelShape: Shape4 = [one.kernel[0], one.kernel[1], perGroup, one.filters];
  const result: number[] = [];
  for (let example = 0; example < n; example++)
    for (let row = 0; row < one.out[0]; row++)
      for (let column = 0; column < one.out[1]; column++)
        for (let filter = 0; filter < one.filters; filter++) {
          const group = Math.floor(filter / (one.filters / one.groups));
          let sum = 0;
          for (let i = 0; i < one.kernel[0]; i++)
            for (let j = 0; j < one.kernel[1]; j++)
              for (let channel = 0; channel < perGroup; channel++)
                sum +=
                  at(
                    image,
                    imageShape,
                    example,
                    row * one.stride[0] + i * one.dilation - one.low[0],
                    column * one.stride[1] + j * one.dilation - one.low[1],
                    group * perGroup + channel,
                  ) * at(weights, kernelShape, i, j, channel, filter);
          result.push(sum);
        }
  return result;
}

function convolution(about: string, named: Readonly<Record<string, Given>>, one: ConvolutionCase): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input(imageShape, image), one.filters], named }),
    dims: `[2, ${one.out.join(', ')}, ${one.filters}]`,
    expected(context) {
      const result = convolve(weightOf(context, 'kernel'), one);
      const bias = context.weights.get('bias');
      return bias === undefined ? result : result.map((x, index) => x + (bias[index % one.filters] as number));
    },
  };
}

function weightOf(context: FakeContext, name: string): readonly number[] {
  return context.weights.get(name) as number[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const variance = (values: readonly number[]): number => mean(values.map((x) => (x - mean(values)) ** 2));

/** The windows of an image, by example, row, column and channel of the result. */
function pool(
  size: readonly [number, number],
  stride: readonly [number, number],
  out: readonly [number, number],
  reduce: (values: number[]) => number,
): number[] {
  const [n, , , c] = imageShape;
  const result: number[] = [];
  for (let example = 0; example < n; example++)
    for (let row = 0; row < out[0]; row++)
      for (let column = 0; column < out[1]; column++)
        for (let channel = 0; channel < c; channel++) {
          const values: number[] = [];
          for (let i = 0; i < size[0]; i++)
            for (let j = 0; j < size[1]; j++)
              values.push(at(image, imageShape, example, row * stride[0] + i, column * stride[1] + j, channel));
          result.push(reduce(values));
        }
  return result;
}

function pooling(about: string, named: Readonly<Record<string, Given>>, dims: string, expected: readonly number[]): Sample {
  return { about, arguments: (context) => ({ positional: [context.input(imageShape, image)], named }), dims, expected: () => expected };
}

const largest = (values: number[]): number => Math.max(...values);
const features = [1, 2, 3, 4, 5, 7];

function batchNorm(context: FakeContext, means: readonly number[], variances: readonly number[]): number[] {
  const [scale, shift] = [weightOf(context, 'scale'), weightOf(context, 'shift')];
  return features.map((x, index) => {
    const c = index % 2;
    return ((x - (means[c] as number)) / Math.sqrt((variances[c] as number) + 1e-5)) * (scale[c] as number) + (shift[c] as number);
  });
}

const channels = [
  [1, 3, 5],
  [2, 4, 7],
];

export const layerSamples: Samples = {
  dense: [
    {
      about: 'with a bias',
      arguments: (context) => ({ positional: [context.input([2, 3], [1, 2, 3, 4, 5, 6]), 2] }),
      dims: '[2, 2]',
      expected(context) {
        const [kernel, bias] = [weightOf(context, 'kernel'), weightOf(context, 'bias')];
        return [
          [1, 2, 3],
          [4, 5, 6],
        ].flatMap((x) =>
          [0, 1].map((unit) => x.reduce((sum, value, index) => sum + value * (kernel[index * 2 + unit] as number), bias[unit] as number)),
        );
      },
    },
    {
      about: 'of one vector without a bias',
      arguments: (context) => ({ positional: [context.input([2], [1, 2]), 1], named: { bias: false } }),
      dims: '[1]',
      expected: (context) => [(weightOf(context, 'kernel')[0] as number) + 2 * (weightOf(context, 'kernel')[1] as number)],
    },
  ],
  weight: [
    { about: 'of a shape', arguments: () => ({ positional: [[2, 3]] }), dims: '[2, 3]', expected: (context) => weightOf(context, '') },
  ],
  conv: [
    convolution('3 x 3 same', {}, { kernel: [3, 3], stride: [1, 1], low: [1, 1], out: [5, 4], filters: 3, groups: 1, dilation: 1 }),
    // Height 5: 3 outputs, padding 2 = 1 + 1; width 4: 2 outputs, padding 1 = 0 + 1.
    convolution(
      'strided, same',
      { stride: 2, bias: true },
      { kernel: [3, 3], stride: [2, 2], low: [1, 0], out: [3, 2], filters: 2, groups: 1, dilation: 1 },
    ),
    convolution(
      '2 x 3 valid with two strides',
      { kernel: [2, 3], stride: [2, 1], padding: 'valid' },
      { kernel: [2, 3], stride: [2, 1], low: [0, 0], out: [2, 2], filters: 1, groups: 1, dilation: 1 },
    ),
    convolution(
      'in two groups',
      { groups: 2, kernel: 1 },
      { kernel: [1, 1], stride: [1, 1], low: [0, 0], out: [5, 4], filters: 4, groups: 2, dilation: 1 },
    ),
    convolution(
      'dilated',
      { dilation: 2, kernel: 2, padding: 'valid' },
      { kernel: [2, 2], stride: [1, 1], low: [0, 0], out: [3, 2], filters: 2, groups: 1, dilation: 2 },
    ),
  ],
  batch_norm: [
    {
      about: 'transductive',
      arguments: (context) => ({ positional: [context.input([3, 2], features)], named: { mode: 'transductive' } }),
      dims: '[3, 2]',
      expected: (context) => batchNorm(context, channels.map(mean), channels.map(variance)),
    },
    {
      about: 'running, in evaluation: the kept averages',
      arguments: (context) => ({ positional: [context.input([3, 2], features)], named: { mode: 'running' } }),
      dims: '[3, 2]',
      phase: 'evaluate',
      expected: (context) => batchNorm(context, [0, 0], [1, 1]),
    },
    {
      about: 'running, in training: statistics of the set',
      arguments: (context) => ({ positional: [context.input([3, 2], features)], named: { mode: 'running' } }),
      dims: '[3, 2]',
      expected: (context) => batchNorm(context, channels.map(mean), channels.map(variance)),
    },
    {
      about: 'frozen, in training: the kept averages',
      arguments: (context) => ({ positional: [context.input([3, 2], features)], named: { mode: 'frozen' } }),
      dims: '[3, 2]',
      expected: (context) => batchNorm(context, [0, 0], [1, 1]),
    },
  ],
  layer_norm: [
    {
      about: 'over the last axis',
      arguments: (context) => ({ positional: [context.input([2, 3], features)], named: { epsilon: 0.1 } }),
      dims: '[2, 3]',
      expected(context) {
        const [scale, shift] = [weightOf(context, 'scale'), weightOf(context, 'shift')];
        return [features.slice(0, 3), features.slice(3)].flatMap((row) =>
          row.map((x, c) => ((x - mean(row)) / Math.sqrt(variance(row) + 0.1)) * (scale[c] as number) + (shift[c] as number)),
        );
      },
    },
  ],
  max_pool: [
    pooling('2 x 2, the odd row dropped', {}, '[2, 2, 2, 2]', pool([2, 2], [2, 2], [2, 2], largest)),
    pooling('3 x 2 with stride 1', { size: [3, 2], stride: 1 }, '[2, 3, 3, 2]', pool([3, 2], [1, 1], [3, 3], largest)),
  ],
  avg_pool: [
    pooling('2 x 2, the odd row dropped', {}, '[2, 2, 2, 2]', pool([2, 2], [2, 2], [2, 2], mean)),
    pooling('overlapping', { size: [3, 2], stride: [2, 1] }, '[2, 2, 3, 2]', pool([3, 2], [2, 1], [2, 3], mean)),
  ],
  global_average_pool: [pooling('of images', {}, '[2, 2]', pool([5, 4], [1, 1], [1, 1], mean))],
  global_max_pool: [pooling('of images', {}, '[2, 2]', pool([5, 4], [1, 1], [1, 1], largest))],
  flatten: [
    pooling('of images', {}, '[2, 40]', image),
    {
      about: 'of a vector, with names multiplied',
      arguments: (context) => ({
        positional: [context.input([2, { size: 3, text: 'ways' }, { size: 1, text: '1' }, { size: 2, text: 'shots + 1' }], numbers(12))],
      }),
      dims: '[2, ways*(shots + 1) = 6]',
      expected: () => numbers(12),
    },
  ],
  repeat: [
    {
      about: 'of a builtin',
      arguments: (context) => ({ positional: [context.input([2], [2, 3]), 2, { kind: 'builtin', builtin: builtinNamed('square') }] }),
      dims: '[2]',
      expected: () => [16, 81],
    },
  ],
  dropout: [
    {
      about: 'in training',
      arguments: (context) => ({ positional: [context.input([6], features)], named: { rate: 0.25 } }),
      dims: '[6]',
      expected: (context) => features.map((x, index) => ((context.draws[0]?.values[index] as number) >= 0.25 ? x / 0.75 : 0)),
    },
    {
      about: 'in evaluation',
      arguments: (context) => ({ positional: [context.input([6], features), 0.25] }),
      dims: '[6]',
      phase: 'evaluate',
      expected: () => features,
    },
    {
      about: 'in evaluation, always',
      arguments: (context) => ({ positional: [context.input([6], features)], named: { rate: 0.25, always: true } }),
      dims: '[6]',
      phase: 'evaluate',
      expected: (context) => features.map((x, index) => ((context.draws[0]?.values[index] as number) >= 0.25 ? x / 0.75 : 0)),
    },
  ],
};
