/** @file Every lowering against the reference meaning, on the samples of all primitives, through ONNX Runtime. */
import { expect, test } from 'vitest';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import { allSamples, type NamedSample } from '../../primitives/samples.ts';
import { runModel } from './run-model.ts';
import { sampleEntry } from './sample-entry.ts';

test.each(allSamples.map((named) => [`${named.op}: ${named.sample.name}`, named] as const))('%s', async (_, named: NamedSample) => {
  const { entry, operands } = sampleEntry(named);
  const expected = evaluateFunction(entry.body, operands);
  const found = await runModel(entry, operands);
  entry.body.results.forEach((result, index) => {
    const [wanted, got] = [expected[index], found[index]];
    expect(got?.length, result.name).toBe(wanted?.data.length);
    wanted?.data.forEach((value, position) => {
      const tolerance = result.value.type.dtype === 'float' ? 2e-6 * Math.max(1, Math.abs(value)) : 0;
      if (Number.isFinite(value))
        expect(Math.abs((got?.[position] as number) - value), `element ${position}: ${value}, got ${got?.[position]}`).toBeLessThanOrEqual(
          tolerance,
        );
      else expect(got?.[position]).toBe(value);
    });
  });
});
