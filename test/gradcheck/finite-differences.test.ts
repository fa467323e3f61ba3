/** @file Difference quotients: what they find, and when they find nothing. */
import { expect, test } from 'vitest';
import { bestDifference } from '../../src/gradcheck/finite-differences.ts';

const ENOUGH = 1e-7;

test('a right derivative agrees, beside a kink too', () => {
  expect(bestDifference(Math.sin, 0.3, Math.cos(0.3), 1, ENOUGH)).toMatchObject({ spread: 0 });
  expect(bestDifference(Math.abs, 5e-4, 1, 1, ENOUGH).error).toBeLessThan(ENOUGH);
});

test('a wrong derivative disagrees with quotients that agree with each other', () => {
  const { error, quotient, spread } = bestDifference(Math.sin, 0.3, 0.5, 1, ENOUGH);
  expect(error).toBeGreaterThan(0.1);
  expect(quotient).toBeCloseTo(Math.cos(0.3), 6);
  expect(spread).toBeLessThan(1e-5);
});

test('quotients of what is not smooth at any distance disagree with each other', () => {
  const wild = (x: number): number => Math.sin(1e9 * x);
  const { error, spread } = bestDifference(wild, 0.3, 1e9 * Math.cos(3e8), 1, ENOUGH);
  expect(error).toBeGreaterThan(0.1);
  expect(spread).toBeGreaterThan(0.1);
});
