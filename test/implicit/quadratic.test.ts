/** @file Implicit gradients of quadratic problems, against formulas and an elimination of the test's own. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Numbers, programOf, stepFrom } from './step.ts';

interface Spec {
  readonly solver: string;
  readonly steps?: number;
  readonly strength?: string;
}

const strength = 0.7;

/** Least squares with three unknowns: what the inner loop minimises is a quadratic in `fast`. */
function spec({ solver, steps = 20, strength: written = String(strength) }: Spec): string {
  return `tasks planes {
  slope ~ normal(0, 1, shape: [3])
  example { x ~ normal(0, 1, shape: [3])   y = sum(slope * x) }
  shots 5   queries 4
}
model net(x) { return x @ weight([3, 1], initial: normal(0, 1)) }
strength = ${written}
adapt fast from net {
  minimize mse(fast(support.x), support.y) + strength*half_squared_distance(fast, net)
  using    sgd(rate: 0.1)
  steps    ${steps}
  through  implicit(solver: ${solver})
}
train { minimize mse(fast(query.x), query.y)   using sgd(rate: 1)   batch 1   steps 10 }
`;
}

interface Problem {
  readonly slope: Numbers;
  /** Row-major, [5, 3] and [4, 3]. */
  readonly support: Numbers;
  readonly query: Numbers;
  readonly start: Numbers;
}

const given = ({ slope, support, query, start }: Problem) =>
  new Map([
    ['planes.slope', slope],
    ['planes.support.x', support],
    ['planes.query.x', query],
    ['net.weight', start],
  ]);

const dot = (a: Numbers, b: Numbers): number => a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
const rows = (flat: Numbers): Numbers[] => Array.from({ length: flat.length / 3 }, (_, row) => flat.slice(3 * row, 3 * row + 3));

/** Gradient of mean((x·w - x·slope)^2). */
function slopeOfLoss(x: Numbers, slope: Numbers, w: Numbers): Numbers {
  const errors = rows(x).map((row) => dot(row, w) - dot(row, slope));
  return [0, 1, 2].map(
    (axis) =>
      (2 / errors.length) *
      dot(
        errors,
        rows(x).map((row) => row[axis] as number),
      ),
  );
}

/** Second derivatives of the inner objective. */
function curvature(x: Numbers): number[][] {
  return [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => {
      const products = rows(x).map((row) => (row[i] as number) * (row[j] as number));
      return (2 / products.length) * products.reduce((a, b) => a + b) + (i === j ? strength : 0);
    }),
  );
}

/** Gaussian elimination; the matrix is positive definite. */
function solve(matrix: readonly Numbers[], right: Numbers): Numbers {
  const work = matrix.map((row, index) => [...row, right[index] as number]);
  for (let pivot = 0; pivot < 3; pivot++) {
    const own = work[pivot] as number[];
    for (const [index, row] of work.entries()) {
      const factor = (row[pivot] as number) / (own[pivot] as number);
      if (index !== pivot) work[index] = row.map((value, column) => value - factor * (own[column] as number));
    }
  }
  return work.map((row, index) => (row[3] as number) / (row[index] as number));
}

/** What the inner loop of the spec does, by the test's own formulas. */
function descend({ slope, support, start }: Problem, steps: number): Numbers {
  let w = start;
  for (let step = 0; step < steps; step++) {
    const gradient = slopeOfLoss(support, slope, w);
    w = w.map((value, axis) => value - 0.1 * ((gradient[axis] as number) + strength * (value - (start[axis] as number))));
  }
  return w;
}

/** dL/dstart = strength * A^-1 dL/dw at the end of the inner loop. */
function exact(problem: Problem, steps: number): Numbers {
  const { slope, support, query } = problem;
  return solve(curvature(support), slopeOfLoss(query, slope, descend(problem, steps))).map((value) => strength * value);
}

const numbers = (count: number) => fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: count, maxLength: count });
const problems: fc.Arbitrary<Problem> = fc.record({ slope: numbers(3), support: numbers(15), query: numbers(12), start: numbers(3) });

describe('the implicit gradient of a quadratic', () => {
  test.each([
    ['conjugate gradients', 'conjugate_gradient(steps: 3)'],
    ['more steps of conjugate gradients than there are unknowns', 'conjugate_gradient(steps: 40)'],
    ['a Neumann series', 'neumann(steps: 400, rate: 0.1)'],
  ])('is exact within 1e-6 by %s', async (_, solver) => {
    const program = programOf(spec({ solver }));
    await fc.assert(
      fc.asyncProperty(problems, async (problem) => {
        const { gradient } = await stepFrom(program, given(problem));
        const expected = exact(problem, 20);
        gradient.get('net.weight')?.forEach((value, index) => {
          expect(Math.abs(value - (expected[index] as number))).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  const one: Problem = {
    slope: [0.5, -1, 2],
    support: Array.from({ length: 15 }, (_, index) => Math.sin(index * 1.7)),
    query: Array.from({ length: 12 }, (_, index) => Math.cos(index * 2.3)),
    start: [0.3, 0.1, -0.4],
  };

  test('few steps of a solver come close, and each step comes closer', async () => {
    const expected = exact(one, 20);
    const errorOf = async (solver: string): Promise<number> => {
      const { gradient } = await stepFrom(programOf(spec({ solver })), given(one));
      return Math.hypot(...(gradient.get('net.weight') ?? []).map((value, index) => value - (expected[index] as number)));
    };
    for (const solver of ['conjugate_gradient(steps: N)', 'neumann(steps: N, rate: 0.2)']) {
      const errors: number[] = [];
      for (const steps of [1, 2, 3]) errors.push(await errorOf(solver.replace('N', String(steps))));
      expect(errors[0]).toBeGreaterThan(1e-3);
      expect(errors[1]).toBeLessThan(errors[0] as number);
      expect(errors[2]).toBeLessThan(errors[1] as number);
    }
  });

  test('is the derivative of the loss itself where the inner loop has converged', async () => {
    const program = programOf(spec({ solver: 'conjugate_gradient(steps: 5)', steps: 400 }));
    const { gradient } = await stepFrom(program, given(one));
    const lossAt = async (start: Numbers): Promise<number> => (await stepFrom(program, given({ ...one, start }))).loss;
    for (const axis of [0, 1, 2]) {
      const moved = (by: number): Numbers => one.start.map((value, index) => (index === axis ? value + by : value));
      const quotient = ((await lossAt(moved(1e-4))) - (await lossAt(moved(-1e-4)))) / 2e-4;
      expect(gradient.get('net.weight')?.[axis]).toBeCloseTo(quotient, 7);
    }
  });

  test('does not depend on how the inner loop got where it is', async () => {
    const slow = await stepFrom(programOf(spec({ solver: 'conjugate_gradient(steps: 5)', steps: 400 })), given(one));
    const text = spec({ solver: 'conjugate_gradient(steps: 5)', steps: 400 }).replace('sgd(rate: 0.1)', 'sgd(rate: 0.05, momentum: 0.8)');
    const fast = await stepFrom(programOf(text), given(one));
    slow.gradient.get('net.weight')?.forEach((value, index) => {
      expect(fast.gradient.get('net.weight')?.[index]).toBeCloseTo(value, 9);
    });
  });

  test('reaches whatever stands in the inner objective: a learned strength', async () => {
    const program = programOf(spec({ solver: 'conjugate_gradient(steps: 3)', steps: 400, strength: `learned(${strength})` }));
    const { gradient } = await stepFrom(program, new Map([...given(one), ['strength', [strength]]]));
    // d fast/d strength = -A^-1 (fast - start).
    const end = descend(one, 400);
    const away = end.map((value, index) => value - (one.start[index] as number));
    const expected = -dot(slopeOfLoss(one.query, one.slope, end), solve(curvature(one.support), away));
    expect(Math.abs(expected)).toBeGreaterThan(1e-3);
    expect(gradient.get('strength')?.[0]).toBeCloseTo(expected, 9);
  });
});
