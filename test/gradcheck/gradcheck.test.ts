/** @file gradcheck passes on specs and fails when a derivative is wrong. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { OperandRule } from '../../src/compiler/differentiate/rule.ts';
import { smallText } from '../specs/small.ts';

afterEach(() => {
  vi.doUnmock('../../src/compiler/differentiate/vjp-rules.ts');
  vi.resetModules();
});

function sourceOf(name: string) {
  const path = `specs/${name}.meta`;
  return { name: path, text: readFileSync(path, 'utf8') };
}

describe('gradcheck', () => {
  test.each(['linear-regression', 'maml-sinusoid', 'fomaml-sinusoid', 'imaml-sinusoid'])('passes on %s', async (name) => {
    const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
    const { checks } = await gradcheck(sourceOf(name));
    expect(checks.length).toBeGreaterThan(1);
    for (const check of checks) expect([check.weight, check.passed]).toEqual([check.weight, true]);
  });

  // The whole networks take a minute each: `metac gradcheck`. The same programs with fewer channels and pixels take a second.
  test.each([
    ...['maml-omniglot', 'dual-loss-omniglot', 'prototypical-omniglot', 'metagan-omniglot'],
    ...['maml-plus-plus-omniglot', 'reptile-omniglot', 'uncertainty-loss-omniglot', 'f1-loss-omniglot'],
  ])(
    'passes on a small %s',
    async (name) => {
      const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
      const { name: path, text } = sourceOf(name);
      const small = smallText(text);
      expect(small).not.toBe(text);
      const { checks, reduced } = await gradcheck({ name: path, text: small }, { entries: 2 });
      expect(reduced.get('omniglot.ways')).toBe('3');
      expect(checks.length).toBeGreaterThan(10);
      for (const check of checks)
        expect([check.weight, check.passed, check.largestError]).toEqual([check.weight, true, expect.any(Number)]);
    },
    60_000,
  );

  const lines = 'tasks lines { slope ~ uniform(1, 3)  example { x ~ uniform(-1, 1)  y = slope * x }  shots 8  queries 8 }';
  const train = (loss: string) => `train { minimize ${loss}  using adam(rate: 1e-3)  batch 2  steps 1 }`;
  const checked = async (text: string, seed: number) => {
    const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
    const { checks, diagnostics } = await gradcheck({ name: 'test.meta', text }, { seed });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    return checks;
  };

  test('says where differences do not settle, and does not call that wrong', async () => {
    const model = 'model net(x) { return x |> dense(1) }';
    const [kernel] = await checked([lines, model, train('mse(sin(1e9 * net(query.x)), query.y)')].join('\n'), 0);
    expect(kernel).toMatchObject({ weight: 'net.dense.kernel', passed: false, settled: false });
  });

  test.each([0, 1, 2, 3])('a weight that changes nothing has the derivative 0, whatever rounding makes of it (seed %i)', async (seed) => {
    // What all are moved by does not change how far they are from one another.
    const model = 'model net(x) { return x |> dense(8) |> tanh |> dense(8) }';
    const [, , , bias, ...others] = await checked([lines, model, train('1e3 * mse(net(query.x), net(support.x))')].join('\n'), seed);
    expect(bias).toMatchObject({ weight: 'net.dense2.bias', passed: true, largestError: 0 });
    expect(others).toEqual([]);
  });

  test.each([0, 4])('a learned value is checked within its bounds (seed %i)', async (seed) => {
    const bounded = 'share = learned(0.01, in: [0.001, 10])\nnarrow = learned(0.5, in: [0.49, 0.51])';
    const model = 'model net(x) { return x |> dense(1) }';
    const loss = 'share * mse(net(query.x), query.y) - log(share) + 1e6 * (narrow - 0.5)^2';
    const found = await checked([lines, bounded, model, train(loss)].join('\n'), seed);
    expect(found.filter(({ passed }) => passed).map(({ weight }) => weight)).toEqual([
      'share',
      'net.dense.kernel',
      'net.dense.bias',
      'narrow',
    ]);
    // 2e6 times the distance to the middle, which is at most 0.01.
    expect(Math.abs(found.find(({ weight }) => weight === 'narrow')?.compiled ?? Number.NaN)).toBeLessThan(2.01e4);
  });

  test('checks every entry when asked to', async () => {
    const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
    const { checks } = await gradcheck(sourceOf('maml-sinusoid'), {
      entries: Number.POSITIVE_INFINITY,
      settings: new Map([['train.queries', '3']]),
    });
    for (const check of checks) expect(check).toMatchObject({ entries: check.of, passed: true });
  }, 60_000);

  test('the sample depends on the seed and nothing else', async () => {
    const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
    const errors = async (seed: number) => (await gradcheck(sourceOf('maml-sinusoid'), { seed })).checks.map((check) => check.largestError);
    expect(await errors(3)).toEqual(await errors(3));
    expect(await errors(3)).not.toEqual(await errors(4));
  });

  test.each(['multiply', 'dot_general', 'maximum', 'subtract'] as const)('fails when the rule of %s is broken', async (op) => {
    vi.resetModules();
    vi.doMock('../../src/compiler/differentiate/vjp-rules.ts', async (importOriginal) => {
      const original = await importOriginal<typeof import('../../src/compiler/differentiate/vjp-rules.ts')>();
      const rule = original.vjpRules[op];
      if (rule.kind !== 'operands') throw new Error(`${op} has no rule to break`);
      // Each cotangent comes out one and a half times too large.
      const rules = rule.rules.map((operandRule) => {
        const whole = operandRule as OperandRule<typeof op> | undefined;
        if (whole === undefined) return undefined;
        const broken: OperandRule<typeof op> = (gradient, application, cotangent, operand) => {
          const value = whole(gradient, application, cotangent, operand);
          return value === undefined ? undefined : gradient.builder.scale('multiply', value, 1.5);
        };
        return broken;
      });
      return { ...original, vjpRules: { ...original.vjpRules, [op]: { kind: 'operands', rules } } };
    });
    const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
    const { checks } = await gradcheck(sourceOf('maml-sinusoid'));
    expect(checks.some((check) => !check.passed)).toBe(true);
  });

  test('a spec with errors gives its diagnostics', async () => {
    const { gradcheck } = await import('../../src/gradcheck/gradcheck.ts');
    const { checks, diagnostics } = await gradcheck({ name: 'bad.meta', text: 'train { minimize 1 }' });
    expect(checks).toEqual([]);
    expect(diagnostics.some((diagnostic) => diagnostic.severity === 'error')).toBe(true);
  });
});
