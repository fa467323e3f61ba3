/** @file Optimisers as published, on plain numbers: one step of one weight, from its gradient, slots and the step count. */
import type { Given } from './fake-context.ts';

/** One step: the new weight and slots. */
export type ScalarRule = (
  weight: number,
  gradient: number,
  slots: readonly number[],
  step: number,
) => { readonly weight: number; readonly slots: readonly number[] };

export interface OptimiserSample {
  readonly about: string;
  readonly named: Readonly<Record<string, Given>>;
  readonly slots: readonly string[];
  readonly rule: ScalarRule;
}

const rate = 0.1;

/** Kingma and Ba 2015, algorithm 1, with an L2 penalty in the gradient. */
function adam(penalty: number, decoupled: number): ScalarRule {
  return (weight, raw, [m = 0, v = 0], step) => {
    const gradient = raw + penalty * weight;
    const first = 0.8 * m + 0.2 * gradient;
    const second = 0.9 * v + 0.1 * gradient ** 2;
    const direction = first / (1 - 0.8 ** step) / (Math.sqrt(second / (1 - 0.9 ** step)) + 1e-3);
    return { weight: weight - rate * decoupled * weight - rate * direction, slots: [first, second] };
  };
}

const adamSettings = { rate, beta1: 0.8, beta2: 0.9, epsilon: 1e-3 };

export const optimiserSamples: Readonly<Record<string, readonly OptimiserSample[]>> = {
  sgd: [
    { about: 'plain', named: { rate }, slots: [], rule: (w, g) => ({ weight: w - rate * g, slots: [] }) },
    {
      about: 'with momentum and penalty',
      named: { rate, momentum: 0.9, weight_decay: 0.2 },
      slots: ['momentum'],
      rule(w, raw, [m = 0]) {
        const moving = 0.9 * m + raw + 0.2 * w;
        return { weight: w - rate * moving, slots: [moving] };
      },
    },
    {
      about: 'with Nesterov momentum',
      named: { rate, momentum: 0.5, nesterov: true },
      slots: ['momentum'],
      rule(w, g, [m = 0]) {
        const moving = 0.5 * m + g;
        return { weight: w - rate * (g + 0.5 * moving), slots: [moving] };
      },
    },
  ],
  adam: [
    { about: 'plain', named: adamSettings, slots: ['first_moment', 'second_moment'], rule: adam(0, 0) },
    { about: 'with penalty', named: { ...adamSettings, weight_decay: 0.3 }, slots: ['first_moment', 'second_moment'], rule: adam(0.3, 0) },
  ],
  adamw: [
    { about: 'with its default decay', named: adamSettings, slots: ['first_moment', 'second_moment'], rule: adam(0, 0.01) },
    { about: 'with decay', named: { ...adamSettings, weight_decay: 0.3 }, slots: ['first_moment', 'second_moment'], rule: adam(0, 0.3) },
  ],
  rmsprop: [
    {
      about: 'plain',
      named: { rate, decay: 0.9 },
      slots: ['mean_square'],
      rule(w, g, [s = 0]) {
        const square = 0.9 * s + 0.1 * g ** 2;
        return { weight: w - (rate * g) / (Math.sqrt(square) + 1e-8), slots: [square] };
      },
    },
    {
      about: 'with momentum and penalty',
      named: { rate, decay: 0.9, momentum: 0.5, weight_decay: 0.1, epsilon: 1e-2 },
      slots: ['mean_square', 'momentum'],
      rule(w, raw, [s = 0, b = 0]) {
        const g = raw + 0.1 * w;
        const square = 0.9 * s + 0.1 * g ** 2;
        const moving = 0.5 * b + g / (Math.sqrt(square) + 1e-2);
        return { weight: w - rate * moving, slots: [square, moving] };
      },
    },
  ],
};
