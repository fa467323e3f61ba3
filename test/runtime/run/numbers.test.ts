/** @file Statistics and the printing of numbers. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonNumber, shortestFloat32 } from '../../../src/runtime/run/shortest-number.ts';
import { summarize } from '../../../src/runtime/run/statistics.ts';

test('the summary is the mean with 1.96 standard errors of the sample deviation', () => {
  const { mean, interval, count } = summarize([1, 2, 3, 4]);
  expect([mean, count]).toEqual([2.5, 4]);
  expect(interval).toBeCloseTo((1.96 * Math.sqrt(5 / 3)) / 2, 12);
  expect(summarize([0.1, 0.1, 0.1]).interval).toBeLessThan(1e-15);
  expect(summarize([3]).interval).toBeNaN();
});

test('the summary counts the values that are not finite, where there are any', () => {
  expect(summarize([1, 2])).not.toHaveProperty('notFinite');
  expect(summarize([1, Number.NaN, 2, Number.POSITIVE_INFINITY])).toMatchObject({ mean: Number.NaN, count: 4, notFinite: 2 });
});

test('float32 numbers print with the fewest digits that give them back', () => {
  expect(shortestFloat32(Math.fround(0.1))).toBe(0.1);
  expect(shortestFloat32(Math.fround(1 / 3))).toBe(0.33333334);
  expect(shortestFloat32(1e-45)).toBe(1e-45);
  expect(shortestFloat32(16777216)).toBe(16777216);
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      const printed = JSON.parse(JSON.stringify(shortestFloat32(value))) as number | null;
      if (Number.isFinite(value)) expect(Math.fround(printed ?? Number.NaN) === value).toBe(true);
      else expect(printed).toBeNull();
    }),
    { seed: 1 },
  );
});

test('numbers that JSON lacks become texts, and float64 keeps its digits', () => {
  expect(jsonNumber(Number.NaN, 4)).toBe('NaN');
  expect(jsonNumber(1e39, 4)).toBe('Infinity');
  expect(jsonNumber(1e39, 8)).toBe(1e39);
  expect(jsonNumber(1 / 3, 8)).toBe(1 / 3);
});
