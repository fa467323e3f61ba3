/** @file Samples of losses and metrics, with the textbook formulas written as loops. */

import type { Given } from './fake-context.ts';
import { numbers } from './fake-context.ts';
import type { Sample, Samples } from './sample.ts';

const classes = 3;
const logits = numbers(4 * classes, 7).map((x) => 3 * x);
const labels = [2, 0, 1, 2];
const rows = (values: readonly number[]): number[][] => labels.map((_, row) => values.slice(row * classes, (row + 1) * classes));
const softmax = (row: readonly number[]): number[] => {
  const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
  return row.map((x) => Math.exp(x) / total);
};
const probabilities = rows(logits).map(softmax);
const soft = [0.2, 0.3, 0.5, 1, 0, 0, 0.25, 0.25, 0.5, 0, 0.9, 0.1];
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const argmax = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const chosen = rows(logits).map(argmax);
const onLabel = probabilities.map((row, index) => row[labels[index] as number] as number);
const hard = (index: number): number[] => Array.from({ length: classes }, (_, one) => (one === index ? 1 : 0));

function macroF1(predicted: readonly (readonly number[])[], actual: readonly (readonly number[])[]): number {
  const perClass = Array.from({ length: classes }, (_, one) => {
    let both = 0;
    let either = 0;
    predicted.forEach((row, index) => {
      both += (row[one] as number) * (actual[index]?.[one] as number);
      either += (row[one] as number) + (actual[index]?.[one] as number);
    });
    return either === 0 ? 0 : (2 * both) / either;
  });
  return mean(perClass);
}

function calibration(bins: number): number {
  let total = 0;
  for (let bin = 0; bin < bins; bin++) {
    let gap = 0;
    probabilities.forEach((row, index) => {
      const confidence = Math.max(...row);
      if (Math.min(Math.floor(confidence * bins), bins - 1) === bin) gap += (chosen[index] === labels[index] ? 1 : 0) - confidence;
    });
    total += Math.abs(gap) / labels.length;
  }
  return total;
}

function classification(
  about: string,
  expected: number,
  named: Readonly<Record<string, Given>> = {},
  values: readonly number[] = logits,
  actual: readonly number[] = labels,
): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([4, classes], values), context.labels(actual, classes)], named }),
    dims: '[]',
    expected: () => [expected],
  };
}

/** The same with probabilities as labels. */
function softly(about: string, expected: number, values: readonly number[] = logits): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([4, classes], values), context.input([4, classes], soft)] }),
    dims: '[]',
    expected: () => [expected],
  };
}

const predictions = [1, -2, 0.5, 3];
const targets = [0, 1, 0.25, 0.5];

function regression(
  about: string,
  formula: (p: number, y: number) => number,
  named: Readonly<Record<string, Given>> = {},
  p = predictions,
): Sample {
  return {
    about,
    arguments: (context) => ({ positional: [context.input([4, 1], p), context.input([4, 1], targets)], named }),
    dims: '[]',
    expected: () => [mean(p.map((x, index) => formula(x, targets[index] as number)))],
  };
}

const logProbabilities = probabilities.flat().map(Math.log);
const softCross = mean(
  rows(soft).map((row, index) => -row.reduce((sum, q, one) => sum + q * Math.log(probabilities[index]?.[one] as number), 0)),
);
const flat = probabilities.flat();

export const lossSamples: Samples = {
  cross_entropy: [
    classification('of logits', -mean(onLabel.map(Math.log))),
    classification('of huge logits stays finite', (0 + 0 + 1000 + 1000) / 4, {}, [0, 0, 1000, 1000, 0, 0, 1000, 0, 0, 1000, 0, 0]),
    classification('of probabilities', -mean(onLabel.map(Math.log)), { from: 'probabilities' }, flat),
    softly('with probabilities as labels', softCross),
  ],
  nll: [
    classification('of log-probabilities', -mean(onLabel.map(Math.log)), {}, logProbabilities),
    softly('with probabilities as labels', softCross, logProbabilities),
  ],
  mse: [regression('of columns', (p, y) => (p - y) ** 2)],
  squared_error: [regression('of columns', (p, y) => (p - y) ** 2)],
  mae: [regression('of columns', (p, y) => Math.abs(p - y))],
  huber: [
    regression('with delta 1', (p, y) => (Math.abs(p - y) <= 1 ? (p - y) ** 2 / 2 : Math.abs(p - y) - 0.5)),
    regression('with delta 2.6', (p, y) => (Math.abs(p - y) <= 2.6 ? (p - y) ** 2 / 2 : 2.6 * (Math.abs(p - y) - 1.3)), { delta: 2.6 }),
  ],
  binary_cross_entropy: [
    regression('of logits', (p, y) => Math.log(1 + Math.exp(p)) - p * y),
    regression('of huge logits stays finite', (p, y) => Math.max(p, 0) - p * y, {}, [900, -900, 900, -900]),
    regression(
      'of probabilities',
      (p, y) => -y * Math.log(p) - (1 - y) * Math.log(1 - p),
      { from: 'probabilities' },
      [0.1, 0.9, 0.5, 0.25],
    ),
  ],
  entropy: [
    {
      about: 'of probabilities',
      arguments: (context) => ({ positional: [context.input([4, classes], flat)] }),
      dims: '[]',
      expected: () => [-flat.reduce((sum, p) => sum + p * Math.log(p), 0) / 4],
    },
    {
      about: 'of rows, with a certain one',
      arguments: (context) => ({ positional: [context.input([2, 2], [0.25, 0.75, 1, 0])] }),
      dims: '[]',
      expected: () => [-(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75)) / 2],
    },
  ],
  kl: [
    {
      about: 'of probabilities',
      arguments: (context) => ({ positional: [context.input([4, classes], flat), context.input([4, classes], [...flat].reverse())] }),
      dims: '[]',
      expected: () => [flat.reduce((sum, p, index) => sum + p * Math.log(p / (flat[flat.length - 1 - index] as number)), 0) / 4],
    },
    {
      about: 'of probabilities, with a certain row',
      arguments: (context) => ({ positional: [context.input([2, 2], [0.25, 0.75, 1, 0]), context.input([2, 2], [0.5, 0.5, 0.8, 0.2])] }),
      dims: '[]',
      expected: () => [(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5) + Math.log(1 / 0.8)) / 2],
    },
  ],
  accuracy: [
    classification('of logits', mean(chosen.map((one, index) => (one === labels[index] ? 1 : 0)))),
    classification('of certain predictions', 1, {}, labels.flatMap(hard)),
    softly('with probabilities as labels', mean(rows(soft).map((row, index) => (argmax(row) === chosen[index] ? 1 : 0)))),
  ],
  error: [classification('of logits', 1 - mean(chosen.map((one, index) => (one === labels[index] ? 1 : 0))))],
  f1: [
    classification(
      'with a class that is neither predicted nor a label',
      macroF1(chosen.map(hard), [0, 0, 0, 0].map(hard)),
      {},
      logits,
      [0, 0, 0, 0],
    ),

    classification('of logits', macroF1(chosen.map(hard), labels.map(hard))),
    classification('of certain predictions', 1, {}, labels.flatMap(hard)),
  ],
  soft_f1: [
    classification('of logits', macroF1(probabilities, labels.map(hard))),
    classification('of probabilities', macroF1(probabilities, labels.map(hard)), { from: 'probabilities' }, flat),
  ],
  soft_error: [classification('of logits', 1 - mean(onLabel))],
  calibration_error: [
    classification('with 15 bins', calibration(15)),
    classification('with 2 bins', calibration(2), { bins: 2 }),
    classification('of certain and right predictions', 0, { from: 'probabilities' }, labels.flatMap(hard)),
  ],
};
