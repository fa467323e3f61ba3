/** @file Distributions over the weights of learners, and samples of what was drawn. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelEvaluate, TracedTask } from '../../src/compiler/check/model.ts';
import { evaluateFunction } from '../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../src/compiler/ir/host-array.ts';
import { sizeOf } from '../../src/compiler/ir/tensor-type.ts';
import { gradcheck } from '../../src/gradcheck/gradcheck.ts';
import { codesOf, modelOf } from '../check/check-spec.ts';
import { lines, probabilisticSpecs } from './specs.ts';

test.each(Object.entries(probabilisticSpecs))('gradients agree with differences: %s', async (name, text) => {
  const { checks, diagnostics } = await gradcheck({ name, text }, { entries: 4 });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(checks.length).toBeGreaterThan(3);
  for (const check of checks) expect([check.weight, check.passed, check.largestError]).toEqual([check.weight, true, expect.any(Number)]);
});

/** What the parameter of a traced task is given in these tests: repeatable, and positive so that it may be a deviation. */
function filled(name: string, shape: readonly number[], seed: number): HostArray {
  const salt = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), seed);
  return hostArray(
    'float',
    shape,
    Array.from({ length: sizeOf(shape) }, (_, index) => 0.6 + 0.5 * Math.sin(1.3 * index + salt)),
  );
}

/** The reports of the `evaluate` block for one task. `given` may supply parameters, `filled` does the rest. */
function reports(text: string, given: (name: string, shape: readonly number[]) => HostArray | undefined = () => undefined): number[] {
  const { task, reports: names } = modelOf(text).evaluate as ModelEvaluate;
  const values = run(task, given);
  return names.map((_, index) => (values[index] as HostArray).data[0] as number);
}

function run({ body }: TracedTask, given: (name: string, shape: readonly number[]) => HostArray | undefined): readonly HostArray[] {
  return evaluateFunction(
    body,
    body.parameters.map(({ name, value }) => given(name, value.type.shape) ?? filled(name, value.type.shape, 0)),
  );
}

function evaluating(report: string, definitions = '', more = ''): string {
  return `${lines}${definitions}\nevaluate { episodes 1  ${more}  report ${report} }`;
}

/** `guess.net.dense1.kernel` of a draw that was named before all siblings were known. */
function readable(name: string): string {
  return name.replace('net#1', 'net').replaceAll('#', '');
}

describe('learners of distributions', () => {
  const numbers = (name: string, shape: readonly number[]): readonly number[] => [...filled(name, shape, 0).data];
  const weights = {
    'net.dense1.kernel': [1, 3],
    'net.dense1.bias': [3],
    'net.dense2.kernel': [3, 1],
    'net.dense2.bias': [1],
  };
  const overWeights = (formula: (value: number, spread: number) => number): number =>
    Object.entries(weights).reduce((total, [name, shape]) => {
      const [means, spreads] = [numbers(name, shape), numbers(`spread.${name}`, shape)];
      return total + means.reduce((sum, mean, index) => sum + formula(mean, spreads[index] as number), 0);
    }, 0);
  const spread = 'spread = learned(-1, like: net)';

  test('kl sums over all weights', () => {
    const text = evaluating('kl(normal(net, exp(spread)), normal(0*net, 2)) + 0*mse(net(query.x), query.y)', spread);
    const expected = overWeights((mean, log) => Math.log(2) - log + (Math.exp(log) ** 2 + mean ** 2) / 8 - 0.5);
    expect(reports(text)[0]).toBeCloseTo(expected, 10);
  });

  test('elementwise functions are applied weight by weight', () => {
    const cases: readonly (readonly [string, (w: number, s: number) => number])[] = [
      ['exp(spread)', (_, s) => Math.exp(s)],
      ['softplus(net - spread)', (w, s) => Math.log1p(Math.exp(w - s))],
      ['max(net, spread)', (w, s) => Math.max(w, s)],
      ['clip(net, 0.5, 0.8)', (w) => Math.min(Math.max(w, 0.5), 0.8)],
      ['where(net < 0, spread, 2)', () => Number.NaN],
    ];
    for (const [text, formula] of cases) {
      const spec = evaluating(`2*half_squared_distance(${text}, 0*net) + 0*mse(net(query.x), query.y)`, spread);
      if (Number.isNaN(formula(1, 1))) expect(codesOf(spec)).toContain('E0456');
      else
        expect(reports(spec)[0]).toBeCloseTo(
          overWeights((w, s) => formula(w, s) ** 2),
          9,
        );
    }
  });

  test('a draw is mean + deviation * standard draw, for every weight', () => {
    const text = evaluating(
      '2*half_squared_distance(guess, net) + 0*mse(net(query.x), query.y)',
      `${spread}\nguess ~ normal(net, exp(spread))`,
    );
    const model = modelOf(text).evaluate as ModelEvaluate;
    const draws = [...model.task.bindings].filter(([, binding]) => binding.kind === 'draw' && binding.tasks === undefined);
    expect(draws.map(([name]) => readable(name))).toEqual(expect.arrayContaining(Object.keys(weights).map((name) => `guess.${name}`)));
    const drawn = new Map(draws.map(([name]) => [readable(name), name]));
    const expected = Object.entries(weights).reduce((total, [name, shape]) => {
      const [log, standard] = [numbers(`spread.${name}`, shape), numbers(drawn.get(`guess.${name}`) ?? '', shape)];
      return total + log.reduce((sum, value, index) => sum + (Math.exp(value) * (standard[index] as number)) ** 2, 0);
    }, 0);
    expect(reports(text)[0]).toBeCloseTo(expected, 10);
  });

  test('`learned` is one weight, however often and wherever the distribution is used', () => {
    const text = evaluating(
      'kl(around, normal(0*net, 1)) + mse(guess(query.x), query.y)',
      'around = normal(net, learned(0.3))\nguess ~ around',
    );
    expect(modelOf(text).weights.map(({ name }) => name)).toEqual([...Object.keys(weights), expect.stringMatching(/^(learned|guess)$/)]);
    const tree = evaluating(
      'kl(around, normal(0*net, 1)) + mse(guess(query.x), query.y)',
      'around = normal(net, exp(learned(0.3, like: net)))\nguess ~ around',
    );
    expect(modelOf(tree).weights.map(({ name }) => name)).toEqual([
      ...Object.keys(weights),
      ...Object.keys(weights).map((name) => `learned.${name}`),
    ]);
  });
});

describe('draws', () => {
  const definitions = `guess ~ normal(net, 0.3)\nshift ~ uniform(-1, 1)\nprediction = guess(query.x) + shift`;
  const report = 'mse(prediction, query.y), mean(prediction)*slope, slope';

  /** The draws of sample `index` of a phase with several, as those of a phase with one. */
  const part = (index: number, count: number) => (name: string, shape: readonly number[]) => {
    const all = filled(`samples.${name}`, [count, ...shape], 0);
    const size = sizeOf(shape);
    return hostArray('float', shape, [...all.data.slice(index * size, (index + 1) * size)]);
  };
  const isDrawn = (name: string): boolean => name.startsWith('guess') || name === 'shift';

  test('a report is the mean over them, of what the tasks draw once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), (count) => {
        const many = reports(evaluating(report, definitions, `draws ${count}`));
        const each = Array.from({ length: count }, (_, index) => {
          const take = part(index, count);
          return reports(evaluating(report, definitions), (name, shape) => (isDrawn(name) ? take(name, shape) : undefined));
        });
        many.forEach((value, which) => {
          const mean = each.reduce((sum, values) => sum + (values[which] as number), 0) / count;
          expect(value).toBeCloseTo(mean, 10);
        });
      }),
      { numRuns: 5, seed: 1 },
    );
  });

  test('`samples` are the values, in the order of the draws', () => {
    const text = (index: number) =>
      evaluating(`mean(samples(prediction)[${index}]), mean(std(samples(prediction), axis: 0))`, definitions, 'draws 3');
    const single = (index: number): number => {
      const take = part(index, 3);
      return reports(evaluating('mean(prediction)', definitions), (name, shape) =>
        isDrawn(name) ? take(name, shape) : undefined,
      )[0] as number;
    };
    for (const index of [0, 1, 2]) expect(reports(text(index))[0]).toBeCloseTo(single(index), 10);
    expect(reports(text(0))[1]).toBeGreaterThan(0.01);
  });

  test('what draws nothing is the same in all samples, and is not computed for each', () => {
    const text = evaluating('mean(std(samples(net(query.x)), axis: 0)), sum(samples(slope))', '', 'draws 4');
    const [spread, sum] = reports(text) as [number, number];
    expect(spread).toBe(0);
    expect(sum).toBeCloseTo(4 * (filled('lines.slope', [], 0).data[0] as number), 10);
  });

  test('without the clause there is one', () => {
    const [alone, sampled] = reports(evaluating('mean(prediction), mean(samples(prediction))', definitions)) as [number, number];
    expect(sampled).toBeCloseTo(alone, 12);
  });
});
