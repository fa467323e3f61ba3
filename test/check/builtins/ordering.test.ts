/** @file Order along an axis: the laws of sorting, for any numbers, and products where elements are 0. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TensorMeaning } from '../../../src/compiler/check/meaning.ts';
import { call, FakeContext, type Given } from './fake-context.ts';

function run(name: string, values: readonly number[], options: Readonly<Record<string, Given>> = {}): readonly number[] {
  const context = new FakeContext();
  return context.read(call(context, name, [context.input([values.length], values)], options) as TensorMeaning);
}

// Few different numbers, so that there are ties.
const lists = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 });

test('sort, argsort and rank are one stable order', () => {
  fc.assert(
    fc.property(lists, fc.boolean(), (values, decreasing) => {
      const sign = decreasing ? -1 : 1;
      const order = values.map((_, index) => index).sort((a, b) => sign * ((values[a] as number) - (values[b] as number)) || a - b);
      expect(run('argsort', values, { decreasing })).toEqual(order);
      expect(run('sort', values, { decreasing })).toEqual(order.map((index) => values[index]));
      expect(run('rank', values, { decreasing })).toEqual(values.map((_, index) => order.indexOf(index)));
    }),
  );
});

test('running products are products, also of zeros and negative numbers', () => {
  fc.assert(
    fc.property(lists, fc.boolean(), (values, exclusive) => {
      const before = (index: number) => values.slice(0, index).reduce((product, value) => product * value, 1);
      const expected = values.map((value, index) => before(index) * (exclusive ? 1 : value));
      run('cumulative_product', values, { exclusive }).forEach((value, index) => {
        expect(value).toBeCloseTo(expected[index] as number, 9);
      });
    }),
  );
});
