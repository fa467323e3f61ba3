/**
 * @file Sample operands of every primitive that an engine may see. Each table about primitives (type rule, meaning, vjp, batching, lowering)
 * is tested on all of them; an engine that lacks, say, empty tensors skips by `name` and says so.
 */
import type { RuntimePrimitiveName } from '../../src/compiler/ir/primitives.ts';
import { elementwiseSamples } from './elementwise-samples.ts';
import { linearSamples } from './linear-samples.ts';
import type { Sample, SampleTable } from './sample.ts';
import { shapeSamples } from './shape-samples.ts';
import { structureSamples } from './structure-samples.ts';

export const samples: SampleTable<RuntimePrimitiveName> = { ...elementwiseSamples, ...shapeSamples, ...linearSamples, ...structureSamples };

/** One sample with the name of its primitive. */
export type NamedSample = { readonly [P in RuntimePrimitiveName]: { readonly op: P; readonly sample: Sample<P> } }[RuntimePrimitiveName];

/** All samples in one list, for `test.each`. */
export const allSamples: readonly NamedSample[] = (Object.keys(samples) as RuntimePrimitiveName[]).flatMap((op) =>
  samples[op].map((sample) => ({ op, sample }) as NamedSample),
);
