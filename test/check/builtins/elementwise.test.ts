/** @file Operators between tensors: values, types, broadcasting and its refusals. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyBinary, applyPower, negate, type TensorOperator } from '../../../src/compiler/check/builtins/elementwise.ts';
import type { Dim, TensorMeaning } from '../../../src/compiler/check/meaning.ts';
import { diagnosticOf, dimsText, FakeContext, named, numbers, somewhere } from './fake-context.ts';

const leftRange = { start: 0, end: 4 };
const rightRange = { start: 7, end: 9 };

function operate(context: FakeContext, operator: TensorOperator, left: TensorMeaning, right: TensorMeaning): TensorMeaning {
  return applyBinary(context, operator, left, right, leftRange, rightRange);
}

describe('values', () => {
  test.each([
    ['+', [4, 0]],
    ['-', [-2, -4]],
    ['*', [3, -4]],
    ['/', [1 / 3, -1]],
    ['^', [1, 4]],
    ['<', [1, 1]],
    ['<=', [1, 1]],
    ['>', [0, 0]],
    ['>=', [0, 0]],
    ['==', [0, 0]],
    ['!=', [1, 1]],
  ] as const)('%s', (operator, expected) => {
    const context = new FakeContext();
    const result = operate(context, operator, context.input([2], [1, -2]), context.input([2], [3, 2]));
    expect(context.read(result).map((x) => Number(x.toFixed(12)))).toEqual(expected.map((x) => Number(x.toFixed(12))));
  });

  test('comparisons give the floats 0 and 1', () => {
    const context = new FakeContext();
    const result = operate(context, '>=', context.input([3], [1, 2, 3]), context.input([], [2]));
    expect(result.value.type.dtype).toBe('float');
    expect(context.read(result)).toEqual([0, 1, 1]);
  });

  test('ints stay ints under + - *, and become floats otherwise', () => {
    const context = new FakeContext();
    const ints = context.labels([4, 2], 5);
    expect(operate(context, '+', ints, ints).value.type.dtype).toBe('int');
    expect(context.read(operate(context, '*', ints, ints))).toEqual([16, 4]);
    const half = operate(context, '/', ints, context.input([], [8]));
    expect(context.read(half)).toEqual([0.5, 0.25]);
    expect(operate(context, '/', ints, ints).value.type.dtype).toBe('float');
    expect(context.read(operate(context, '^', ints, ints))).toEqual([256, 4]);
    expect(negate(context, ints).value.type.dtype).toBe('int');
  });

  test('powers with a constant exponent', () => {
    const context = new FakeContext();
    const base = context.input([3], [-2, 0, 3]);
    expect(context.read(applyPower(context, base, 2))).toEqual([4, 0, 9]);
    expect(context.read(applyPower(context, base, 7))).toEqual([-128, 0, 2187]);
    expect(context.read(negate(context, base))).toEqual([2, -0, -3]);
  });
});

describe('shapes', () => {
  const result = (left: readonly (number | Dim)[], right: readonly (number | Dim)[], operator: TensorOperator = '+'): string => {
    const context = new FakeContext();
    const tensor = (shape: readonly (number | Dim)[], seed: number): TensorMeaning => {
      const size = shape.reduce<number>((product, one) => product * (typeof one === 'number' ? one : one.size), 1);
      return context.input(shape, numbers(size, seed));
    };
    return dimsText(operate(context, operator, tensor(left, 1), tensor(right, 2)));
  };

  test('one side is expanded, aligned from the right', () => {
    expect(result([], [2, 3])).toBe('[2, 3]');
    expect(result([2, 3], [3])).toBe('[2, 3]');
    expect(result([2, 3], [2, 1])).toBe('[2, 3]');
    expect(result([1], [4, 2])).toBe('[4, 2]');
    expect(result([1, 1], [])).toBe('[1, 1]');
  });

  test('the better name wins', () => {
    expect(result([3, 2], [named(3, 'ways'), 2])).toBe('[ways = 3, 2]');
    expect(result([named(3, 'ways'), 2], [3, 1])).toBe('[ways = 3, 2]');
  });

  test('expanded values stand where they should', () => {
    const context = new FakeContext();
    const grid = context.input([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(context.read(operate(context, '+', grid, context.input([2, 1], [10, 20])))).toEqual([11, 12, 13, 24, 25, 26]);
    expect(context.read(operate(context, '-', context.input([3], [10, 20, 30]), grid))).toEqual([9, 18, 27, 6, 15, 24]);
  });

  test('matrix products', () => {
    expect(result([2, 3], [3, 4], '@')).toBe('[2, 4]');
    expect(result([5, 2, 3], [3, 4], '@')).toBe('[5, 2, 4]');
    expect(result([3], [3, 4], '@')).toBe('[4]');
    expect(result([2, 3], [3], '@')).toBe('[2]');
    expect(result([3], [3], '@')).toBe('[]');
    expect(result([named(7, 'ways'), 2, 3], [7, 3, 4], '@')).toBe('[ways = 7, 2, 4]');
    const context = new FakeContext();
    const product = operate(context, '@', context.input([2, 2], [1, 2, 3, 4]), context.input([2, 2], [5, 6, 7, 8]));
    expect(context.read(product)).toEqual([19, 22, 43, 50]);
  });
});

describe('refusals', () => {
  const refused = (left: readonly (number | Dim)[], right: readonly (number | Dim)[], operator: TensorOperator = '-') => {
    const context = new FakeContext();
    return diagnosticOf(() => operate(context, operator, context.input(left, [0]), context.input(right, [0])));
  };

  test('[n] with [n, 1] never makes [n, n]', () => {
    const diagnostic = refused([named(10, 'queries')], [named(10, 'queries'), 1]);
    expect(diagnostic).toMatchObject({
      code: 'E0402',
      label: '[queries = 10] and [queries = 10, 1] would silently make [queries = 10, queries = 10]',
      range: { start: 0, end: 9 },
    });
    expect(diagnostic.related?.map(({ range }) => range)).toEqual([leftRange, rightRange]);
    expect(refused([5, 1], [1, 7])).toMatchObject({ code: 'E0402' });
    expect(refused([5, 1], [7])).toMatchObject({ code: 'E0402' });
  });

  test('sizes that disagree', () => {
    expect(refused([named(75, 'ways*queries'), 5], [5, 28])).toMatchObject({
      code: 'E0401',
      title: 'shapes do not match in `-`',
      found: '[ways*queries = 75, 5] and [5, 28]',
    });
  });

  test('matrices that do not multiply', () => {
    expect(refused([2, 3], [2, 3], '@')).toMatchObject({ code: 'E0405', found: '[2, 3] @ [2, 3]' });
    expect(refused([], [3], '@')).toMatchObject({ code: 'E0405' });
    expect(refused([2, 3], [5, 3, 4], '@')).toMatchObject({ code: 'E0405', label: 'stacks of matrices need the same leading sizes' });
  });
});

test('levels rise to the highest', () => {
  const context = new FakeContext();
  const weight = { ...context.input([], [1]), level: 'meta' as const };
  expect(operate(context, '+', weight, context.tensor({ kind: 'number', value: 1 }, somewhere)).level).toBe('meta');
  expect(operate(context, '+', weight, context.input([], [1])).level).toBe('task');
});

/** Element of a row-major tensor at an index of a larger or equal rank, by numpy's rule. */
function pick(values: readonly number[], shape: readonly number[], index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return values[shape.reduce((offset, size, axis) => offset * size + (size === 1 ? 0 : (own[axis] as number)), 0)] as number;
}

test('every pair of shapes gives what numpy gives, or is refused because sizes differ or both sides grow', () => {
  const shapes = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 });
  fc.assert(
    fc.property(shapes, shapes, (left, right) => {
      const rank = Math.max(left.length, right.length);
      const sizeAt = (shape: readonly number[], axis: number): number | undefined => shape[axis - rank + shape.length];
      const axes = Array.from({ length: rank }, (_, axis) => ({ l: sizeAt(left, axis), r: sizeAt(right, axis) }));
      const clash = axes.some(({ l, r }) => l !== undefined && r !== undefined && l !== r && l !== 1 && r !== 1);
      const grows = (own: 'l' | 'r', other: 'l' | 'r'): boolean =>
        axes.some((axis) => axis[own] === undefined || (axis[own] === 1 && axis[other] !== undefined && axis[other] !== 1));
      const both = grows('l', 'r') && grows('r', 'l');
      const context = new FakeContext();
      const size = (shape: readonly number[]): number => shape.reduce((product, one) => product * one, 1);
      const [leftValues, rightValues] = [numbers(size(left), 3), numbers(size(right), 4)];
      const run = () => operate(context, '-', context.input(left, leftValues), context.input(right, rightValues));
      if (clash || both) {
        expect(['E0401', 'E0402']).toContain(diagnosticOf(run).code);
        return;
      }
      const shape = axes.map(({ l, r }) => Math.max(l ?? 1, r ?? 1));
      const result = run();
      expect(result.value.type.shape).toEqual(shape);
      context.read(result).forEach((value, offset) => {
        const index = shape.map((one, axis) => Math.floor(offset / size(shape.slice(axis + 1))) % one);
        expect(value).toBe(pick(leftValues, left, index) - pick(rightValues, right, index));
      });
    }),
    { numRuns: 300, seed: 7 },
  );
});
