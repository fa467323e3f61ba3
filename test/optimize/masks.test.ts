/** @file Joined masks keep the meaning, infinities included. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import { masks } from '../../src/compiler/optimize/masks.ts';

const shape = [8];
const infinite = Number.POSITIVE_INFINITY;

/** All four ways to write a masked tensor of a masked tensor. */
test.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])('zero first inside: %s, outside: %s', (inside, outside) => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', { dtype: 'float', shape });
  const p = b.parameter('p', { dtype: 'bool', shape });
  const q = b.parameter('q', { dtype: 'bool', shape });
  const zero = b.constant(0, shape);
  const inner = inside ? b.select(q, zero, x) : b.select(q, x, zero);
  const f = b.finish([{ name: 'y', value: outside ? b.select(p, zero, inner) : b.select(p, inner, zero) }]);
  const changed = masks.run(f);
  expect(changed.nodes.filter((node) => node.op === 'select')).toHaveLength(1);
  const operands = [
    hostArray('float', shape, [1, 2, 3, infinite, -infinite, Number.NaN, infinite, 8]),
    hostArray('bool', shape, [0, 0, 1, 1, 0, 0, 1, 1]),
    hostArray('bool', shape, [0, 1, 0, 1, 0, 1, 0, 1]),
  ];
  expect(evaluateFunction(changed, operands)[0]?.data).toEqual(evaluateFunction(f, operands)[0]?.data);
});

test('a masked tensor that others read stays', () => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', { dtype: 'float', shape });
  const p = b.parameter('p', { dtype: 'bool', shape });
  const zero = b.constant(0, shape);
  const inner = b.select(p, x, zero);
  const f = b.finish([
    { name: 'y', value: b.select(b.unary('not', p), inner, zero) },
    { name: 'z', value: b.unary('sine', inner) },
    { name: 'w', value: inner },
  ]);
  expect(masks.run(f)).toBe(f);
});
