/** @file Recurrences in specs: gradients against differences, an inner loop against `adapt`, rules against optimisers, compile time. */
import { expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { EntryFunction } from '../../src/compiler/ir/ir.ts';
import { countPrimitives } from '../../src/compiler/optimize/pipeline.ts';
import { gradcheck } from '../../src/gradcheck/gradcheck.ts';
import { givenMomentum, learnedOptimiser, ownMomentum, recurrentSpecs, unrolledInnerLoop } from './specs.ts';

const all = Object.entries(recurrentSpecs);

test.each(all)('gradients agree with differences: %s', async (name, text) => {
  const { checks, diagnostics } = await gradcheck({ name, text }, { entries: 4 });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(checks.length).toBeGreaterThan(0);
  for (const check of checks) expect([check.weight, check.passed, check.largestError]).toEqual([check.weight, true, expect.any(Number)]);
});

test('an inner loop as a recurrence has the gradients of the unrolled one', async () => {
  const gradients = async (text: string) => (await gradcheck({ name: 'inner', text }, { entries: 20 })).checks;
  const scanned = await gradients(recurrentSpecs['an inner loop'] as string);
  const unrolled = await gradients(unrolledInnerLoop);
  expect(scanned.map(({ weight }) => weight)).toEqual(unrolled.map(({ weight }) => weight));
  scanned.forEach(({ differences }, index) => {
    expect(Math.abs(differences)).toBeGreaterThan(0);
    expect(differences).toBeCloseTo(unrolled[index]?.differences as number, 7);
  });
});

test('a rule of your own for every weight does what the same optimiser of metac does', async () => {
  const gradients = async (text: string) => (await gradcheck({ name: 'rule', text }, { entries: 20 })).checks;
  const [own, given] = [await gradients(ownMomentum), await gradients(givenMomentum)];
  expect(own.length).toBeGreaterThan(2);
  own.forEach(({ weight, compiled, passed }, index) => {
    expect([weight, passed]).toEqual([given[index]?.weight, true]);
    expect(compiled).toBeCloseTo(given[index]?.compiled as number, 10);
  });
});

test('a learned optimiser has gradients', async () => {
  const { checks, diagnostics } = await gradcheck({ name: 'learned', text: learnedOptimiser }, { entries: 4 });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(checks.map(({ weight }) => weight)).toContain('rule.cell.lstm_cell.recurrent');
  for (const check of checks) expect([check.weight, check.passed, check.largestError]).toEqual([check.weight, true, expect.any(Number)]);
});

test('a program does not grow with the steps of its recurrence, and is compiled in seconds', () => {
  const text = (steps: number) =>
    (recurrentSpecs['a recurrent model'] as string).replace('range(6)', `range(${steps})`).replace('[5]', `[${steps - 1}]`);
  const nodes = (steps: number): number => {
    const { program } = compile({ name: 'recurrence', text: text(steps) });
    const entry = program?.functions.find(({ name }) => name === 'train.outer_step');
    return Object.values(countPrimitives((entry as EntryFunction).body)).reduce((sum, count) => sum + count, 0);
  };
  const few = nodes(6);
  const before = process.cpuUsage();
  const many = nodes(100);
  const { user, system } = process.cpuUsage(before);
  expect(few).toBeGreaterThan(50);
  expect(many).toBe(few);
  expect((user + system) / 1e6).toBeLessThan(5);
});
