/** @file What batching leaves alone: everything that does not depend on the task. */
import { expect, test } from 'vitest';
import { batch } from '../../src/compiler/batch/batch.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { countPrimitives } from '../../src/compiler/optimize/pipeline.ts';
import { expectSame } from '../optimize/support.ts';
import { floats } from '../primitives/draw.ts';

const dense = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] } as const;

/** Parameters x [tasks, 5, 4], mapped, and w [4, 3], shared; `build` makes the body's results. */
function mapped(tasks: number, build: (body: FunctionBuilder, x: Value, w: Value) => readonly Value[]): Func {
  const b = new FunctionBuilder();
  const outer = [b.parameter('x', tensorType('float', [tasks, 5, 4])), b.parameter('w', tensorType('float', [4, 3]))];
  const body = new FunctionBuilder();
  const inner = [body.parameter('x', tensorType('float', [5, 4])), body.parameter('w', tensorType('float', [4, 3]))] as const;
  const results = build(body, ...inner).map((value, index) => ({ name: `r${index}`, value }));
  const values = b.apply('map_tasks', outer, { body: body.finish(results), mapped: [true, false], tasks });
  return b.finish(values.map((value, index) => ({ name: `r${index}`, value })));
}

function argumentsOf(f: Func) {
  return f.parameters.map(({ value }, index) => floats(value.type.shape, index));
}

test('shared weights meet all tasks in one product without a batch dimension', () => {
  const f = mapped(6, (b, x, w) => [b.emit('dot_general', [x, b.unary('tanh', w)], dense)]);
  const g = batch(f);
  const [, product] = g.nodes;
  expect(g.nodes.map(({ op }) => op)).toEqual(['tanh', 'dot_general']);
  expect(product?.attributes).toEqual({ lhsBatch: [], rhsBatch: [], lhsContract: [2], rhsContract: [0] });
  expect(g.nodes[0]?.results[0]?.type.shape).toEqual([4, 3]);
  expectSame(f, g, argumentsOf(f));
});

test('weights that depend on the task cost a batch dimension', () => {
  const f = mapped(6, (b, x, w) => {
    const adapted = b.binary('subtract', w, b.emit('dot_general', [x, b.constant(1, [5, 3])], { ...dense, lhsContract: [0] }));
    return [b.emit('dot_general', [x, adapted], dense)];
  });
  const g = batch(f);
  expect(
    g.nodes.filter(({ op }) => op === 'dot_general').map(({ attributes }) => ('lhsBatch' in attributes ? attributes.lhsBatch.length : 0)),
  ).toEqual([0, 1]);
  expectSame(f, g, argumentsOf(f));
});

test('a result that is the same for all tasks is computed once and repeated', () => {
  const f = mapped(3, (b, _, w) => [b.unary('tanh', w), w]);
  const g = batch(f);
  expect(countPrimitives(g)).toEqual({ tanh: 1, broadcast_in_dim: 2 });
  expectSame(f, g, argumentsOf(f));
});

test('one task has no task dimension inside', () => {
  const f = mapped(1, (b, x, w) => [b.emit('dot_general', [x, w], dense)]);
  const g = batch(f);
  expect(g.nodes.map(({ op }) => op)).toEqual(['reshape', 'dot_general', 'reshape']);
  expect(g.nodes[1]?.attributes).toEqual(dense);
  expectSame(f, g, argumentsOf(f));
});

test('the innermost map is expanded first', () => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', tensorType('float', [2, 3, 4]));
  const w = b.parameter('w', tensorType('float', [3]));
  const outer = new FunctionBuilder();
  const [rows, weights] = [outer.parameter('rows', tensorType('float', [3, 4])), outer.parameter('weights', tensorType('float', [3]))];
  const inner = new FunctionBuilder();
  const [row, weight] = [inner.parameter('row', tensorType('float', [4])), inner.parameter('weight', tensorType('float', []))];
  const scaled = inner.binary('multiply', row, inner.broadcast(weight, [4], []));
  const innerBody = inner.finish([{ name: 'r', value: scaled }]);
  const [made] = outer.apply('map_tasks', [rows, weights], { body: innerBody, mapped: [true, true], tasks: 3 });
  const outerBody = outer.finish([{ name: 'r', value: made as Value }]);
  const [result] = b.apply('map_tasks', [x, w], { body: outerBody, mapped: [true, false], tasks: 2 });
  const f = b.finish([{ name: 'r', value: result as Value }]);
  const g = batch(f);
  expect(countPrimitives(g).map_tasks).toBeUndefined();
  expectSame(f, g, argumentsOf(f));
});

test('an operand that is passed twice, mapped and shared', () => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', tensorType('float', [3, 4]));
  const body = new FunctionBuilder();
  const [row, all] = [body.parameter('row', tensorType('float', [4])), body.parameter('all', tensorType('float', [3, 4]))];
  const sum = body.binary('add', row, body.sum(all, [0]));
  const closed = body.finish([{ name: 'r', value: sum }]);
  const [result] = b.apply('map_tasks', [x, x], { body: closed, mapped: [true, false], tasks: 3 });
  const f = b.finish([{ name: 'r', value: result as Value }]);
  expectSame(f, batch(f), argumentsOf(f));
});

test('a function without map_tasks is returned as it is', () => {
  const b = new FunctionBuilder();
  const f = b.finish([{ name: 'y', value: b.unary('tanh', b.parameter('x', tensorType('float', [2]))) }]);
  expect(batch(f)).toBe(f);
});
