/** @file Losses and meta-gradients of the specs against values computed elsewhere in float64 (test/fixtures/make_fixtures.py). */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/runtime/engine.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { fixtureSpecs } from './fixture-specs.ts';
import { relativeError, runFixture } from './run-fixture.ts';

const engines: readonly { readonly engine: Engine; readonly tolerance: number }[] = [
  { engine: referenceEngine(), tolerance: 1e-9 },
  { engine: onnxEngine(), tolerance: 1e-4 },
];

describe.each(engines)('$engine.name', ({ engine, tolerance }) => {
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
