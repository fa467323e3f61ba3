/** @file Implicit gradients in specs: gradients against differences along the path they follow, and what they cost. */
import { describe, expect, test } from 'vitest';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { regionOf } from '../../src/compiler/ir/region.ts';
import { gradcheck } from '../../src/gradcheck/gradcheck.ts';
import { programOf, sizeOfStep, stepOf } from './step.ts';

interface Parts {
  readonly model?: string;
  readonly adapt?: string;
  readonly solver?: string;
  readonly steps?: number | string;
  readonly using?: string;
  readonly through?: string;
  readonly loss?: string;
  readonly more?: string;
}

const proximal = 'mse(fast(support.x), support.y) + 5*half_squared_distance(fast, net)';

function spec(parts: Parts): string {
  const { solver = 'conjugate_gradient(steps: 2)', steps = 6, using = 'sgd(rate: 0.05)', loss = 'mse(fast(query.x), query.y)' } = parts;
  return `tasks waves {
  amplitude ~ uniform(0.5, 1)
  example { x ~ uniform(-2, 2)   y = amplitude * sin(x) }
  shots 4   queries 3
}
model net(x) { return ${parts.model ?? 'x |> dense(5) |> tanh |> dense(1)'} }
${parts.more ?? ''}
adapt fast from net {
  minimize ${parts.adapt ?? proximal}
  using    ${using}
  steps    ${steps}
  through  ${parts.through ?? `implicit(solver: ${solver})`}
}
train { minimize ${loss}   using sgd(rate: 1)   batch 2   steps 10 }
`;
}

const variations: Readonly<Record<string, Parts>> = {
  'conjugate gradients': {},
  'a Neumann series': { solver: 'neumann(steps: 3, rate: 0.05)' },
  'one step': { steps: 1 },
  'two steps, an optimiser with state': { steps: 2, using: 'adam(rate: 0.05)' },
  'momentum and clipping': { using: 'sgd(rate: 0.02, momentum: 0.5, clip: 1)' },
  'iterates before the last': { loss: 'mse(fast[2](query.x), query.y) + mse(fast(query.x), query.y) + mse(fast[4](query.x), query.y)' },
  'the head alone adapts': { using: 'sgd(rate: 0.05)\n  only net.dense2' },
  'a scheduled rate, a strength of its own for each task': {
    using: 'sgd(rate: linear(0.05, 0.01))',
    adapt: 'mse(fast(support.x), support.y) + (4 + amplitude)*half_squared_distance(fast, net)',
  },
  'learned weights of the inner loss': {
    more: 'strength = learned(5)',
    adapt: 'mse(fast(support.x), support.y) + strength*half_squared_distance(fast, net)',
  },
  'dropout in the inner loss': { model: 'x |> dense(5) |> tanh |> dropout(0.3) |> dense(1)' },
  'steps that are written out on top': {
    loss: 'mse(second(query.x), query.y)',
    more: 'adapt second from fast { minimize mse(second(support.x), support.y)   using sgd(rate: 0.1)   steps 2 }',
  },
  'one implicit loop on another': {
    loss: 'mse(second(query.x), query.y)',
    more: `adapt second from fast {
  minimize mse(second(support.x), support.y) + 3*half_squared_distance(second, fast)
  using    sgd(rate: 0.1)
  steps    3
  through  implicit(solver: conjugate_gradient(steps: 2))
}`,
  },
  'a derivative of the implicit derivative': {
    loss: 'mse((net - 0.1*gradient(mse(fast(query.x), query.y), of: net))(query.x), query.y)',
  },
};

describe('gradients agree with differences', () => {
  test.each(Object.entries(variations))('%s', async (_, parts) => {
    const { checks, diagnostics } = await gradcheck({ name: 'implicit', text: spec(parts) }, { entries: 4 });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(checks.length).toBeGreaterThan(3);
    for (const { weight, passed, largestError } of checks)
      expect([weight, passed, largestError]).toEqual([weight, true, expect.any(Number)]);
  });
});

/** Largest number of elements of a value, at any depth. */
function largest(f: Func): number {
  const sizes = f.nodes.flatMap((node) => {
    const region = regionOf(node);
    return [...(region === undefined ? [] : [largest(region)]), ...node.results.map(({ type }) => type.shape.reduce((a, b) => a * b, 1))];
  });
  return Math.max(0, ...sizes);
}

describe('the number of inner steps', () => {
  const at = (steps: number, parts: Parts = {}) => programOf(spec({ ...parts, steps }), 2);

  test('adds to neither the memory of a training step, nor its values, nor the size of one of them', () => {
    const [few, many] = [at(40), at(4000)];
    expect(sizeOfStep(many).values).toBe(sizeOfStep(few).values);
    expect(sizeOfStep(many).peakBytes).toBe(sizeOfStep(few).peakBytes);
    expect(largest(stepOf(many).body)).toBe(largest(stepOf(few).body));
  });

  test('adds to the memory where the gradient goes through the steps', () => {
    const everything = { through: 'everything' };
    expect(sizeOfStep(at(400, everything)).peakBytes).toBeGreaterThan(5 * sizeOfStep(at(40, everything)).peakBytes);
    expect(sizeOfStep(at(40, everything)).peakBytes).toBeGreaterThan(1.5 * sizeOfStep(at(40)).peakBytes);
  });
});
