/** @file What must not change the meaning of a spec, and what must: properties of the checker as a whole. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../../src/compiler/parse/parse.ts';
import { codesOf, meaningOf, modelOf, regression, withLoss } from './check-spec.ts';

const folder = join(import.meta.dirname, '../../specs');
const specs = readdirSync(folder)
  .filter((name) => name.endsWith('.meta'))
  .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);

describe.each(specs)('%s', (_name, text) => {
  const meaning = meaningOf(modelOf(text));
  const declarations = parse({ name: 'spec', text }).file.declarations.map(({ range }) => text.slice(range.start, range.end));

  it('means the same in any order of its declarations', () => {
    // But for blocks that take turns: these do it in their order.
    const inTurn = declarations.filter((declaration) => declaration.startsWith('train '));
    const orders = fc.shuffledSubarray(declarations, { minLength: declarations.length }).map((order) => {
      let turn = 0;
      return order.map((declaration) => (inTurn.includes(declaration) ? (inTurn[turn++] as string) : declaration));
    });
    fc.assert(
      fc.property(orders, (order) => {
        expect(meaningOf(modelOf(order.join('\n')))).toBe(meaning);
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it('means the same with other white space and comments', () => {
    const airy = text.replaceAll('\n', '   // a comment\n\n').replaceAll(' |> ', '\n    |>\n');
    expect(meaningOf(modelOf(airy))).toBe(meaning);
  });
});

describe('settings', () => {
  const spec = (alpha: string, steps: string, inner: string) =>
    `${regression.replace('steps 2', `steps ${inner}`)}
     alpha = ${alpha}
     train { minimize alpha*mse(fast(query.x), query.y)  using adam(rate: 1e-3)  batch 4  steps ${steps} }`;

  it('mean the same on the command line and in the file', () => {
    const numbers = fc.record({ alpha: fc.double({ min: 0.01, max: 10, noNaN: true }), steps: fc.integer({ min: 1, max: 1_000_000 }) });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 4 }), ({ alpha, steps }, inner) => {
        const fromLine = modelOf(spec('0.5', '10', '1'), { alpha: `${alpha}`, 'train.steps': `${steps}`, 'fast.steps': `${inner}` });
        expect(meaningOf(fromLine)).toBe(meaningOf(modelOf(spec(`${alpha}`, `${steps}`, `${inner}`))));
        expect(fromLine.settings.filter(({ origin }) => origin === 'command line').map(({ name }) => name)).toHaveLength(3);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  it('may turn a number into a schedule or a learned scalar', () => {
    expect(modelOf(spec('0.5', '10', '1'), { alpha: 'learned(0.3, in: [0, 1])' }).weights.map(({ name }) => name)).toContain('alpha');
    expect([
      ...modelOf(spec('0.5', '10', '1'), { alpha: 'linear(1, 0)' }).train.flatMap(({ task }) => [...task.bindings.keys()]),
    ]).toContain('step');
  });
});

describe('names of weights', () => {
  it('are numbered only where a name occurs more than once', () => {
    const names = (body: string) =>
      modelOf(withLoss('mse(other(query.x), query.y)', `model other(x) { ${body} }`)).weights.map(({ name }) => name);
    expect(names('return x |> dense(1, bias: false)')).toEqual(['other.dense.kernel']);
    expect(names('head = x |> dense(1, bias: false)  return head')).toEqual(['other.head.dense.kernel']);
    expect(names('return x |> dense(2, bias: false) |> dense(1, bias: false)')).toEqual(['other.dense1.kernel', 'other.dense2.kernel']);
    expect(names('f(h) = h |> dense(1, bias: false)  return x |> f |> f')).toEqual(['other.f1.dense.kernel', 'other.f2.dense.kernel']);
  });

  it('are the same for every application of a model', () => {
    const twice = withLoss('mse(net(query.x), query.y) + mse(net(support.x), support.y)');
    expect(modelOf(twice).weights.map(({ name }) => name)).toEqual(
      modelOf(withLoss('mse(net(query.x), query.y)')).weights.map(({ name }) => name),
    );
  });
});

describe('levels', () => {
  /** Expressions over values of each level, with the highest level that occurs. */
  const leaf = fc.constantFrom(
    ['2', 0],
    ['mean(net([[1], [2]]))', 1],
    ['learned_scalar', 1],
    ['mean(query.x)', 2],
    ['amplitude', 2],
    ['mse(net(query.x), query.y)', 2],
  ) as fc.Arbitrary<readonly [string, number]>;
  const { expression } = fc.letrec<{ expression: readonly [string, number] }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc
        .tuple(tie('expression'), fc.constantFrom('+', '-', '*'), tie('expression'))
        .map(([a, sign, b]) => [`(${a[0]} ${sign} ${b[0]})`, Math.max(a[1], b[1])] as const),
      tie('expression').map(([text, level]) => [`tanh(${text})`, level] as const),
    ),
  }));

  it('are the highest of what a value is made of: a loss needs an episode', () => {
    fc.assert(
      fc.property(expression, ([text, level]) => {
        const codes = codesOf(withLoss(text, 'learned_scalar = learned(1)'));
        expect(codes.filter((code) => code.startsWith('E'))).toEqual(level === 2 ? [] : ['E0502']);
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});

describe('shapes', () => {
  /** The rule of the language page, written from the page. */
  function together(left: readonly number[], right: readonly number[]): readonly number[] | undefined {
    const rank = Math.max(left.length, right.length);
    const at = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length];
    const axes = Array.from({ length: rank }, (_, axis) => [at(left, axis), at(right, axis)] as const);
    const fits = axes.every(([a, b]) => a === undefined || b === undefined || a === b || a === 1 || b === 1);
    const grows = (own: 0 | 1) => axes.some((pair) => pair[own] === undefined || (pair[own] === 1 && (pair[1 - own] ?? 1) !== 1));
    if (!fits || (grows(0) && grows(1))) return undefined;
    return axes.map(([a, b]) => Math.max(a ?? 1, b ?? 1));
  }

  it('of two operands go together when at most one is expanded', () => {
    const shape = fc.array(fc.constantFrom(1, 2, 3), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(shape, shape, (left, right) => {
        const expected = together(left, right);
        const sum = `zeros([${left}]) + zeros([${right}])`;
        const codes = codesOf(withLoss(`mse(fast(query.x), query.y) + mse(${sum}, zeros([${expected ?? left}]))`));
        expect(codes.some((code) => code === 'E0401' || code === 'E0402')).toBe(expected === undefined);
        if (expected !== undefined) expect(codes).toEqual([]);
      }),
      { numRuns: 80, seed: 4 },
    );
  });
});
