/** @file Samples of activations and elementwise mathematics. */
import { elementwiseSample, type Samples } from './sample.ts';

const around = [-3, -0.5, 0, 0.25, 2];
const positive = [0.1, 0.5, 1, 4];

/** erf by its Taylor series, which converges for all x. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const logits = [0.5, -1, 2, 0.1, 0.2, -0.3];

function softmax(row: readonly number[]): number[] {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / total);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const elementwiseSamples: Samples = {
  relu: [elementwiseSample(around, (x) => Math.max(x, 0))],
  leaky_relu: [elementwiseSample(around, (x) => (x > 0 ? x : 0.2 * x), { slope: 0.2 })],
  elu: [
    elementwiseSample(around, (x) => (x > 0 ? x : Math.exp(x) - 1)),
    elementwiseSample([...around, 800], (x) => (x > 0 ? x : 2 * (Math.exp(x) - 1)), { alpha: 2 }),
  ],
  selu: [elementwiseSample(around, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.exp(x) - 1)))],
  gelu: [elementwiseSample(around, (x) => (x / 2) * (1 + erf(x / Math.SQRT2)))],
  silu: [elementwiseSample(around, (x) => x * sigmoid(x))],
  swish: [elementwiseSample(around, (x) => x * sigmoid(x))],
  sigmoid: [elementwiseSample(around, sigmoid)],
  tanh: [elementwiseSample(around, Math.tanh)],
  softplus: [elementwiseSample(around, (x) => Math.log(1 + Math.exp(x))), elementwiseSample([1000, -1000], (x) => Math.max(x, 0))],
  softmax: [
    {
      about: 'of a matrix of rows',
      arguments: (context) => ({ positional: [context.input([1, 2, 3], logits)] }),
      dims: '[1, 2, 3]',
      expected: () => [logits.slice(0, 3), logits.slice(3)].flatMap(softmax),
    },
    {
      about: 'of two rows, one of them huge',
      arguments: (context) => ({ positional: [context.input([2, 2], [0, Math.log(3), 1e4, 1e4])] }),
      dims: '[2, 2]',
      expected: () => [0.25, 0.75, 0.5, 0.5],
    },
  ],
  log_softmax: [
    {
      about: 'of a matrix of rows',
      arguments: (context) => ({ positional: [context.input([1, 2, 3], logits)] }),
      dims: '[1, 2, 3]',
      expected: () => [logits.slice(0, 3), logits.slice(3)].flatMap(softmax).map(Math.log),
    },
    {
      about: 'of two rows, one of them huge',
      arguments: (context) => ({ positional: [context.input([2, 2], [0, Math.log(3), 1e4, 1e4])] }),
      dims: '[2, 2]',
      expected: () => [Math.log(0.25), Math.log(0.75), Math.log(0.5), Math.log(0.5)],
    },
  ],
  exp: [elementwiseSample(around, Math.exp)],
  log: [elementwiseSample(positive, Math.log)],
  sqrt: [elementwiseSample(positive, Math.sqrt)],
  square: [elementwiseSample(around, (x) => x * x)],
  abs: [elementwiseSample(around, Math.abs)],
  sign: [elementwiseSample(around, Math.sign)],
  floor: [elementwiseSample(around, Math.floor)],
  sin: [elementwiseSample(around, Math.sin)],
  cos: [elementwiseSample(around, Math.cos)],
  erf: [elementwiseSample(around, erf)],
  stop: [
    elementwiseSample(around, (x) => x),
    {
      about: 'keeps class labels as they are',
      arguments: (context) => ({ positional: [context.labels([2, 0], 3)] }),
      dims: '[2]',
      expected: () => [2, 0],
    },
  ],
  max: [elementwiseSample(around, (x) => Math.max(x, 0.1), { b: 0.1 })],
  min: [elementwiseSample(around, (x) => Math.min(x, 0.1), { b: 0.1 })],
  power: [
    elementwiseSample(around, (x) => x ** 5, { exponent: 5 }),
    elementwiseSample([-2, 0.5], (x) => x ** -3, { exponent: -3 }),
    elementwiseSample(positive, (x) => x ** 1.5, { exponent: 1.5 }),
    elementwiseSample(positive, Math.sqrt, { exponent: 0.5 }),
    elementwiseSample(around, () => 1, { exponent: 0 }),
    elementwiseSample(around, (x) => x, { exponent: 1 }),
    {
      about: 'with a tensor as exponent',
      arguments: (context) => ({ positional: [context.input([2], [2, 3]), context.input([2], [3, 0.5])] }),
      dims: '[2]',
      expected: () => [8, Math.sqrt(3)],
    },
  ],
  clip: [
    elementwiseSample(around, (x) => Math.min(Math.max(x, -1), 1), { low: -1, high: 1 }),
    {
      about: 'between bounds per element',
      arguments: (context) => ({ positional: [context.input([2], [5, 5]), 0, context.input([2], [1, 9])] }),
      dims: '[2]',
      expected: () => [1, 5],
    },
  ],
  where: [
    {
      about: 'between a scalar and a row',
      arguments: (context) => ({ positional: [context.input([2, 2], [1, 0, 0, 1]), 7, context.input([2], [3, 4])] }),
      dims: '[2, 2]',
      expected: () => [7, 4, 3, 7],
    },
  ],
};
