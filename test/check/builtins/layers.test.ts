/** @file What layers tell the checker: initial values, protocol, running statistics, moments of the support set; distances of learners. */
import { describe, expect, test } from 'vitest';
import type { CallableMeaning, TensorMeaning } from '../../../src/compiler/check/meaning.ts';
import { call, diagnosticOf, FakeContext, type Given } from './fake-context.ts';

describe('initial values', () => {
  const initial = (name: string, shape: readonly number[], options: Readonly<Record<string, Given>>, units = 6) => {
    const context = new FakeContext();
    call(context, name, [context.input(shape, [0]), units], options);
    return Object.fromEntries(context.initial);
  };

  test('dense: lecun by default, biases 0', () => {
    expect(initial('dense', [2, 4], {})).toEqual({
      kernel: { distribution: 'normal', offset: 0, scale: 0.5 },
      bias: { distribution: 'constant', offset: 0, scale: 0 },
    });
  });

  test('conv: he by default, counting the inputs of one filter', () => {
    expect(initial('conv', [1, 8, 8, 4], { groups: 2 }).kernel).toEqual({ distribution: 'normal', offset: 0, scale: Math.sqrt(2 / 18) });
  });

  test('glorot is uniform within sqrt(6/(in + out))', () => {
    const limit = Math.sqrt(6 / (4 + 6));
    expect(initial('dense', [2, 4], { initial: 'glorot' }).kernel).toEqual({ distribution: 'uniform', offset: -limit, scale: 2 * limit });
    const area = Math.sqrt(6 / (9 * 4 + 9 * 6));
    expect(initial('conv', [1, 8, 8, 4], { initial: 'glorot' }).kernel).toEqual({
      distribution: 'uniform',
      offset: -area,
      scale: 2 * area,
    });
  });

  test('numbers and distributions', () => {
    expect(initial('dense', [2, 4], { initial: 0.3 }).kernel).toEqual({ distribution: 'constant', offset: 0.3, scale: 0 });
    expect(initial('dense', [2, 4], { initial: 'ones' }).kernel).toEqual({ distribution: 'constant', offset: 1, scale: 0 });
    expect(initial('dense', [2, 4], { initial: call(new FakeContext(), 'normal', [0.5, 0.1]) }).kernel).toEqual({
      distribution: 'normal',
      offset: 0.5,
      scale: 0.1,
    });
    expect(initial('dense', [2, 4], { initial: call(new FakeContext(), 'uniform', [-1, 3]) }).kernel).toEqual({
      distribution: 'uniform',
      offset: -1,
      scale: 4,
    });
  });
});

describe('batch norm', () => {
  const features = [1, 2, 3, 4, 5, 9];

  test('names its mode in the protocol', () => {
    for (const mode of ['transductive', 'support', 'running', 'frozen']) {
      const context = new FakeContext();
      call(context, 'batch_norm', [context.input([3, 2], features)], { mode });
      expect(context.protocols.get('batch norm')).toBe(mode);
    }
  });

  test('running: in training the kept averages move by 1 - momentum', () => {
    const context = new FakeContext({ state: { mean: [10, 20], variance: [1, 2] } });
    call(context, 'batch_norm', [context.input([3, 2], features)], { mode: 'running', momentum: 0.75 });
    const read = (name: string): number[] => context.read(context.updates.get(name) as TensorMeaning);
    expect(read('mean')).toEqual([10 * 0.75 + 3 * 0.25, 20 * 0.75 + 5 * 0.25]);
    expect(read('variance').map((x) => Number(x.toFixed(12)))).toEqual(
      [1, 2].map((old, c) => Number((old * 0.75 + ([8 / 3, 26 / 3][c] as number) * 0.25).toFixed(12))),
    );
  });

  test('frozen and evaluation never update', () => {
    const frozen = new FakeContext();
    call(frozen, 'batch_norm', [frozen.input([3, 2], features)], { mode: 'frozen' });
    expect(frozen.updates.size).toBe(0);
    const evaluation = new FakeContext({ phase: 'evaluate' });
    call(evaluation, 'batch_norm', [evaluation.input([3, 2], features)], { mode: 'running' });
    expect(evaluation.updates.size).toBe(0);
  });

  test('support: uses the moments that the checker has for the layer', () => {
    const context = new FakeContext();
    const moments = { mean: context.input([2], [1, 2]), variance: context.input([2], [4, 9]) };
    context.supportMoments = () => moments;
    const result = call(context, 'batch_norm', [context.input([3, 2], features)], { mode: 'support' });
    const [scale, shift] = [context.weights.get('scale') as number[], context.weights.get('shift') as number[]];
    const expected = features.map((x, index) => {
      const c = index % 2;
      return ((x - (c === 0 ? 1 : 2)) / Math.sqrt((c === 0 ? 4 : 9) + 1e-5)) * (scale[c] as number) + (shift[c] as number);
    });
    context.read(result).forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] as number, 12);
    });
  });
});

describe('distances of learners', () => {
  const learner = (name: string, weights: Readonly<Record<string, TensorMeaning>>): CallableMeaning => ({
    kind: 'callable',
    description: 'the model',
    name,
    parameters: ['x'],
    call: () => ({ kind: 'poison' }),
    weights: () => new Map(Object.entries(weights)),
  });

  test('half the squared difference over all weights', () => {
    const context = new FakeContext();
    const net = learner('net', { kernel: context.input([2], [1, 2]), bias: context.input([], [3]) });
    const fast = learner('fast', { bias: context.input([], [5]), kernel: context.input([2], [0, 5]) });
    expect(context.read(call(context, 'half_squared_distance', [net, fast]))).toEqual([7]);
  });

  test('learners of different models are refused', () => {
    const context = new FakeContext();
    const net = learner('net', { kernel: context.input([2], [1, 2]) });
    const other = learner('embed', { kernel: context.input([2], [1, 2]), bias: context.input([], [5]) });
    const wide = learner('wide', { kernel: context.input([1], [1]) });
    expect(diagnosticOf(() => call(context, 'half_squared_distance', [net, other]))).toMatchObject({
      code: 'E0414',
      found: 'two different models',
    });
    expect(diagnosticOf(() => call(context, 'half_squared_distance', [net, wide]))).toMatchObject({
      code: 'E0414',
      found: '`kernel` has two shapes',
    });
    expect(diagnosticOf(() => call(context, 'half_squared_distance', [net, 1]))).toMatchObject({ code: 'E0355' });
  });
});

test('kl of two normal distributions sums over their elements', () => {
  const context = new FakeContext();
  const p = call(context, 'normal', [context.input([2], [0, 1]), 2]);
  const q = call(context, 'normal', [1, context.input([2], [1, 3])]);
  const term = (mp: number, sp: number, mq: number, sq: number): number =>
    Math.log(sq / sp) + (sp ** 2 + (mp - mq) ** 2) / (2 * sq ** 2) - 0.5;
  expect(context.read(call(context, 'kl', [p, q]))[0]).toBeCloseTo(term(0, 2, 1, 1) + term(1, 2, 1, 3), 12);
});
