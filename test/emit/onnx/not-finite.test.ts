/** @file Infinities and NaN: what is not chosen does no harm, and what is chosen is not hidden. */
import { describe, expect, it, test } from 'vitest';
import { FunctionBuilder } from '../../../src/compiler/ir/build.ts';
import { hostArray } from '../../../src/compiler/ir/host-array.ts';
import type { Value } from '../../../src/compiler/ir/ir.ts';
import { runModel } from './run-model.ts';

async function apply(make: (builder: FunctionBuilder, x: Value) => Value, values: readonly number[]): Promise<number[]> {
  const builder = new FunctionBuilder();
  const x = builder.parameter('x', { dtype: 'float', shape: [values.length] });
  const body = builder.finish([{ name: 'y', value: make(builder, x) }]);
  const [found] = await runModel({ name: 'f', body, tasks: 0, inputs: [] }, [hostArray('float', [values.length], values)]);
  return Array.from(found ?? []);
}

// Longer than a vector register, so that both the vectorised part and the rest are seen.
const many = (value: number) => Array.from({ length: 37 }, (_, index) => (index % 2 === 0 ? value : index));

test('relu keeps NaN', async () => {
  const found = await apply((b, x) => b.binary('maximum', b.zerosLike(x), x), many(Number.NaN));
  found.forEach((value, index) => {
    expect(value).toBe(index % 2 === 0 ? Number.NaN : index);
  });
});

test('maximum and minimum keep NaN', async () => {
  for (const op of ['maximum', 'minimum'] as const) {
    const found = await apply((b, x) => b.binary(op, b.constant(1, x.type.shape), x), many(Number.NaN));
    found.forEach((value, index) => {
      if (index % 2 === 0) expect(value).toBeNaN();
    });
  }
});

test('a mask hides infinities and NaN', async () => {
  for (const bad of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
    const found = await apply((b, x) => {
      const position = b.emit('iota', [], { dtype: 'float', shape: x.type.shape, dimension: 0 });
      const half = b.binary('multiply', position, b.constant(0.5, x.type.shape));
      const odd = b.compare('NE', half, b.unary('floor', half));
      // A quotient may be anything; what comes in is finite, and a mask of that may be a product.
      const quotient = b.binary('divide', x, b.constant(1, x.type.shape));
      return b.select(odd, quotient, b.zerosLike(x));
    }, many(bad));
    expect(found).toEqual(Array.from({ length: 37 }, (_, index) => (index % 2 === 0 ? 0 : index)));
  }
});

describe('a mask that a comparison with zero makes', () => {
  const values = [0, -0, 1, -1, 1e-38, -1e-38, 3e38, -3e38, 0.5, -0.5, 1e-20, -1e-20, 7, -7, 2, -2, 3];
  const holds = { GT: (x: number) => x > 0, LT: (x: number) => x < 0, GE: (x: number) => x >= 0, LE: (x: number) => x <= 0 };

  it.each(['GT', 'LT', 'GE', 'LE'] as const)('%s, on both sides and for both branches', async (direction) => {
    for (const zeroLeft of [false, true]) {
      for (const zeroWhere of [false, true]) {
        const found = await apply((b, x) => {
          const zero = b.zerosLike(x);
          const predicate = zeroLeft ? b.compare(direction, zero, x) : b.compare(direction, x, zero);
          const kept = b.constant(5, x.type.shape);
          return zeroWhere ? b.select(predicate, zero, kept) : b.select(predicate, kept, zero);
        }, values);
        const expected = values.map((x) => (holds[direction](zeroLeft ? -x : x) === zeroWhere ? 0 : 5));
        expect(found.map((value) => value + 0)).toEqual(expected);
      }
    }
  });
});

test('exponential_minus_one and log_plus_one at their ends', async () => {
  const infinite = Number.POSITIVE_INFINITY;
  expect(await apply((b, x) => b.unary('exponential_minus_one', x), [0, -infinite, infinite, 1e-10, 200])).toEqual([
    0,
    -1,
    infinite,
    Math.fround(1e-10),
    infinite,
  ]);
  const logs = await apply((b, x) => b.unary('log_plus_one', x), [0, -1, infinite, 1e-10, -2]);
  expect(logs).toEqual([0, -infinite, infinite, Math.fround(1e-10), Number.NaN]);
});

test('a pool over NaN gives a number of the window or NaN, not an error', async () => {
  const found = await apply(
    (b, x) => {
      const choice = b.emit('window_argmax', [x], { window: [2], strides: [2] });
      const pooled = b.emit('window_take', [x, choice], { window: [2], strides: [2] });
      return b.emit('window_put', [pooled, choice], { window: [2], strides: [2], shape: x.type.shape });
    },
    [Number.NaN, Number.NaN, 1, 2, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  expect(found.slice(0, 2).some(Number.isNaN)).toBe(true);
  expect(found.slice(2)).toEqual([0, 2, Number.NEGATIVE_INFINITY, 0]);
});
