/**
 * @file Losses and meta-gradients of the specs against values computed elsewhere in float64 (test/fixtures/make_fixtures.py). The other
 * engines do the same in test/engines/conformance.
 */
import { describe, expect, it } from 'vitest';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { fixtureSpecs } from './fixture-specs.ts';
import { relativeError, runFixture } from './run-fixture.ts';

const engine = referenceEngine();
const tolerance = 1e-9;

describe('the reference engine', () => {
  for (const spec of fixtureSpecs) {
    for (const order of spec.orders) {
      it(`${spec.fixture}, ${order} order`, async () => {
        const result = await runFixture(spec, order, engine);
        if (result.expectedLoss !== undefined)
          expect(Math.abs(result.loss - result.expectedLoss)).toBeLessThan(tolerance * Math.abs(result.expectedLoss));
        for (const { name, actual, expected } of result.gradients)
          expect([name, relativeError(actual, expected)]).toEqual([name, expect.closeTo(0, -Math.log10(tolerance * 2))]);
      });
    }
  }
});
