/** @file The fixtures of /work/shared/reference on ONNX Runtime, float32, within 1e-4 of the float64 values. */
import { describe, expect, test } from 'vitest';
import { batch } from '../../../src/compiler/batch/batch.ts';
import { differentiate } from '../../../src/compiler/differentiate/differentiate.ts';
import type { Func } from '../../../src/compiler/ir/ir.ts';
import { cleanup, optimize } from '../../../src/compiler/optimize/pipeline.ts';
import { cleanupForProcessors, optimizeForProcessors } from '../../../src/compiler/optimize/processors.ts';
import { fixtureNames } from '../../fixtures/fixture.ts';
import { referenceProblem } from '../../fixtures/reference-problems.ts';
import { runModel } from './run-model.ts';

const pipelines: readonly { readonly name: string; readonly compile: (f: Func) => Func }[] = [
  { name: 'general passes', compile: (f) => optimize(batch(differentiate(cleanup(f), cleanup)), { verify: true }) },
  {
    name: 'passes for processors',
    compile: (f) => optimizeForProcessors(batch(differentiate(cleanupForProcessors(f), cleanupForProcessors)), { verify: true }),
  },
];

describe.each(pipelines)('$name', ({ compile }) => {
  for (const name of fixtureNames) {
    for (const order of ['second', 'first'] as const) {
      test(`${name}, ${order} order`, async () => {
        const { f, args, expected } = referenceProblem(name, order);
        const body = compile(f);
        const found = await runModel({ name, body, tasks: 0, inputs: [] }, args);
        let compared = 0;
        for (const [result, wanted] of expected) {
          const got = found[body.results.findIndex((one) => one.name === result)];
          // Relative to the tensor's largest entry: entries that cancel to almost nothing have no digits in float32.
          const scale = Array.from(wanted.data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          wanted.data.forEach((value, index) => {
            expect(Math.abs((got?.[index] as number) - value), `${result}[${index}]`).toBeLessThanOrEqual(1e-4 * scale);
            compared++;
          });
        }
        expect(compared).toBeGreaterThan(0);
      });
    }
  }
});
