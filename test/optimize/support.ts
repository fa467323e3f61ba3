/** @file Compares what two functions compute. */
import { expect } from 'vitest';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';

/** The largest finite number that occurs anywhere while `f` runs: rounding errors are relative to it. */
function evaluateWithScale(f: Func, args: readonly HostArray[]): { readonly results: readonly HostArray[]; readonly scale: number } {
  let scale = 1;
  const results = evaluateFunction(f, args, (_, made) => {
    for (const { data } of made) for (const value of data) if (Math.abs(value) > scale && Number.isFinite(value)) scale = Math.abs(value);
  });
  return { results, scale };
}

/** Expects `after` to compute what `before` does, within rounding: `tolerance` times the largest number that occurs. */
export function expectSame(before: Func, after: Func, args: readonly HostArray[], tolerance = 1e-12): void {
  const { results, scale } = evaluateWithScale(before, args);
  const found = evaluateFunction(after, args);
  expect(found.length).toBe(results.length);
  results.forEach((expected, index) => {
    const actual = found[index] as HostArray;
    expect(actual.type).toEqual(expected.type);
    expected.data.forEach((value, position) => {
      const other = actual.data[position] as number;
      if (Object.is(value, other) || Math.abs(value - other) <= tolerance * scale) return;
      expect.fail(`result ${index}, element ${position}: ${value} became ${other}`);
    });
  });
}
