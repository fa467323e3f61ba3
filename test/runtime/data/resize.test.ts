/** @file The area resize against its definition in exact arithmetic, and what it keeps. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxResizer } from '../../../src/runtime/data/resize.ts';

function resize(source: Uint8Array, height: number, width: number, newHeight: number, newWidth: number): number[] {
  const target = new Uint8Array(newHeight * newWidth + 3);
  boxResizer(height, width, newHeight, newWidth)(source, target, 3);
  expect([...target.subarray(0, 3)]).toEqual([0, 0, 0]);
  return [...target.subarray(3)];
}

test('each result is the mean of the covered area, rounded half up', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.nat(8), fc.nat(8), fc.nat());
  fc.assert(
    fc.property(sizes, ([height, width, lessHeight, lessWidth, seed]) => {
      const newHeight = Math.max(1, height - lessHeight);
      const newWidth = Math.max(1, width - lessWidth);
      const source = Uint8Array.from({ length: height * width }, (_, index) => ((index + 1) * (seed + 7)) % 256);
      // Every source pixel becomes newHeight x newWidth equal ones; every result is the mean of height x width of those.
      const fine = (y: number, x: number) => source[Math.floor(y / newHeight) * width + Math.floor(x / newWidth)] ?? 0;
      const expected = Array.from({ length: newHeight * newWidth }, (_, index) => {
        const top = Math.floor(index / newWidth) * height;
        const left = (index % newWidth) * width;
        let sum = 0;
        for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) sum += fine(top + y, left + x);
        return Math.floor((2 * sum + height * width) / (2 * height * width));
      });
      expect(resize(source, height, width, newHeight, newWidth)).toEqual(expected);
    }),
    { seed: 1 },
  );
});

test('the same size is a copy, one colour stays one colour', () => {
  expect(resize(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, 3, 2, 3)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(resize(new Uint8Array(105 * 105).fill(77), 105, 105, 28, 28))).toEqual(new Set([77]));
});

test('half is rounded up', () => {
  expect(resize(Uint8Array.of(0, 1), 1, 2, 1, 1)).toEqual([1]);
});
