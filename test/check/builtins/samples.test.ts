/** @file Every builtin against an independent formula: elements, shapes and their names. */
import { describe, expect, test } from 'vitest';
import { builtins } from '../../../src/compiler/check/builtins/table.ts';
import { densitySamples } from './density-samples.ts';
import { drawSamples } from './draw-samples.ts';
import { elementwiseSamples } from './elementwise-samples.ts';
import { call, dimsText, FakeContext, fieldOf, somewhere } from './fake-context.ts';
import { layerSamples } from './layer-samples.ts';
import { lossSamples } from './loss-samples.ts';
import { optimiserSamples } from './optimiser-samples.ts';
import { orderingSamples } from './ordering-samples.ts';
import type { Sample } from './sample.ts';
import { learnedSamples, scheduleSamples } from './schedule-samples.ts';
import { sequenceSamples, shuffled } from './sequence-samples.ts';
import { tensorSamples } from './tensor-samples.ts';

const samples = {
  ...elementwiseSamples,
  ...tensorSamples,
  ...lossSamples,
  ...layerSamples,
  ...sequenceSamples,
  ...densitySamples,
  ...orderingSamples,
};
const all = Object.entries(samples).flatMap(([name, list]) => list.map((sample) => [name, sample.about, sample] as const));

function expectClose(found: readonly number[], expected: readonly number[], tolerance = 1e-9): void {
  expect(found.length).toBe(expected.length);
  found.forEach((value, index) => {
    const wanted = expected[index] as number;
    const near = Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
    if (!near) throw new Error(`element ${index}: ${value}, expected ${wanted}`);
  });
}

test.each(all)('%s: %s', (name: string, _about: string, sample: Sample) => {
  const context = new FakeContext({ phase: sample.phase ?? 'train' });
  const { positional, named } = sample.arguments(context);
  const result = fieldOf(call(context, name, positional, named), sample.field);
  expect(dimsText(result)).toBe(sample.dims);
  expectClose(context.read(result), sample.expected(context));
});

const draws = Object.entries(drawSamples).flatMap(([name, list]) => list.map((sample) => [name, sample.about, sample] as const));

test.each(draws)('%s: %s', (name, _about, sample) => {
  const context = new FakeContext();
  const distribution = call(context, name, sample.positional, sample.named ?? {});
  if (distribution.kind !== 'distribution') throw new Error('no distribution');
  const prefix = sample.prefix.map((size) => ({ size, text: String(size) }));
  const drawn = distribution.sample(context, prefix, somewhere);
  expect(dimsText(drawn)).toBe(sample.dims);
  expect(context.draws.map((draw) => draw.distribution)).toEqual([sample.standard]);
  expectClose(context.read(drawn), (context.draws[0]?.values ?? []).map(sample.expected));
});

test('shuffle: items in the order of the draws, the same for every field', () => {
  const context = new FakeContext();
  const values = [10, 11, 12, 13, 14, 15, 16];
  const result = shuffled(context, values);
  const draws = context.draws[0]?.values ?? [];
  const order = values.map((_, index) => index).sort((a, b) => (draws[a] as number) - (draws[b] as number));
  expect(context.read(result)).toEqual(order.map((index) => values[index]));
});

describe('the table', () => {
  test('every builtin has samples', () => {
    const tables = [samples, drawSamples, optimiserSamples, scheduleSamples, learnedSamples];
    const sampled = [
      ...tables.flatMap((table) => Object.entries(table).flatMap(([name, list]) => (list.length > 0 ? [name] : []))),
      'shuffle', // above
      'elementwise', // test/recurrences
      'conjugate_gradient', // test/implicit
      'neumann', // test/implicit
    ];
    expect(builtins.map(({ name }) => name).filter((name) => !sampled.includes(name))).toEqual([]);
    expect(sampled.filter((name) => !builtins.some((builtin) => builtin.name === name))).toEqual([]);
    expect(new Set(sampled).size).toBe(sampled.length);
  });

  test('names are unique and everything is documented', () => {
    expect(new Set(builtins.map(({ name }) => name)).size).toBe(builtins.length);
    for (const builtin of builtins) {
      expect(builtin.summary).toMatch(/\.$/);
      const names = builtin.parameters.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { name, about } of [...builtin.parameters, ...(builtin.variadic === undefined ? [] : [builtin.variadic])])
        expect(about, name).toMatch(/^.{3,120}$/);
    }
  });
});
