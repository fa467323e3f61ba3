/** @file Matching of arguments with parameters, and every message about them. */
import { describe, expect, test } from 'vitest';
import { printAccepts } from '../../../src/compiler/check/builtins/accepts.ts';
import { bind, optionNames, printUsage } from '../../../src/compiler/check/builtins/bind.ts';
import { builtins } from '../../../src/compiler/check/builtins/table.ts';
import { builtinNamed, call, diagnosticOf, FakeContext, type Given, PoisonedError, somewhere, toMeaning } from './fake-context.ts';

const images = (context: FakeContext) => context.input([1, 4, 4, 1], [0]);

/** The diagnostic of a call on images. */
function refused(name: string, positional: readonly Given[], named: Readonly<Record<string, Given>> = {}) {
  const context = new FakeContext();
  return diagnosticOf(() => call(context, name, [images(context), ...positional], named));
}

describe('names and counts', () => {
  test('an unknown name', () => {
    expect(refused('conv', [8], { stide: 2 })).toMatchObject({
      code: 'E0351',
      title: '`conv` has no argument `stide`',
      hint: 'did you mean `stride`?',
      range: somewhere,
    });
  });

  test('a missing argument', () => {
    expect(refused('conv', [])).toMatchObject({ code: 'E0352', title: '`conv` needs `filters`', hint: 'write `x |> conv(filters)`' });
    expect(refused('batch_norm', [])).toMatchObject({ code: 'E0352', title: '`batch_norm` needs `mode`' });
  });

  test('too many', () => {
    expect(refused('relu', [1])).toMatchObject({ code: 'E0353', title: '`relu` takes at most 1 argument by position', found: '2' });
  });

  test('given twice', () => {
    const diagnostic = refused('dense', [3], { x: 2 });
    expect(diagnostic).toMatchObject({ code: 'E0354', title: '`x` of `dense` is given twice' });
    expect(diagnostic.related?.[0]?.range).toEqual({ start: 0, end: 9 });
  });

  test('options of variadic builtins are given by name only', () => {
    const context = new FakeContext();
    const joined = call(context, 'concat', [context.input([1], [1]), context.input([1], [2]), context.input([1], [3])], { axis: 0 });
    expect(context.read(joined)).toEqual([1, 2, 3]);
  });
});

describe('kinds', () => {
  const wrong: readonly (readonly [string, readonly Given[], string, string])[] = [
    ['dense', ['wide'], 'a constant whole number, at least 1', 'the word `wide`'],
    ['dense', [0], 'a constant whole number, at least 1', 'the number 0'],
    ['dense', [2.5], 'a constant whole number, at least 1', 'the number 2.5'],
    ['dropout', [1], 'a constant number, at least 0, at most 0.999', 'the number 1'],
    ['max_pool', [[2, 0]], 'a constant whole number or a list of them, at least 1', 'a list of 2'],
    ['repeat', [2, 3], 'a function, a layer, a model or an adapted learner', 'the number 3'],
  ];
  test.each(wrong)('%s refuses %j', (name, positional, expected, found) => {
    expect(refused(name, positional)).toMatchObject({ code: 'E0355', expected, found });
  });

  test('booleans, tensors and distributions', () => {
    expect(refused('dense', [3], { bias: 1 })).toMatchObject({ code: 'E0355', expected: '`true` or `false`' });
    const context = new FakeContext();
    const distribution = call(context, 'normal', []);
    expect(diagnosticOf(() => call(context, 'relu', [distribution]))).toMatchObject({
      code: 'E0355',
      hint: 'draw from it first: `name ~ distribution`',
    });
    expect(diagnosticOf(() => call(context, 'relu', [{ kind: 'builtin', builtin: builtinNamed('tanh') }]))).toMatchObject({
      hint: 'apply it: `f(x)`, or `x |> f`',
    });
    expect(diagnosticOf(() => call(context, 'dense', [context.input([2], [1, 2]), context.input([], [3])]))).toMatchObject({
      hint: 'this must be known before anything runs: write a number or a setting',
    });
    expect(diagnosticOf(() => call(context, 'sgd', [context.input([2], [1, 2])]))).toMatchObject({
      code: 'E0355',
      expected: 'a number of at least 0, a schedule, `learned(…)` or a scalar tensor',
    });
  });

  test('an unknown option', () => {
    expect(refused('batch_norm', [], { mode: 'transductiv' })).toMatchObject({
      code: 'E0356',
      expected: '`transductive`, `support`, `running`, `frozen`',
      hint: 'did you mean `transductive`?',
    });
    expect(refused('dense', [3], { initial: 'glorott' })).toMatchObject({ code: 'E0356', hint: 'did you mean `glorot`?' });
  });

  test('an initialiser that is none', () => {
    const context = new FakeContext();
    const learned = call(context, 'learned', [1]);
    expect(refused('dense', [3], { initial: learned })).toMatchObject({ code: 'E0355', found: 'a learned scalar' });
    expect(refused('dense', [3], { initial: call(context, 'bernoulli', []) })).toMatchObject({ code: 'E0355' });
  });

  test('a poison passes silently, as the error of the checker', () => {
    expect(() => call(new FakeContext(), 'dense', [{ kind: 'poison' }, 3])).toThrow(PoisonedError);
    expect(() => call(new FakeContext(), 'repeat', [{ kind: 'poison' }, 3, 1])).toThrow(PoisonedError);
  });
});

test('option words are known by name and by position', () => {
  expect(optionNames(builtinNamed('batch_norm'), 'mode')).toEqual(['transductive', 'support', 'running', 'frozen']);
  expect(optionNames(builtinNamed('batch_norm'), 1)).toEqual(['transductive', 'support', 'running', 'frozen']);
  expect(optionNames(builtinNamed('batch_norm'), 0)).toBeUndefined();
  expect(optionNames(builtinNamed('dense'), 'initial')).toContain('he');
  expect(optionNames(builtinNamed('dense'), 'nothing')).toBeUndefined();
  expect(optionNames(builtinNamed('dense'), 9)).toBeUndefined();
});

test('accessors refuse to read an argument as something else', () => {
  const context = new FakeContext();
  const bound = bind(
    builtinNamed('dense'),
    [
      { meaning: images(context), range: somewhere },
      { meaning: toMeaning(3), range: somewhere },
    ],
    context,
    somewhere,
  );
  expect(bound.number('units')).toBe(3);
  expect(bound.boolean('bias')).toBe(true);
  expect(bound.tensor('x')).toBe(bound.tensor('x'));
  expect(() => bound.text('units')).toThrow(/metac bug/);
  expect(() => bound.number('unit')).toThrow(/metac bug/);
  expect(() => bound.number('x')).toThrow(/metac bug/);
});

test('defaults are values that the parameter accepts', () => {
  for (const builtin of builtins) {
    expect(printUsage(builtin)).toMatch(/^(x \|> )?\w+\(.*\)$/);
    for (const { name, accepts, default: fallback } of builtin.parameters) {
      expect(printAccepts(accepts).length).toBeGreaterThan(5);
      if (accepts.kind === 'option' && fallback !== undefined) expect(accepts.options, `${builtin.name} ${name}`).toContain(fallback);
      if (accepts.kind === 'number' && typeof fallback === 'number') {
        expect(fallback).toBeGreaterThanOrEqual(accepts.least ?? -Infinity);
        expect(fallback).toBeGreaterThan(accepts.above ?? -Infinity);
        expect(fallback).toBeLessThanOrEqual(accepts.most ?? Infinity);
      }
    }
  }
});
