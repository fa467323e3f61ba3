/** @file How many threads of a CPU a program is worth on XLA. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { threadsFor } from '../../../src/runtime/engines/xla/pace.ts';

const threads = (name: string, settings: Readonly<Record<string, string>> = {}) => {
  const text = readFileSync(`specs/${name}.meta`, 'utf8');
  const { program } = compile({ name: `${name}.meta`, text }, { settings: new Map(Object.entries(settings)) });
  if (program === undefined) throw new Error(`${name} has errors`);
  return threadsFor(program);
};

test('one where steps are small, whatever evaluation takes; all elsewhere', () => {
  expect(threads('maml-sinusoid')).toBe(1);
  expect(threads('maml-sinusoid', { 'fast.steps': '5', 'train.batch': '50' })).toBeUndefined();
  expect(threads('maml-omniglot')).toBeUndefined();
});
