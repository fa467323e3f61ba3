/** @file Expansion of gradient nodes: what the results are, where they come from, and how little is built. */
import { describe, expect, test } from 'vitest';
import { cleanUp } from '../../src/compiler/differentiate/cleanup.ts';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { floats } from '../primitives/draw.ts';
import { finiteDifferences, relativeDistance } from './finite-differences.ts';
import { directional, gradientOf, scalar, weigh } from './gradients.ts';

const vector = tensorType('float', [3]);

function numbers(array: HostArray | undefined): number[] {
  return Array.from(array?.data ?? [], (value) => value + 0);
}

/** (w, x, unused) -> loss = sum(w * x), other = w. */
function linear(): Func {
  const b = new FunctionBuilder();
  const [w, x] = [b.parameter('w', vector), b.parameter('x', vector)];
  b.parameter('unused', tensorType('float', [2, 0]));
  return b.finish([
    { name: 'loss', value: weigh(b, w, x) },
    { name: 'other', value: w },
  ]);
}

describe('results of a gradient node', () => {
  test('those of the body, then gradients in the order asked for, zeros where nothing depends', () => {
    const b = new FunctionBuilder();
    const f = linear();
    const args = f.parameters.map(({ name, value }) => b.parameter(name, value.type));
    const results = b.apply('gradient', args, { body: f, wrt: [2, 1, 0] });
    const whole = differentiate(b.finish(results.map((value, index) => ({ name: `r${index}`, value }))));
    verifyFunction(whole, { structural: false });
    const values = evaluateFunction(whole, [
      hostArray('float', [3], [1, 2, 3]),
      hostArray('float', [3], [4, 5, 6]),
      hostArray('float', [2, 0], []),
    ]);
    expect(values.map(numbers)).toEqual([[32], [1, 2, 3], [], [1, 2, 3], [4, 5, 6]]);
  });

  test('an argument that is given twice gets each gradient by itself', () => {
    const b = new FunctionBuilder();
    const body = new FunctionBuilder();
    const [p, q] = [body.parameter('p', scalar), body.parameter('q', scalar)];
    const square = body.binary('multiply', p, body.binary('multiply', q, q));
    const x = b.parameter('x', scalar);
    const results = b.apply('gradient', [x, x], { body: body.finish([{ name: 'loss', value: square }]), wrt: [0, 1] });
    const f = differentiate(b.finish(results.map((value, index) => ({ name: `r${index}`, value }))));
    expect(evaluateFunction(f, [hostArray('float', [], [3])]).map(numbers)).toEqual([[27], [9], [18]]);
  });

  test('the loss may be a parameter, or a constant', () => {
    const identity = new FunctionBuilder();
    const own = identity.parameter('w', scalar);
    expect(
      numbers(
        evaluateFunction(differentiate(gradientOf(identity.finish([{ name: 'l', value: own }]), [0])), [hostArray('float', [], [5])])[1],
      ),
    ).toEqual([1]);
    const fixed = new FunctionBuilder();
    fixed.parameter('w', vector);
    const f = differentiate(gradientOf(fixed.finish([{ name: 'l', value: fixed.constant(2) }]), [0]));
    expect(evaluateFunction(f, [hostArray('float', [3], [1, 2, 3])]).map(numbers)).toEqual([[2], [0, 0, 0]]);
  });
});

test('third derivatives: d3 x^4 = 24 x', () => {
  const b = new FunctionBuilder();
  const x = b.parameter('x', scalar);
  let f = b.finish([{ name: 'y', value: b.scale('power', x, 4) }]);
  for (let order = 0; order < 3; order++) {
    const outer = gradientOf(f, [0]);
    f = { ...outer, results: outer.results.slice(1) };
  }
  expect(numbers(evaluateFunction(differentiate(f), [hostArray('float', [], [1.5])])[0])).toEqual([36]);
});

test('map_tasks: shared operands get the sum over tasks, mapped ones their own; several results; nested gradients', () => {
  const task = new FunctionBuilder();
  const [w, x] = [task.parameter('w', vector), task.parameter('x', vector)];
  const inner = new FunctionBuilder();
  const [iw, ix] = [inner.parameter('w', vector), inner.parameter('x', vector)];
  const innerLoss = weigh(inner, inner.unary('tanh', inner.binary('multiply', iw, ix)), ix);
  const [, slope] = task.apply('gradient', [w, x], { body: inner.finish([{ name: 'l', value: innerLoss }]), wrt: [0] }) as [Value, Value];
  const fast = task.binary('subtract', w, task.scale('multiply', slope, 0.1));
  const region = task.finish([
    { name: 'a', value: task.unary('sine', weigh(task, fast, x)) },
    { name: 'b', value: task.binary('multiply', fast, x) },
    { name: 'index', value: task.emit('arg_max', [x], { dimension: 0 }) },
  ]);

  const b = new FunctionBuilder();
  const [shared, rows] = [b.parameter('shared', vector), b.parameter('rows', tensorType('float', [2, 3]))];
  const [first, second] = b.apply('map_tasks', [shared, rows], { body: region, mapped: [false, true], tasks: 2 }) as [Value, Value, Value];
  const f = b.finish([{ name: 'loss', value: b.binary('add', weigh(b, first, first), weigh(b, second, second)) }]);
  const args = [floats([3], 1), floats([2, 3], 2)];
  const plain = differentiate(f);
  const expanded = differentiate(gradientOf(f, [0, 1]));
  verifyFunction(expanded);
  const [, ...gradients] = evaluateFunction(expanded, args);
  for (const index of [0, 1]) {
    const expected = finiteDifferences(plain, args, index);
    expect(relativeDistance(gradients[index]?.data ?? [], expected)).toBeLessThan(1e-7);
  }
  // Twice: reverse mode goes through what reverse mode made.
  const slopes = directional(f, [0, 1]);
  const directed = [...args, floats([3], 3), floats([2, 3], 4)];
  const twice = differentiate(gradientOf(slopes, [0, 1]));
  verifyFunction(twice);
  const [, ...seconds] = evaluateFunction(twice, directed);
  for (const index of [0, 1]) {
    const expected = finiteDifferences(differentiate(slopes), directed, index);
    expect(relativeDistance(seconds[index]?.data ?? [], expected)).toBeLessThan(1e-7);
  }
});

describe('how little is built', () => {
  test('the gradient of a linear function is what it is multiplied by: no node at all', () => {
    const outer = gradientOf(linear(), [0]);
    const f = differentiate({ ...outer, results: outer.results.slice(1) });
    expect(f.nodes).toEqual([]);
    expect(f.results[0]?.value).toBe(f.parameters[1]?.value);
  });

  test('only what lies between a weight and the loss: data gets no gradient', () => {
    const b = new FunctionBuilder();
    const [x, w] = [b.parameter('x', tensorType('float', [5, 3])), b.parameter('w', tensorType('float', [3, 2]))];
    const y = b.emit('dot_general', [b.unary('tanh', x), w], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });
    const f = b.finish([{ name: 'loss', value: b.sum(b.binary('multiply', y, y), [0, 1]) }]);
    const outer = gradientOf(f, [1]);
    expect(printFunction(differentiate({ ...outer, results: outer.results.slice(1) }))).toMatchInlineSnapshot(`
      "function (
        x = %0: float[5, 3]
        w = %1: float[3, 2]
      ) {
        %2: float[5, 3] = tanh %0
        %3: float[5, 2] = dot_general %2, %1 {lhsBatch=[], rhsBatch=[], lhsContract=[1], rhsContract=[0]}
        %4: float[5, 2] = add %3, %3
        %5: float[3, 2] = dot_general %2, %4 {lhsBatch=[], rhsBatch=[], lhsContract=[0], rhsContract=[0]}
        return gradient1 = %5
      }
      "
    `);
  });
});

test('nodes of a gradient say which line they come from', () => {
  const body = new FunctionBuilder();
  const w = body.parameter('w', scalar);
  body.source = { start: 7, end: 9 };
  const loss = body.unary('sine', w);
  const outer = gradientOf(body.finish([{ name: 'loss', value: loss }]), [0]);
  const f = differentiate(outer);
  expect(f.nodes.map(({ op, source }) => [op, source?.start])).toContainEqual(['cosine', 7]);
});

test('clean-up runs on every expanded region', () => {
  const seen: number[] = [];
  const f = gradientOf(gradientOf(linear(), [0]), [1]);
  differentiate(f, (region) => {
    seen.push(region.nodes.length);
    return cleanUp(region);
  });
  expect(seen).toHaveLength(3);
});

test('clean-up keeps -0 apart from 0 and infinities from each other', () => {
  const b = new FunctionBuilder();
  const values = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0];
  const f = cleanUp(b.finish(values.map((value, index) => ({ name: `r${index}`, value: b.constant(value) }))));
  expect(f.nodes).toHaveLength(5);
});
