/** @file Schedules on plain numbers: values at some steps of a run of 100 steps. */
import type { Given } from './fake-context.ts';

export interface ScheduleSample {
  readonly about: string;
  readonly positional: readonly Given[];
  readonly named?: Readonly<Record<string, Given>>;
  /** Step -> value. */
  readonly values: readonly (readonly [number, number])[];
}

const halfCosine = (share: number): number => (1 + Math.cos(Math.PI * share)) / 2;

export const scheduleSamples: Readonly<Record<string, readonly ScheduleSample[]>> = {
  linear: [
    {
      about: 'over all steps',
      positional: [1, 0],
      values: [
        [0, 1],
        [25, 0.75],
        [100, 0],
        [500, 0],
      ],
    },
    {
      about: 'over some',
      positional: [1, 3],
      named: { over: 10 },
      values: [
        [0, 1],
        [5, 2],
        [10, 3],
        [11, 3],
      ],
    },
  ],
  cosine_decay: [
    {
      about: 'over all steps',
      positional: [2],
      values: [
        [0, 2],
        [25, 2 * halfCosine(0.25)],
        [50, 1],
        [100, 0],
        [101, 0],
      ],
    },
    {
      about: 'after a warm-up, to a floor',
      positional: [2, 1],
      named: { over: 60, warmup: 10 },
      values: [
        [0, 0],
        [5, 1],
        [10, 2],
        [35, 1.5],
        [60, 1],
        [99, 1],
      ],
    },
  ],
  exponential: [
    {
      about: 'every ten steps',
      positional: [2, 0.5],
      named: { every: 10 },
      values: [
        [0, 2],
        [5, Math.SQRT2],
        [10, 1],
        [20, 0.5],
      ],
    },
  ],
  piecewise: [
    {
      about: 'of three values',
      positional: [[1, 0.1, 0.01]],
      named: { at: [10, 20] },
      values: [
        [0, 1],
        [9, 1],
        [10, 0.1],
        [19, 0.1],
        [20, 0.01],
        [99, 0.01],
      ],
    },
    {
      about: 'of one value',
      positional: [[1]],
      named: { at: [] },
      values: [
        [0, 1],
        [50, 1],
      ],
    },
  ],
};

export interface LearnedSample {
  readonly about: string;
  readonly positional: readonly Given[];
  readonly named?: Readonly<Record<string, Given>>;
  readonly initial: number;
  readonly per: string;
  readonly bounds: readonly number[] | undefined;
}

export const learnedSamples: Readonly<Record<'learned', readonly LearnedSample[]>> = {
  learned: [
    { about: 'a scalar', positional: [0.4], initial: 0.4, per: 'scalar', bounds: undefined },
    {
      about: 'per element, bounded',
      positional: [0.5],
      named: { per: 'element', in: [0, 1] },
      initial: 0.5,
      per: 'element',
      bounds: [0, 1],
    },
  ],
};
