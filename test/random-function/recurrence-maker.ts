/** @file Recurrences over the leading axis of what exists: with sums, work that needs no state, and work that the state does not need. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import type { Choices } from './choices.ts';
import type { Maker } from './makers.ts';

/** One of several ways to make a value of two. */
function mixed(c: Choices, b: FunctionBuilder, left: Value, right: Value): Value {
  const kind = c.number(4);
  if (kind === 0) return b.binary('add', left, b.unary('sine', right));
  if (kind === 1) return b.unary('tanh', b.binary('multiply', left, right));
  return kind === 2 ? b.unary('logistic', b.binary('subtract', left, right)) : b.binary('multiply', b.unary('cosine', left), right);
}

export const recurrence: Maker = (c) => {
  const over = c.value('float', (shape) => shape.length > 0 && (shape[0] as number) > 0);
  if (over === undefined) return undefined;
  const [length, ...shape] = over.type.shape as [number, ...number[]];
  const whole = c.value('float', (size) => size.join() === shape.join()) ?? c.builder.constant(0.5, shape);
  const start = c.coin() ? c.builder.constant(0.25, shape) : whole;
  const b = new FunctionBuilder();
  const [h, sum, x, w] = ['h', 'sum', 'x', 'w'].map((name) => b.parameter(name, tensorType('float', shape))) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const item = mixed(c, b, x, w);
  const same = mixed(c, b, w, w);
  const next = b.unary('tanh', c.coin() ? mixed(c, b, h, item) : b.binary('add', h, c.coin() ? x : same));
  const term = c.coin() ? mixed(c, b, next, x) : mixed(c, b, item, same);
  const added = c.coin() ? b.binary('add', sum, term) : b.binary('add', b.binary('add', item, sum), term);
  const output = [mixed(c, b, next, w), item, same, h, x][c.number(5)] as Value;
  const results = [next, c.number(4) === 0 ? sum : added, output].map((value, index) => ({ name: `result${index}`, value }));
  const found = c.builder.apply('scan', [start, c.builder.constant(0, shape), over, whole], {
    body: b.finish(results),
    length,
    carries: 2,
    sequences: 1,
    reverse: c.coin(),
  });
  return found[c.number(3)];
};
