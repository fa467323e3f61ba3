/** @file What a compilation remembers about functions must not change what it makes of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { removeDeadNodes } from '../../src/compiler/optimize/dead-code.ts';
import { PassMemory } from '../../src/compiler/optimize/pass-memory.ts';
import { passes } from '../../src/compiler/optimize/pipeline.ts';
import { cleanupForProcessors, optimizeForProcessors } from '../../src/compiler/optimize/processors.ts';
import { isRewritePass, restTogether } from '../../src/compiler/optimize/rewriter.ts';
import { randomFunctions } from '../random-function.ts';

const runs = { numRuns: 300, seed: 20261121 };

test('where passes rest together each of them leaves the function as it is', () => {
  const rules = passes.filter(isRewritePass);
  let resting = 0;
  fc.assert(
    fc.property(randomFunctions(6), ({ f }) => {
      const live = removeDeadNodes(f);
      if (!restTogether(rules, live, new PassMemory())) return;
      resting++;
      for (const pass of rules) expect(pass.run(live), pass.name).toBe(live);
    }),
    runs,
  );
  expect(resting).toBeGreaterThan(runs.numRuns / 40);
  expect(resting).toBeLessThan(runs.numRuns);
});

test('one memory for many functions gives what a new one for each gives', () => {
  const memory = new PassMemory();
  fc.assert(
    fc.property(randomFunctions(20), ({ f }) => {
      const shared = cleanupForProcessors(f, { verify: true, memory });
      expect(printFunction(shared)).toBe(printFunction(cleanupForProcessors(f)));
      expect(cleanupForProcessors(shared, { verify: true, memory })).toBe(cleanupForProcessors(shared, { verify: true }));
      const last = optimizeForProcessors(shared, { verify: true, memory });
      expect(printFunction(last)).toBe(printFunction(optimizeForProcessors(shared, { verify: false })));
    }),
    runs,
  );
});
