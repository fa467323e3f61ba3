/** @file Training on several devices follows the curve of one within float32 rounding, on specs as they ship. */
import { describe, expect, test } from 'vitest';
import type { Tensors } from '../../../src/runtime/engine.ts';
import { xlaEngine } from '../../../src/runtime/engines/xla/xla-engine.ts';
import { begin, problem, residentNames, stepCalls, takeStep } from '../conformance/trajectory.ts';
import { cpuPlugin, TEST_ENVIRONMENT } from './cpu-plugin.ts';

const found = await cpuPlugin();

interface Curve {
  readonly losses: readonly number[];
  readonly resident: Tensors;
}

/** One task in a call: as many calls in a step as there are tasks, which the devices share. */
async function curve(name: string, devices: number): Promise<Curve> {
  const one = await problem(name, 1);
  const session = await begin(xlaEngine({ plugin: 'path' in found ? found.path : '', devices }, TEST_ENVIRONMENT), one);
  try {
    const losses: number[] = [];
    for (const calls of stepCalls(one)) losses.push((await takeStep(session, calls)).get('loss')?.data[0] ?? Number.NaN);
    return { losses, resident: await session.read(residentNames(one)) };
  } finally {
    await session.dispose();
  }
}

describe.skipIf('missing' in found)('the training curve', { timeout: 240_000 }, () => {
  /**
   * Losses and weights may differ by these parts of themselves. Prototypical networks leave some shifts without a gradient but rounding, which Adam
   * blows up (test/engines/conformance/kit.ts): of those, only the losses are compared.
   */
  test.each([
    ['maml-sinusoid', 1e-5, 1e-3],
    ['prototypical-omniglot', 1e-3, Number.POSITIVE_INFINITY],
  ])('of %s is the same on 1, 2 and 4 devices', async (name, ofLosses, ofWeights) => {
    const alone = await curve(name, 1);
    expect(alone.losses.length).toBeGreaterThanOrEqual(20);
    expect(alone.losses.every(Number.isFinite)).toBe(true);
    for (const devices of [2, 4]) {
      const together = await curve(name, devices);
      together.losses.forEach((loss, step) => {
        const expected = alone.losses[step] ?? Number.NaN;
        expect(Math.abs(loss / expected - 1), `step ${step}: ${loss}, not ${expected}`).toBeLessThan(ofLosses);
      });
      for (const [weight, tensor] of alone.resident) {
        const values = Array.from(tensor.data);
        const other = together.resident.get(weight)?.data ?? [];
        const scale = Math.max(1e-3, ...values.map(Math.abs));
        values.forEach((value, index) => {
          expect(Math.abs((other[index] ?? Number.NaN) - value) / scale, weight).toBeLessThan(ofWeights);
        });
      }
    }
  });
});
