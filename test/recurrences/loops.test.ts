/** @file Many inner steps of `adapt` as a recurrence: the same numbers as steps taken one by one, windows, iterates as a sequence. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Func } from '../../src/compiler/ir/ir.ts';
import { countPrimitives } from '../../src/compiler/optimize/pipeline.ts';
import { gradcheck } from '../../src/gradcheck/gradcheck.ts';

interface Inner {
  readonly using?: string;
  readonly steps?: string;
  readonly through?: string;
  readonly loss?: string;
}

const lastAndMiddle = 'mse(fast(query.x), query.y) + 0.3*mse(fast[9](query.x), query.y)';

function spec({ using = 'sgd(rate: 0.1)', steps = '20', through = '', loss = lastAndMiddle }: Inner): string {
  return `tasks lines {
  slope ~ normal(0, 1)
  example { x ~ uniform(-1, 1)  y = slope*x }
  shots 4   queries 3
}
model net(x) { return x |> dense(2) |> tanh |> dense(1) }
momentum(gradient, state) = {
  velocity = 0.9*state + gradient
  return (step: -0.1*velocity, state: velocity)
}
adapt fast from net { minimize mse(fast(support.x), support.y)  using ${using}  steps ${steps}  ${through} }
train { minimize ${loss}  using sgd(rate: 1)  batch 2  steps 10 }
`;
}

function entryOf(text: string): Func {
  const { program, diagnostics } = compile({ name: 'loop', text });
  const entry = program?.functions.find(({ name }) => name === 'train.outer_step');
  if (entry === undefined) throw new Error(diagnostics.map(({ title }) => title).join('; '));
  return entry.body;
}

const scans = (text: string): number => countPrimitives(entryOf(text)).scan ?? 0;

/** Of each weight, the largest entry of its gradient. */
async function gradients(text: string): Promise<ReadonlyMap<string, { readonly compiled: number; readonly passed: boolean }>> {
  const { checks, diagnostics } = await gradcheck({ name: 'loop', text }, { entries: 1 });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return new Map(checks.map(({ weight, compiled, passed }) => [weight, { compiled, passed }]));
}

async function expectEqual(one: string, other: string): Promise<void> {
  const [left, right] = [await gradients(one), await gradients(other)];
  expect([...left.keys()]).toEqual([...right.keys()]);
  for (const [weight, { compiled, passed }] of left) {
    expect([weight, passed]).toEqual([weight, true]);
    expect(Math.abs(compiled)).toBeGreaterThan(0);
    expect(compiled).toBeCloseTo(right.get(weight)?.compiled as number, 9);
  }
}

// A step whose number has a name is taken by itself, so this is the same block, unrolled.
const unrolled = 'k in 1..20';

test.each<readonly [string, Inner]>([
  ['plain', {}],
  ['a state of the optimiser', { using: 'adam(rate: 0.1)' }],
  ['a rule of your own', { using: 'elementwise(momentum, from: 0)' }],
  ['rates learned per step', { using: 'sgd(rate: learned(0.1, per: step))' }],
  ['rates learned per element', { using: 'sgd(rate: learned(0.1, per: element), momentum: 0.5)' }],
  ['first order', { through: 'through first_order' }],
  ['truncated', { through: 'through truncated(5)' }],
  ['windows', { through: 'through windows(7)', loss: 'mean(f in fast[1..20]: mse(f(query.x), query.y))' }],
  ['a schedule', { through: 'through piecewise([0.5, 1], at: [5])' }],
])('a loop has the gradients of its steps, one by one: %s', async (_name, inner) => {
  expect([scans(spec(inner)) > 0, scans(spec({ ...inner, steps: unrolled }))]).toEqual([true, 0]);
  await expectEqual(spec(inner), spec({ ...inner, steps: unrolled }));
});

test('a program does not grow with the inner steps', () => {
  const nodes = (steps: string): number => {
    const text = spec({ steps, loss: 'mse(fast(query.x), query.y)' });
    return Object.values(countPrimitives(entryOf(text))).reduce((sum, count) => sum + count, 0);
  };
  expect(nodes('1_000')).toBe(nodes('100'));
});

test('a window begins with constants: the meta-gradient is that of a learner that starts from a stopped one', async () => {
  const windows = spec({ steps: '6', through: 'through windows(3)', loss: 'mse(fast(query.x), query.y) + mse(fast[3](query.x), query.y)' });
  const parts = spec({ steps: '3', loss: 'mse(second(query.x), query.y) + mse(fast(query.x), query.y)' }).replace(
    'train {',
    'adapt second from stop(fast) { minimize mse(second(support.x), support.y)  using sgd(rate: 0.1)  steps 3 }\ntrain {',
  );
  await expectEqual(windows, parts);
});

test('iterates as a sequence are the iterates, in any range', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 6 }), async (from, more) => {
      const loss = 'judge(f) = mse(f(query.x), query.y)\ntrain {';
      const text = (written: string): string => spec({ steps: '30', loss: written }).replace('train {', loss);
      const indices = Array.from({ length: more + 1 }, (_, index) => `${index + 1}*judge(fast[${from + index}])`);
      const factors = `1..${more + 1}`;
      await expectEqual(text(`sum((${factors}) * map(fast[${from}..${from + more}], judge))`), text(indices.join(' + ')));
    }),
    { numRuns: 6 },
  );
});

test('map does one thing to each item, with one set of weights', async () => {
  const text = (written: string): string => `tasks waves {
  phase ~ uniform(0, 6)
  example { x = sin(phase + 0.5*range(6))  y = sin(phase + 3) }
  shots 2   queries 2
}
model net(x) {
  layer(item) = tanh(item.a |> dense(2)) * item.b
  items = (a: reshape(x, [6, 1], whole: true), b: reshape(2*x, [6, 1], whole: true))
  return ${written}
}
train { minimize mean(e in support: (sum(net(e.x)) - e.y[0])^2)  using sgd(rate: 1)  batch 2  steps 1 }
`;
  const mapped = await gradients(text('items |> map(layer)'));
  expect([...mapped.keys()]).toEqual(['net.layer.dense.kernel', 'net.layer.dense.bias']);
  for (const { passed, compiled } of mapped.values()) expect([passed, Math.abs(compiled) > 0]).toEqual([true, true]);
  // On rows, the layer itself does the same thing to each.
  await expectEqual(text('items |> map(layer)'), text('layer((a: items.a, b: items.b))'));
});
