/** @file Calls of a step whose tasks do not divide evenly: the last has places left over, which change nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import { tasksPerCall } from '../../src/compiler/lower/lower.ts';
import type { Tensors } from '../../src/runtime/engine.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { trainingCalls } from '../../src/runtime/run/calls.ts';
import { initialState, initialWeights } from '../../src/runtime/run/initialize.ts';
import { expectTensors } from '../engines/conformance/expect-tensors.ts';
import { wavesSpec } from '../waves.ts';

/** With all that a step sums over its tasks: metrics, running averages, gradients, of a loss that is maximised. */
const SPEC = wavesSpec({
  points: 4,
  layers: 'dense(4) |> batch_norm(mode: running) |> tanh',
  train: 'maximize 1 - mse(fast(query.x), query.y)\nusing sgd(rate: 1e-2)',
  steps: 3,
});

function compiled(chunk: number): Program {
  const { program, diagnostics } = compile({ name: 'waves.meta', text: SPEC }, { chunk, verify: true });
  if (program === undefined) throw new Error(diagnostics.map(({ title }) => title).join('\n'));
  return program;
}

/** Metrics of each step, and weights and states after the last. */
async function trained(program: Program): Promise<{ metrics: readonly Tensors[]; tensors: Tensors; calls: number }> {
  const session = await referenceEngine().compile(program, {});
  await session.write(new Map([...initialWeights(program, 0), ...initialState(program)]));
  const metrics: Tensors[] = [];
  let calls = 0;
  for (const { entry, inputs, completes } of trainingCalls(program, 5, new Map(), 0)) {
    const results = await session.run(entry, inputs);
    calls++;
    if (completes) metrics.push(results);
  }
  const names = [...program.weights, ...program.state].map(({ name }) => name).filter((name) => !name.startsWith('accumulator.'));
  const tensors = await session.read(names);
  await session.dispose();
  return { metrics, tensors, calls };
}

describe('a step in calls that leave places over', () => {
  test.each([
    [6, 4, 3],
    [5, 4, 3],
    [3, 3, 4],
    [2, 2, 5],
  ])('with %i tasks a call at most: %i in each, the same metrics, weights and running averages as whole', async (chunk, tasks, perStep) => {
    const program = compiled(chunk);
    const accumulate = program.functions.find(({ name }) => name === 'train.accumulate');
    expect(accumulate?.tasks).toBe(tasks);
    expect(accumulate?.inputs.map(({ kind }) => kind)).toContain('live');
    const [whole, parts] = await Promise.all([trained(compiled(7)), trained(program)]);
    expect([whole.calls, parts.calls]).toEqual([3, 3 * perStep]);
    whole.metrics.forEach((metrics, step) => {
      expectTensors(parts.metrics[step] as Tensors, metrics, 1e-9);
    });
    expectTensors(parts.tensors, whole.tensors, 1e-9);
  });

  test('nothing says which tasks are live where all of them are', () => {
    for (const chunk of [1, 7]) {
      const kinds = compiled(chunk).functions.flatMap(({ inputs }) => inputs.map(({ kind }) => kind));
      expect(kinds).not.toContain('live');
    }
  });
});

test('tasks of a call: no more than asked for, no call too many, evenly spread', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 250 }), fc.boolean(), (batch, chunk, spread) => {
      const tasks = tasksPerCall(batch, chunk, spread);
      const most = Math.min(batch, Math.max(1, chunk));
      expect(tasks).toBeGreaterThanOrEqual(1);
      expect(tasks).toBeLessThanOrEqual(most);
      const calls = Math.ceil(batch / tasks);
      const fewest = Math.ceil(batch / most);
      if (!spread && batch % tasks === 0) expect(calls).toBeLessThan(2 * fewest + 1);
      else {
        expect(calls).toBeLessThanOrEqual(fewest);
        expect(calls * tasks - batch).toBeLessThan(Math.max(1, calls));
      }
    }),
    { numRuns: 1000, seed: 1 },
  );
});
