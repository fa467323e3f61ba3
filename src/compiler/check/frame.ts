/** @file One application of a model while it is traced. */
import type { Moments, TensorMeaning } from './meaning.ts';
import type { Segment, WeightEntry } from './weights.ts';

/** One application of a model. */
export interface Frame {
  readonly owner: string;
  readonly segments: Segment[];
  readonly counters: Map<string, number>;
  /** The value of a weight for this application: the start, or an iterate. */
  readonly read: (entry: WeightEntry) => TensorMeaning;
  /** How many inner steps the weights have taken. */
  readonly step: number;
  readonly moments: Map<string, Moments>;
  /** Applies the same learner to the support set that belongs to the input; undefined when the input is no part of an episode. */
  readonly companion: (() => Frame) | undefined;
  /** The input is the support set itself. */
  readonly isSupport: boolean;
}

/** Which part of which episode a tensor is a field of. */
export interface PartOf {
  readonly tasks: string;
  readonly episode: string;
  readonly part: 'support' | 'query';
}
