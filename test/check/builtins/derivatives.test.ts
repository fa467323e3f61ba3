/** @file Derivatives of every builtin against central differences, first and second, and what they are at the edges. */
import { describe, expect, test } from 'vitest';
import type { TensorMeaning } from '../../../src/compiler/check/meaning.ts';
import { hostArray } from '../../../src/compiler/ir/host-array.ts';
import { densitySamples } from './density-samples.ts';
import { differences, gradients, mixed, mixedGradient } from './derivative.ts';
import { elementwiseSamples } from './elementwise-samples.ts';
import { call, FakeContext, fieldOf, type Given } from './fake-context.ts';
import { layerSamples } from './layer-samples.ts';
import { lossSamples } from './loss-samples.ts';
import { orderingSamples } from './ordering-samples.ts';
import type { Sample } from './sample.ts';
import { sequenceSamples } from './sequence-samples.ts';
import { tensorSamples } from './tensor-samples.ts';

/** Constant to the derivative by definition, whatever differences say. */
const constant = ['stop', 'calibration_error'];

const all = Object.entries({
  ...elementwiseSamples,
  ...tensorSamples,
  ...lossSamples,
  ...layerSamples,
  ...sequenceSamples,
  ...densitySamples,
  ...orderingSamples,
})
  .filter(([name]) => !constant.includes(name))
  .flatMap(([name, list]) => list.map((sample) => [name, sample.about, sample] as const))
  .filter(([, about]) => !['huge', 'certain', 'equal'].some((edge) => about.includes(edge)));

/** Moves numbers off the kinks at round values. */
function nudge(array: ReturnType<FakeContext['finish']>['args'][number], parameter: number): typeof array {
  if (array.type.dtype !== 'float') return array;
  return hostArray(
    'float',
    array.type.shape,
    [...array.data].map((x, index) => x + 0.0137 + 0.0053 * parameter + 0.0003 * index),
  );
}

function expectClose(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  found.forEach((values, which) => {
    values.forEach((value, element) => {
      const other = wanted[which]?.[element] as number;
      const near = Math.abs(value - other) <= 1e-5 * Math.max(1, Math.abs(other), ...(wanted[which] ?? []).map(Math.abs));
      if (!near) throw new Error(`gradient ${which}, element ${element}: ${value}, by differences ${other}`);
    });
  });
}

test.each(all)('%s: %s', (name: string, _about: string, sample: Sample) => {
  const context = new FakeContext({ phase: sample.phase ?? 'train' });
  const { positional, named } = sample.arguments(context);
  const result = fieldOf(call(context, name, positional, named), sample.field);
  if (result.kind !== 'tensor') throw new Error('no tensor');
  if (result.value.type.dtype !== 'float') return;
  const { func, args } = context.finish([mixed(context.builder, [result.value])]);
  const nudged = args.map(nudge);
  expectClose(gradients(func, nudged), differences(func, nudged));
  const second = mixedGradient(func);
  expectClose(gradients(second, nudged), differences(second, nudged));
});

/** The gradient of the sum of a builtin's result with respect to all its inputs, and the gradient of the sum of that. */
function derivativesOf(name: string, positional: (context: FakeContext) => readonly Given[], named: Readonly<Record<string, Given>> = {}) {
  const context = new FakeContext();
  const result = call(context, name, positional(context), named) as TensorMeaning;
  const { builder } = context;
  const total = builder.sum(
    result.value,
    result.dims.map((_, axis) => axis),
  );
  const { func, args } = context.finish([total]);
  return { first: gradients(func, args), second: gradients(mixedGradient(func), args) };
}

describe('at the edges', () => {
  const at = (name: string, x: number): number[][] => derivativesOf(name, (context) => [context.input([], [x])]).first;

  test('kinks take one side, smooth points the true value', () => {
    expect(at('relu', 0)).toEqual([[0]]);
    expect(at('abs', 0)).toEqual([[0]]);
    expect(at('softplus', 0)).toEqual([[0.5]]);
    expect(at('softplus', 1000)).toEqual([[1]]);
    expect(at('softplus', -1000)).toEqual([[0]]);
    expect(at('elu', 1000)).toEqual([[1]]);
    expect(at('floor', 0.5)).toEqual([[0]]);
    expect(at('stop', 0.5)).toEqual([[0]]);
  });

  test('roots at 0 have the derivative 0', () => {
    expect(derivativesOf('norm', (context) => [context.input([2], [0, 0])]).first).toEqual([[0, 0]]);
    expect(derivativesOf('std', (context) => [context.input([2], [3, 3])]).first).toEqual([[0, 0]]);
    expect(
      derivativesOf('distance', (context) => [context.input([2], [1, 2]), context.input([2], [1, 2])])
        .first.flat()
        .map(Math.abs),
    ).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['entropy', (context: FakeContext) => [context.input([1, 3], [1, 0, 0])]],
    ['kl', (context: FakeContext) => [context.input([1, 2], [1, 0]), context.input([1, 2], [0, 1])]],
    ['cosine', (context: FakeContext) => [context.input([1, 2], [0, 0]), context.input([1, 2], [1, 0])]],
    ['normalise', (context: FakeContext) => [context.input([3], [2, 2, 2])]],
    ['cross_entropy', (context: FakeContext) => [context.input([1, 2], [1e4, -1e4]), context.labels([1], 2)]],
    ['binary_cross_entropy', (context: FakeContext) => [context.input([2], [0, 500]), context.input([2], [1, 0])]],
    ['huber', (context: FakeContext) => [context.input([2], [0, 1]), context.input([2], [0, 0])]],
    ['squared_distances', (context: FakeContext) => [context.input([1, 2], [1, 2]), context.input([1, 2], [1, 2])]],
  ] as const)('%s stays finite, twice', (name, positional) => {
    const { first, second } = derivativesOf(name, positional);
    for (const value of [...first.flat(), ...second.flat()]) expect(Number.isFinite(value)).toBe(true);
  });

  test('binary cross-entropy at a logit of 0: sigmoid - target', () => {
    expect(derivativesOf('binary_cross_entropy', (context) => [context.input([1], [0]), context.input([1], [0.2])]).first[0]).toEqual([
      0.3,
    ]);
  });

  test('choosing a class has a zero derivative', () => {
    for (const name of ['accuracy', 'error', 'f1', 'calibration_error']) {
      const { first } = derivativesOf(name, (context) => [context.input([2, 2], [0.3, 0.7, 2, 1]), context.labels([0, 1], 2)]);
      expect(
        first.flat().every((value) => value === 0),
        name,
      ).toBe(true);
    }
  });
});

describe('optimisers, unrolled', () => {
  /** d(new weight)/d(gradient) of one first step from weight 1, summed over two elements. */
  function slope(name: string, named: Readonly<Record<string, Given>>, gradient: readonly number[]): { first: number[]; second: number[] } {
    const context = new FakeContext();
    const optimiser = call(context, name, [], named);
    if (optimiser.kind !== 'optimiser') throw new Error('no optimiser');
    const { builder } = context;
    const input = context.input([2], gradient);
    const zeros = builder.constant(0, [2]);
    const { weights } = optimiser.update({
      builder,
      weights: [builder.constant(1, [2])],
      gradients: [input.value],
      slots: optimiser.slots.map(() => [zeros]),
      step: builder.constant(1),
      hyper(hyperparameter) {
        const value = optimiser.hyperparameters.get(hyperparameter);
        return builder.constant(value?.kind === 'number' ? value.value : Number.NaN, [2]);
      },
    });
    const { func, args } = context.finish([builder.sum(weights[0] as TensorMeaning['value'], [0])]);
    return { first: gradients(func, args)[0] ?? [], second: gradients(mixedGradient(func), args)[0] ?? [] };
  }

  test.each(['adam', 'rmsprop'])('%s at a zero gradient has the derivative -rate/(epsilon + 1e-12)', (name) => {
    for (const epsilon of [1e-2, 1e-8]) {
      for (const value of slope(name, { rate: 0.1, epsilon }, [0, 0]).first) expect(value / (-0.1 / (epsilon + 1e-12))).toBeCloseTo(1, 12);
    }
  });

  test.each([
    ['sgd', { rate: 0.1, clip: 1 }],
    ['sgd', { rate: 0.1, clip_value: 1 }],
    ['adam', { rate: 0.1 }],
    ['adam', { rate: 0.1, clip: 1 }],
    ['adamw', { rate: 0.1 }],
    ['rmsprop', { rate: 0.1, momentum: 0.9 }],
  ] as const)('%s %j is finite at 0, once and twice', (name, named) => {
    for (const gradient of [
      [0, 0],
      [0, 3],
    ]) {
      const { first, second } = slope(name, named, gradient);
      for (const value of [...first, ...second]) expect(Number.isFinite(value)).toBe(true);
    }
  });
});
