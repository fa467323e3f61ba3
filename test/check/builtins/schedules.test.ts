/** @file Schedules and learned scalars. */
import { expect, test } from 'vitest';
import { call, diagnosticOf, FakeContext } from './fake-context.ts';
import { learnedSamples, scheduleSamples } from './schedule-samples.ts';

const schedules = Object.entries(scheduleSamples).flatMap(([name, list]) => list.map((sample) => [name, sample.about, sample] as const));

test.each(schedules)('%s: %s', (name, _about, sample) => {
  for (const [step, expected] of sample.values) {
    const context = new FakeContext();
    const schedule = call(context, name, sample.positional, sample.named ?? {});
    if (schedule.kind !== 'schedule') throw new Error('no schedule');
    const value = schedule.at(context.builder, context.input([], [step]).value, 100);
    expect(value.type).toEqual({ dtype: 'float', shape: [] });
    expect(context.read(context.wrap(value, [], []))[0]).toBeCloseTo(expected, 12);
  }
});

test.each(learnedSamples.learned.map((sample) => [sample.about, sample] as const))('learned: %s', (_about, sample) => {
  const learned = call(new FakeContext(), 'learned', sample.positional, sample.named ?? {});
  expect(learned).toMatchObject({ kind: 'learned', initial: sample.initial, per: sample.per });
  expect(learned.kind === 'learned' && learned.bounds).toEqual(sample.bounds);
});

test('wrong bounds and steps are refused', () => {
  const context = new FakeContext();
  expect(diagnosticOf(() => call(context, 'learned', [2], { in: [0, 1] }))).toMatchObject({
    code: 'E0355',
    found: '[0, 1] with first value 2',
  });
  expect(diagnosticOf(() => call(context, 'learned', [0.5], { in: [1, 0] }))).toMatchObject({ code: 'E0355' });
  expect(diagnosticOf(() => call(context, 'piecewise', [[1, 2]], { at: [5, 9] }))).toMatchObject({
    code: 'E0355',
    expected: '1 increasing steps for 2 values',
  });
  expect(diagnosticOf(() => call(context, 'piecewise', [[1, 2, 3]], { at: [9, 5] }))).toMatchObject({ code: 'E0355' });
});

test('descriptions name the values in force', () => {
  const describe = (name: string, positional: readonly number[], named = {}): string => {
    const schedule = call(new FakeContext(), name, positional, named);
    return schedule.kind === 'schedule' ? schedule.description : schedule.kind;
  };
  expect(describe('linear', [1, 0])).toBe('linear from 1 to 0 over all steps');
  expect(describe('cosine_decay', [1], { over: 10, warmup: 2 })).toBe('cosine from 1 to 0 over 10 steps after 2 of warm-up');
});
