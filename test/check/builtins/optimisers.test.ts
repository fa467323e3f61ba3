/** @file Optimisers against their published rules, step by step, and clipping. */
import { describe, expect, test } from 'vitest';
import type { OptimiserMeaning } from '../../../src/compiler/check/meaning.ts';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import { call, diagnosticOf, FakeContext, type Given } from './fake-context.ts';
import { optimiserSamples } from './optimiser-samples.ts';

function optimiser(name: string, named: Readonly<Record<string, Given>>): OptimiserMeaning {
  const meaning = call(new FakeContext(), name, [], named);
  if (meaning.kind !== 'optimiser') throw new Error(`no optimiser: ${meaning.kind}`);
  return meaning;
}

/** One step on weights [2] and [], with all numbers given; hyperparameters must be constants. */
function step(
  meaning: OptimiserMeaning,
  weights: readonly number[][],
  gradients: readonly number[][],
  slots: readonly number[][][],
  count: number,
) {
  const builder = new FunctionBuilder();
  const shapes = weights.map((values) => (values.length === 1 ? [] : [values.length]));
  const constant = (values: readonly number[], index: number) =>
    builder.emit('constant', [], { dtype: 'float', shape: shapes[index] as number[], values });
  const result = meaning.update({
    builder,
    weights: weights.map(constant),
    gradients: gradients.map(constant),
    slots: slots.map((slot) => slot.map(constant)),
    step: builder.constant(count),
    hyper(name, index) {
      const value = meaning.hyperparameters.get(name);
      if (value?.kind !== 'number') throw new Error(`no constant ${name}`);
      return builder.constant(value.value, shapes[index] as number[]);
    },
  });
  const flat = [...result.weights, ...result.slots.flat()];
  const func = builder.finish(flat.map((value, index) => ({ name: `r${index}`, value })));
  const arrays = evaluateFunction(func, []).map(({ data }) => [...data]);
  return {
    weights: arrays.slice(0, weights.length),
    slots: result.slots.map((_, slot) => arrays.slice(weights.length * (slot + 1), weights.length * (slot + 2))),
  };
}

const cases = Object.entries(optimiserSamples).flatMap(([name, list]) => list.map((sample) => [name, sample.about, sample] as const));

test.each(cases)('%s: %s', (name, _about, sample) => {
  const meaning = optimiser(name, sample.named);
  expect(meaning.slots).toEqual(sample.slots);
  let weights = [[1, -2], [0.5]];
  let slots = sample.slots.map(() => [[0, 0], [0]]);
  const expected = weights.map((values) => values.map((weight) => ({ weight, slots: sample.slots.map(() => 0) as readonly number[] })));
  for (let count = 1; count <= 3; count++) {
    const gradients = [[0.3 * count, -1], [0, 2, -3][count - 1] === undefined ? [0] : [[0, 2, -3][count - 1] as number]];
    const result = step(meaning, weights, gradients, slots, count);
    expected.forEach((values, index) => {
      values.forEach((state, element) => {
        values[element] = sample.rule(state.weight, gradients[index]?.[element] as number, state.slots, count) as typeof state;
      });
    });
    result.weights.forEach((values, index) => {
      values.forEach((value, element) => {
        expect(value).toBeCloseTo(expected[index]?.[element]?.weight as number, 12);
      });
    });
    result.slots.forEach((slot, which) => {
      slot.forEach((values, index) => {
        values.forEach((value, element) => {
          expect(value).toBeCloseTo(expected[index]?.[element]?.slots[which] as number, 12);
        });
      });
    });
    weights = result.weights;
    slots = result.slots;
  }
});

describe('clipping', () => {
  const clipped = (named: Readonly<Record<string, Given>>, gradients: readonly number[][]): number[][] =>
    step(
      optimiser('sgd', { rate: 1, ...named }),
      gradients.map((values) => values.map(() => 0)),
      gradients,
      [],
      1,
    ).weights.map((values) => values.map((value) => 0 - value));

  test('by the norm of all gradients', () => {
    const [first, second] = clipped({ clip: 1.3 }, [[3, 4], [12]]);
    expect([...(first ?? []), ...(second ?? [])].map((x) => Number(x.toFixed(12)))).toEqual([0.3, 0.4, 1.2]);
    expect(
      clipped({ clip: 14 }, [[3, 4], [12]])
        .flat()
        .map((x) => Number(x.toFixed(12))),
    ).toEqual([3, 4, 12]);
    expect(clipped({ clip: 1 }, [[0, 0], [0]])).toEqual([[0, 0], [0]]);
  });

  test('by value', () => {
    expect(clipped({ clip_value: 3.5 }, [[3, 4], [-12]])).toEqual([[3, 3.5], [-3.5]]);
  });

  test('not both', () => {
    expect(diagnosticOf(() => optimiser('adam', { clip: 1, clip_value: 1 }))).toMatchObject({
      code: 'E0357',
      title: '`adam` takes `clip` or `clip_value`, not both',
    });
  });
});

test('settings say every hyperparameter in force', () => {
  const schedule = call(new FakeContext(), 'linear', [1, 0]);
  expect(Object.fromEntries(optimiser('sgd', { rate: schedule, clip: 2 }).settings)).toEqual({
    rate: 'linear from 1 to 0 over all steps',
    momentum: '0',
    weight_decay: '0',
    nesterov: 'false',
    clip: 'norm of all gradients at most 2',
    clip_value: 'none',
  });
  expect(Object.fromEntries(optimiser('adam', {}).settings)).toMatchObject({
    rate: '0.001',
    beta1: '0.9',
    beta2: '0.999',
    epsilon: '1e-8',
  });
  expect(optimiser('sgd', { rate: call(new FakeContext(), 'learned', [0.4], { per: 'element' }) }).settings.get('rate')).toBe(
    'learned, from 0.4, per element',
  );
});
