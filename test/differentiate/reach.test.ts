/** @file What `reach` says of small bilevel functions. */
import { expect, test } from 'vitest';
import { reach } from '../../src/compiler/differentiate/reach.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { scalar } from './gradients.ts';

/** (w, x) -> loss, as a function. */
function lossOf(make: (builder: FunctionBuilder, w: Value, x: Value) => Value): Func {
  const builder = new FunctionBuilder();
  const [w, x] = [builder.parameter('w', scalar), builder.parameter('x', scalar)];
  return builder.finish([{ name: 'loss', value: make(builder, w, x) }]);
}

const quadratic = lossOf((b, w, x) => {
  const error = b.binary('subtract', w, x);
  return b.binary('multiply', error, error);
});
const linear = lossOf((b, w, x) => b.binary('multiply', w, x));

/** Takes `steps` gradient steps on `body` from w with `rate` on x, then the loss on y. */
function adapted(body: Func, steps: number, stop: boolean): Func {
  const b = new FunctionBuilder();
  const [w, x, rate, y] = ['w', 'x', 'rate', 'y'].map((name) => b.parameter(name, scalar)) as [Value, Value, Value, Value];
  let fast = w;
  for (let step = 0; step < steps; step++) {
    const [, raw] = b.apply('gradient', [fast, x], { body, wrt: [0] }) as [Value, Value];
    fast = b.binary('subtract', fast, b.binary('multiply', rate, stop ? b.unary('stop_gradient', raw) : raw));
  }
  const [value] = b.inline(quadratic, [fast, y]);
  return b.finish([{ name: 'loss', value: value ?? w }]);
}

function summary(f: Func): Record<string, readonly number[] | string> {
  return Object.fromEntries(reach(f).map(({ name, orders, reason }) => [name, reason === '' ? orders : reason]));
}

test('second order: directly, and through the inner gradient; more steps do not raise the order', () => {
  const expected = { w: [1, 2], x: [2], rate: [1], y: [1] };
  expect(summary(adapted(quadratic, 1, false))).toEqual(expected);
  expect(summary(adapted(quadratic, 3, false))).toEqual({ ...expected, rate: [1, 2] });
});

test('first order: the stop is the reason', () => {
  expect(summary(adapted(quadratic, 2, true))).toEqual({
    w: [1],
    x: 'stop_gradient: the gradient is stopped on purpose',
    rate: [1],
    y: [1],
  });
});

test('the gradient of a linear loss does not depend on its weight', () => {
  expect(summary(adapted(linear, 1, false)).w).toEqual([1]);
  const b = new FunctionBuilder();
  const [w, x] = [b.parameter('w', scalar), b.parameter('x', scalar)];
  const [, value] = b.apply('gradient', [w, x], { body: linear, wrt: [0] }) as [Value, Value];
  expect(summary(b.finish([{ name: 'loss', value }]))).toEqual({ w: 'an inner gradient does not change with it', x: [2] });
});

test('reasons: unused, not part of the loss, a step function, inside map_tasks; integers are left out', () => {
  const body = new FunctionBuilder();
  const [own, shared] = [body.parameter('own', scalar), body.parameter('shared', scalar)];
  const product = body.binary('multiply', body.unary('floor', own), shared);
  const region = body.finish([{ name: 'product', value: product }]);

  const b = new FunctionBuilder();
  const names = ['unused', 'aside', 'shared'] as const;
  const [, aside, common] = names.map((name) => b.parameter(name, scalar)) as [Value, Value, Value];
  const rows = b.parameter('rows', tensorType('float', [2]));
  b.parameter('labels', tensorType('int', [2]));
  const [products] = b.apply('map_tasks', [rows, common], { body: region, mapped: [true, false], tasks: 2 }) as [Value];
  const f = b.finish([
    { name: 'loss', value: b.sum(products, [0]) },
    { name: 'other', value: b.unary('negate', aside) },
  ]);
  expect(summary(f)).toEqual({
    unused: 'nothing uses it',
    aside: 'the loss does not depend on it',
    shared: [1],
    rows: 'floor: its derivative is zero almost everywhere',
  });
  expect(reach(f, [2])).toEqual([{ name: 'shared', index: 2, orders: [1], order: 1, reason: '' }]);
});
