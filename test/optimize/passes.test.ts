/** @file Every pass on random functions: same meaning, well typed, and done when it says so. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { layouts } from '../../src/compiler/optimize/layouts.ts';
import { cleanup, cleanupPasses, optimize, passes } from '../../src/compiler/optimize/pipeline.ts';
import { randomFunctions } from '../random-function.ts';
import { expectSame } from './support.ts';

const runs = { numRuns: 300, seed: 20261121 };

describe.each([...new Set([...passes, ...cleanupPasses])])('$name', (pass) => {
  test('keeps the meaning of random functions', () => {
    fc.assert(
      fc.property(randomFunctions(), ({ f, args }) => {
        const after = pass.run(f);
        verifyFunction(after);
        expectSame(f, after, args);
        expect(after.parameters).toEqual(f.parameters);
      }),
      runs,
    );
  });
});

test('optimize keeps the meaning of random functions and is idempotent', () => {
  fc.assert(
    fc.property(randomFunctions(30), ({ f, args }) => {
      const once = optimize(f, { verify: true });
      expectSame(f, once, args);
      expect(printFunction(optimize(once, { verify: true }))).toBe(printFunction(once));
    }),
    { ...runs, numRuns: 500 },
  );
});

test('cleanup keeps the meaning of random functions and is idempotent', () => {
  fc.assert(
    fc.property(randomFunctions(30), ({ f, args }) => {
      const once = cleanup(f, { verify: true });
      expectSame(f, once, args);
      expect(printFunction(cleanup(once))).toBe(printFunction(once));
    }),
    runs,
  );
});

test('layouts does nothing to a function without transposes', () => {
  fc.assert(
    fc.property(randomFunctions(), ({ f }) => {
      if (!f.nodes.some((node) => node.op === 'transpose')) expect(layouts.run(f)).toBe(f);
    }),
    runs,
  );
});
