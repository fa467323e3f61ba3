/** @file The peers' problems on metac's engines give the losses that JAX, PyTorch and learn2learn found: text to trained weights, end to end. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { agreement, type Comparison, comparisons } from '../../bench/compare/configurations.ts';
import { NumpyRandom } from '../../bench/problems/numpy-random.ts';
import { peerProblem } from '../../bench/problems/peer-problem.ts';
import { prepareStepper } from '../../bench/problems/stepper.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';

const specs = fileURLToPath(new URL('../../bench/specs', import.meta.url));

async function firstLosses(id: string, engine: Engine): Promise<readonly number[]> {
  const stepper = await prepareStepper(peerProblem(expected(id)), { engine, specs });
  const losses = await stepper.takeSteps(3);
  await stepper.dispose();
  return losses;
}

function expected(id: string): Comparison {
  const comparison = comparisons.find((one) => one.id === id);
  if (comparison === undefined) throw new Error(`no comparison ${id}`);
  return comparison;
}

describe("NumPy's generator", () => {
  test('gives the numbers of numpy.random.default_rng(0)', () => {
    const random = new NumpyRandom(0);
    expect([...random.uniform(0, 1, 3)]).toEqual([0.6369616873214543, 0.2697867137638703, 0.04097352393619469]);
    // The strips' edges are computed here and tabulated there: normals agree to fourteen digits, and as float32 to the last bit.
    const normals = [0.10490011715303971, -0.535669373161111, 0.36159505490948474];
    random.standardNormal(3).forEach((value, index) => {
      expect(value).toBeCloseTo(normals[index] ?? 0, 13);
    });
  });

  test('has the tail and the edges of the strips right: moments of two hundred thousand normals, as NumPy gives them', () => {
    const numbers = new NumpyRandom(1).standardNormal(200_000);
    const sum = (power: number): number => numbers.reduce((total, value) => total + value ** power, 0);
    expect(sum(1)).toBeCloseTo(-496.67869609618776, 7);
    expect(sum(2)).toBeCloseTo(199513.73000794547, 7);
    expect(Math.max(...numbers.subarray(0, 100_000))).toBeCloseTo(4.406353522522504, 12);
  });
});

describe('the losses of the first three outer steps are the peers’', () => {
  for (const id of ['w1-25-1', 'w1-25-5', 'w2-4-1', 'w4-1-0'])
    test(`${id} on ONNX Runtime`, { timeout: 60_000 }, async () => {
      const losses = await firstLosses(id, onnxEngine());
      expect(agreement(expected(id), losses), `found ${losses.join(' ')}`).toBe('agree');
    });

  for (const id of ['w1-25-1', 'w1-25-5'])
    test(`${id} on the reference engine`, { timeout: 60_000 }, async () => {
      const losses = await firstLosses(id, referenceEngine());
      expect(agreement(expected(id), losses), `found ${losses.join(' ')}`).toBe('agree');
    });
});

test('agreement tells near losses from others', () => {
  const comparison = expected('w1-25-1');
  const [first = 0, second = 0, third = 0] = comparison.losses;
  expect(agreement(comparison, [first, second, third])).toBe('agree');
  expect(agreement(comparison, [first, second, third * 1.0001])).toBe('DIFFER');
  expect(agreement(comparison, [first * 1.0001, second, third])).toBe('DIFFER');
  expect(agreement(comparison, [first, 0, 0], true)).toBe('first agrees');
  expect(agreement(comparison, [first, Number.NaN, third])).toBe('DIFFER');
  expect(agreement(comparison, [])).toBe('DIFFER');
});
