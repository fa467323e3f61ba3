/** @file Every pass on random functions: same meaning, well typed, and done when it says so. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { verifyFunction } from '../../src/compiler/ir/verify.ts';
import { removeDeadNodes } from '../../src/compiler/optimize/dead-code.ts';
import { layouts } from '../../src/compiler/optimize/layouts.ts';
import { cleanup, cleanupPasses, optimize, passes } from '../../src/compiler/optimize/pipeline.ts';
import type { MakerName } from '../random-function/makers.ts';
import { randomFunctions } from '../random-function.ts';
import { expectSame } from './support.ts';

const runs = { numRuns: 1000, seed: 20261121 };

/** What the rules of a pass look for. */
const favourites: Readonly<Record<string, readonly MakerName[]>> = {
  'dead-code': [],
  'stop-gradients': ['unary'],
  'constant-folding': ['constant', 'iota', 'binary', 'sum', 'broadcast', 'reshape', 'slice', 'pad', 'concatenate', 'dot'],
  algebra: ['unary', 'binary', 'power', 'quotient', 'select', 'compare', 'logical', 'convert', 'root'],
  shapes: ['reshape', 'transpose', 'broadcast', 'reverse', 'slice', 'pad', 'concatenate', 'sum', 'constant'],
  'hoist-broadcasts': ['broadcast', 'binary', 'unary', 'sum', 'maximum', 'reverse'],
  regroup: ['affine', 'affine', 'quotient', 'unary'],
  reductions: ['sum', 'sum', 'affine', 'binary', 'broadcast', 'dot', 'transpose', 'reshape', 'convolution'],
  'sums-of-products': ['table', 'unary', 'transpose'],
  'product-chains': ['chain', 'dot', 'transpose'],
  'updated-tables': ['updated', 'updated', 'unary'],
  'dot-operands': ['dot', 'transpose', 'broadcast', 'dot'],
  'scalar-factors': ['dot', 'convolution', 'affine', 'affine'],
  layouts: ['transpose', 'binary', 'sum', 'broadcast', 'pad', 'convolution', 'pool', 'concatenate', 'reshape', 'select'],
  captures: [],
  'collect-terms': ['affine', 'affine', 'unary'],
  'convolution-roles': ['convolution', 'correlation'],
  windows: ['pool', 'unpool', 'affine', 'sum'],
  'common-subexpressions': ['unary', 'transpose', 'turned'],
  'split-scans': ['recurrence', 'recurrence', 'affine'],
  'pool-first': ['pool', 'affine', 'unary'],
};

describe.each([...new Set([...passes, ...cleanupPasses])])('$name', (pass) => {
  test('keeps the meaning of random functions', () => {
    let changed = 0;
    fc.assert(
      fc.property(randomFunctions(20, favourites[pass.name]), ({ f, args }) => {
        const live = removeDeadNodes(f);
        const after = pass.run(live);
        if (after !== live) changed++;
        verifyFunction(after);
        expectSame(f, after, args);
      }),
      runs,
    );
    // The property says nothing about a pass that finds nothing to do. Dead code is gone already, and regions have tests of their own.
    if (!['dead-code', 'captures', 'separate-items'].includes(pass.name)) expect(changed).toBeGreaterThan(runs.numRuns / 40);
  });
});

test('optimize keeps the meaning of random functions and is idempotent', () => {
  fc.assert(
    fc.property(randomFunctions(30), ({ f, args }) => {
      const once = optimize(f, { verify: true });
      expectSame(f, once, args);
      expect(printFunction(optimize(once, { verify: true }))).toBe(printFunction(once));
    }),
    { ...runs, numRuns: 1500 },
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
