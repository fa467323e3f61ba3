/** @file Roots of equations: first and second derivatives against formulas, for one task and for several, by every solver. */
import { describe, expect, test } from 'vitest';
import { batch } from '../../src/compiler/batch/batch.ts';
import { differentiate } from '../../src/compiler/differentiate/differentiate.ts';
import { withExactRoots } from '../../src/compiler/differentiate/root-forms.ts';
import { vjpRules } from '../../src/compiler/differentiate/vjp-rules.ts';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import type { LinearSolver } from '../../src/compiler/ir/primitives.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { cleanup, optimize } from '../../src/compiler/optimize/pipeline.ts';
import { freezeStops } from '../../src/gradcheck/freeze-stops.ts';
import { gradientOf, scalar, weigh } from './gradients.ts';

const vector = tensorType('float', [2]);

/** F(x, p) = A x + x^3 - p for A = [[2, 1], [1, 3]], elementwise cubes: the gradient of a convex function. */
function equations(): Func {
  const b = new FunctionBuilder();
  const [x, p] = [b.parameter('x', vector), b.parameter('p', vector)];
  const matrix = b.emit('constant', [], { dtype: 'float', shape: [2, 2], values: [2, 1, 1, 3] });
  const linear = b.emit('dot_general', [matrix, x], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });
  const cubes = b.binary('multiply', x, b.binary('multiply', x, x));
  return b.finish([{ name: 'residual', value: b.binary('subtract', b.binary('add', linear, cubes), p) }]);
}

/** (start, p, weights) -> sum(weights * root). */
function weighedRoot(solver: LinearSolver): Func {
  const b = new FunctionBuilder();
  const [start, p, weights] = [b.parameter('start', vector), b.parameter('p', vector), b.parameter('weights', vector)];
  const [root] = b.apply('implicit_root', [start, p], { body: equations(), unknowns: 1, solver }) as [Value];
  return b.finish([{ name: 'loss', value: weigh(b, root, weights) }]);
}

const solvers: readonly (readonly [string, LinearSolver])[] = [
  ['conjugate gradients', { method: 'conjugate_gradient', steps: 2 }],
  ['conjugate gradients that go on after the solution is found', { method: 'conjugate_gradient', steps: 9 }],
  ['a Neumann series', { method: 'neumann', steps: 500, rate: 0.1 }],
];

const x = [0.6, -0.3] as const;
const weights = [0.7, -1.3] as const;
/** A + diag(3 x^2) at `x`, and its inverse. */
const jacobian = [
  [2 + 3 * x[0] ** 2, 1],
  [1, 3 + 3 * x[1] ** 2],
] as const;
const determinant = jacobian[0][0] * jacobian[1][1] - 1;
const inverse = [
  [jacobian[1][1] / determinant, -1 / determinant],
  [-1 / determinant, jacobian[0][0] / determinant],
] as const;
const right = [2 * x[0] + x[1] + x[0] ** 3, x[0] + 3 * x[1] + x[1] ** 3];
const args = [x, right, weights].map((values) => hostArray('float', [2], [...values]));

/** J^-1 weights. */
const expected = inverse.map((row) => row[0] * weights[0] + row[1] * weights[1]);

function numbers(f: Func, operands = args): readonly (readonly number[])[] {
  return evaluateFunction(f, operands).map(({ data }) => [...data].map(Number));
}

describe.each(solvers)('%s', (_, solver) => {
  const f = weighedRoot(solver);

  test('the root is what it was, and its derivative that of the equations; nothing passes to what made it', () => {
    const g = differentiate(gradientOf(f, [0, 1]));
    verifyFunction(g, { structural: false });
    const [loss, start, p] = numbers(g);
    expect(loss?.[0]).toBeCloseTo(x[0] * weights[0] + x[1] * weights[1], 14);
    expect(start).toEqual([0, 0]);
    p?.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] as number, 9);
    });
  });

  test('the second derivative is that of the implicit function', () => {
    // d/dp of (J^-1 weights)_k: -sum_i (J^-1)_ki 6 x_i (dx_i/dp) (J^-1 weights)_i.
    const second = (k: number): number[] =>
      [0, 1].map(
        (p) => -[0, 1].reduce((sum, i) => sum + (inverse[k]?.[i] ?? 0) * 6 * (x[i] ?? 0) * (inverse[i]?.[p] ?? 0) * (expected[i] ?? 0), 0),
      );
    const b = new FunctionBuilder();
    const parameters = f.parameters.map(({ name, value }) => b.parameter(name, value.type));
    const [, gradient] = b.apply('gradient', parameters, { body: f, wrt: [1] }) as [Value, Value];
    const first = b.emit('slice', [gradient], { start: [0], limit: [1], strides: [1] });
    const h = b.finish([{ name: 'loss', value: b.reshape(first, []) }]);
    const [, found] = numbers(differentiate(gradientOf(h, [1])));
    found?.forEach((value, index) => {
      expect(value).toBeCloseTo(second(0)[index] as number, 7);
    });
  });

  test('passes change neither the root nor its derivative', () => {
    const [, plain] = numbers(differentiate(gradientOf(f, [1])));
    const cleaned = differentiate(cleanup(gradientOf(f, [1])), cleanup);
    const [, found] = numbers(optimize(cleaned, { verify: true }));
    found?.forEach((value, index) => {
      expect(value).toBeCloseTo(plain?.[index] as number, 12);
    });
  });

  test('several tasks at once are as one after the other', () => {
    const body = gradientOf(f, [1]);
    const b = new FunctionBuilder();
    const tasks = tensorType('float', [3, 2]);
    const operands = [b.parameter('start', tasks), b.parameter('p', vector), b.parameter('weights', tasks)];
    const results = b.apply('map_tasks', operands, { body, mapped: [true, false, true], tasks: 3 });
    const all = batch(differentiate(b.finish(results.map((value, index) => ({ name: `r${index}`, value })))));
    const starts = [0.6, -0.3, 0.1, 0.2, -0.5, 0.4];
    const weighings = [0.7, -1.3, 1, 0, -0.2, 0.3];
    const found = numbers(all, [hostArray('float', [3, 2], starts), args[1] as HostArray, hostArray('float', [3, 2], weighings)]);
    const single = differentiate(body);
    for (const task of [0, 1, 2]) {
      const part = (values: readonly number[]) => hostArray('float', [2], values.slice(2 * task, 2 * task + 2));
      const [loss, gradient] = numbers(single, [part(starts), args[1] as HostArray, part(weighings)]);
      expect(found[0]?.[task]).toBeCloseTo(loss?.[0] as number, 12);
      gradient?.forEach((value, index) => {
        expect(found[1]?.[2 * task + index]).toBeCloseTo(value, 10);
      });
    }
  });

  test('as a path it moves with p as its derivative says, from the same value on', () => {
    const path = differentiate(withExactRoots(f), undefined, vjpRules, 'path');
    const { stops, frozen } = freezeStops(path, 'loss');
    const stopped = evaluateFunction(stops, args);
    const at = (by: number): number => {
      const moved = hostArray('float', [2], [(right[0] as number) + by, right[1] as number]);
      return numbers(frozen, [args[0] as HostArray, moved, args[2] as HostArray, ...stopped])[0]?.[0] as number;
    };
    expect(at(0)).toBe(numbers(f)[0]?.[0]);
    expect((at(1e-4) - at(-1e-4)) / 2e-4).toBeCloseTo(expected[0] as number, 8);
  });
});

test('equations that curve down are left where conjugate gradients meet them', () => {
  const b = new FunctionBuilder();
  const [start, p] = [b.parameter('start', scalar), b.parameter('p', scalar)];
  const inner = new FunctionBuilder();
  const [own, given] = [inner.parameter('x', scalar), inner.parameter('p', scalar)];
  const body = inner.finish([{ name: 'residual', value: inner.binary('subtract', inner.unary('negate', own), given) }]);
  const solver: LinearSolver = { method: 'conjugate_gradient', steps: 3 };
  const [root] = b.apply('implicit_root', [start, p], { body, unknowns: 1, solver }) as [Value];
  const g = differentiate(gradientOf(b.finish([{ name: 'loss', value: root }]), [1]));
  expect(numbers(g, [hostArray('float', [], [1]), hostArray('float', [], [2])])[1]?.[0]).toBeCloseTo(0, 15);
});
