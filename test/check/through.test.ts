/** @file What the meta-gradient goes through: a schedule of `through` lies between the first order and everything, exactly at its ends. */
import { expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { initialState } from '../../src/runtime/run/initialize.ts';

function spec(through: string): string {
  return `tasks lines {
  slope ~ uniform(-1, 1)
  example { x ~ uniform(-1, 1)   y = slope * x }
  shots 3   queries 3
}
model net(x) { return x |> dense(3) |> tanh |> dense(1) }
adapt fast from net { minimize mse(fast(support.x), support.y)   using sgd(rate: 0.5)   steps 2   ${through} }
train { minimize mse(fast(query.x), query.y)   using sgd(rate: 1)   batch 2   steps 100 }
`;
}

/** The weights after one outer step that is the `step`th: the start is the same for all, so they differ by the meta-gradients. */
async function afterOne(through: string, step: number): Promise<readonly number[]> {
  const { program, diagnostics } = compile({ name: 'lines', text: spec(through) }, {});
  if (program === undefined) throw new Error(diagnostics.map(({ title }) => title).join('; '));
  const entry = program.functions.find(({ name }) => name === program.train[0]?.step);
  if (entry === undefined) throw new Error('no whole step');
  const filled = (shape: readonly number[], salt: number) =>
    Float64Array.from({ length: shape.reduce((size, side) => size * side, 1) }, (_, index) => Math.sin(index * 1.7 + salt));
  const session = await referenceEngine().compile(program, {});
  const weights = program.weights.map(({ name, type }, index) => [name, { ...type, data: filled(type.shape, index) }] as const);
  const state = [...initialState(program)].map(
    ([name, tensor]) => [name, name.endsWith('.step') ? { ...tensor, data: [step] } : tensor] as const,
  );
  await session.write(new Map([...state, ...weights] as never));
  await session.run(
    entry.name,
    new Map(entry.inputs.map(({ name, type }, index) => [name, { ...type, data: filled(type.shape, 20 + index) }])),
  );
  const after = await session.read(program.weights.map(({ name }) => name));
  return [...after.values()].flatMap(({ data }) => [...data]);
}

const SCHEDULED = 'through piecewise([0, 0.5, 1], at: [10, 20])';

test('first order where the schedule is 0, everything where it is 1, the mean of both at a half', async () => {
  const first = await afterOne('through first_order', 0);
  const whole = await afterOne('', 0);
  expect(largest(first, whole)).toBeGreaterThan(1e-3);
  expect(largest(await afterOne(SCHEDULED, 0), first)).toBeLessThan(1e-12);
  expect(largest(await afterOne(SCHEDULED, 25), whole)).toBeLessThan(1e-12);
  // One inner step would give the mean exactly; two multiply their shares.
  const half = await afterOne(SCHEDULED, 15);
  expect(largest(half, first)).toBeGreaterThan(1e-4);
  expect(largest(half, whole)).toBeGreaterThan(1e-4);
});

function largest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
}
