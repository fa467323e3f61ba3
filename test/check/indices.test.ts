/** @file A tensor of whole numbers as an index: what it picks, beyond the ends too, and where derivatives go. */
import { expect, test } from 'vitest';
import { gradcheck } from '../../src/gradcheck/gradcheck.ts';

const spec = (loss: string): string => `tasks lines {
  slope ~ normal(0, 1)
  example { x ~ uniform(-1, 1)  y = slope*x }
  shots 4   queries 5
}
model net(x) { return x |> dense(3) |> tanh |> dense(1) |> flatten |> reshape([5], whole: true) }
values = net(query.x)
train { minimize sum([1, 2, 3, 4, 5] * (${loss})^2)  using sgd(rate: 1)  batch 2  steps 1 }
`;

async function gradients(loss: string): Promise<readonly number[]> {
  const { checks, diagnostics } = await gradcheck({ name: 'indices', text: spec(loss) }, { entries: 1 });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(checks.every(({ passed, compiled }) => passed && Math.abs(compiled) > 0)).toBe(true);
  return checks.map(({ compiled }) => compiled);
}

test.each([
  ['values[argsort(values)]', 'sort(values)'],
  ['sort(values)[rank(values)]', 'values'],
  ['values[argmax([0, 0, 7, 0])]', 'values[2]'],
  ['net(query.x)[argsort([5, 4, 3, 2, 1])]', 'stack(values[4], values[3], values[2], values[1], values[0])'],
  // Beyond the end: the last item.
  ['values[0..2][argsort([3, 2, 1, 4, 5])]', 'stack(values[2], values[1], values[0], values[2], values[2])'],
])('%s is %s', async (one, other) => {
  const [left, right] = [await gradients(one), await gradients(other)];
  left.forEach((value, index) => {
    expect(value).toBeCloseTo(right[index] as number, 9);
  });
});
