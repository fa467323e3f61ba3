/** @file Convolutional steps and evaluations on several threads give what one thread gives, the same bytes every time. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/compiler/ir/ir.ts';
import { hashProgram } from '../../src/compiler/ir/serialize.ts';
import { prepare } from '../../src/prepare.ts';
import type { Session, Tensors } from '../../src/runtime/engine.ts';
import { beginsAtOnce, lockstepOf } from '../../src/runtime/engines/onnx/lockstep-functions.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { InputSampler } from '../../src/runtime/episodes/sampler.ts';
import { type Call, trainingCalls } from '../../src/runtime/run/calls.ts';
import { dataTensors, entryOf, initialState, initialWeights } from '../../src/runtime/run/initialize.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { expectTensors } from './conformance/expect-tensors.ts';

const name = 'maml-omniglot.meta';
const text = readFileSync(new URL(`../../specs/${name}`, import.meta.url), 'utf8');
const settings = new Map([
  ['train.batch', '5'],
  ['train.queries', '1'],
]);
const { compilation, images } = await prepare({ name, text }, { settings, chunk: 1 });
const { program } = compilation;
if (program === undefined) throw new Error(JSON.stringify(compilation.diagnostics));
const whole: Program = program;

async function started(threads: number): Promise<Session> {
  const session = await onnxEngine({ device: 'cpu' }).compile(whole, { threads });
  await session.write(new Map([...initialWeights(whole, 0), ...initialState(whole)]));
  await session.write(dataTensors(whole, images));
  return session;
}

/** Of two steps, handed over in groups. */
async function twoSteps(threads: number, groups: readonly number[]): Promise<{ losses: number[]; tensors: Tensors }> {
  const session = await started(threads);
  const calls = trainingCalls(whole, 0, images, 0);
  const losses: number[] = [];
  for (const steps of groups) {
    const group = Array.from({ length: 6 * steps }, () => calls.next().value as Call);
    const results: (Tensors | undefined)[] = [];
    if (session.sharing === undefined) for (const { entry, inputs } of group) results.push(await session.run(entry, inputs));
    else results.push(...(await session.sharing.run(group)));
    for (const one of results) if (one?.has('loss')) losses.push(one.get('loss')?.data[0] as number);
  }
  const tensors = await session.read([...whole.weights, ...whole.state].map(({ name }) => name));
  await session.dispose();
  return { losses, tensors };
}

describe('steps with several large calls for each replica', { timeout: 60_000 }, () => {
  it(`${hashProgram(whole).slice(0, 8)}: losses and weights as on one thread, equal bytes one by one and together`, async () => {
    const lockstep = lockstepOf(whole, 2);
    expect([lockstep?.replicas, lockstep?.blocks.map(beginsAtOnce)]).toEqual([2, [false]]);
    const alone = await twoSteps(1, [2]);
    const [apart, together] = [await twoSteps(2, [1, 1]), await twoSteps(2, [2])];
    expect(alone.losses).toHaveLength(2);
    apart.losses.forEach((loss, step) => {
      expect(Math.abs(loss - (alone.losses[step] as number))).toBeLessThan(1e-4);
    });
    // Adam's first steps have the size of the rate wherever a gradient has a sign.
    for (const { name } of whole.weights)
      expectTensors(new Map([[name, apart.tensors.get(name) as Tensor]]), new Map([[name, alone.tensors.get(name) as Tensor]]), 0.05, 1);
    expect(together).toEqual(apart);
  });

  it('sums of calls one by one are kept until a call uses them', async () => {
    const session = await started(2);
    const metric = 'accumulator.train.metric.loss';
    const { entry, inputs } = trainingCalls(whole, 0, images, 0).next().value as Call;
    await Promise.all([session.run(entry, inputs), session.run(entry, inputs)]);
    const twice = (await session.read([metric])).get(metric)?.data[0] as number;
    await session.run(entry, inputs);
    const thrice = (await session.read([metric])).get(metric)?.data[0] as number;
    expect(thrice / twice).toBeCloseTo(1.5, 5);
    await session.write(new Map([[metric, { dtype: 'float', shape: [], data: new Float32Array([7]) }]]));
    expect((await session.read([metric])).get(metric)?.data[0]).toBe(7);
    await session.dispose();
  });
});

describe('an evaluation', { timeout: 60_000 }, () => {
  it('runs side by side, with the weights of the step before it', async () => {
    const entry = entryOf(whole, 'evaluate');
    const { episodeShapes = [] } = whole.evaluate ?? {};
    const sampler = new InputSampler(entry, {
      seed: 0,
      phase: 'evaluate',
      sources: whole.sources,
      episodeShapes,
      resident: images,
      batch: 6,
    });
    const calls = Array.from({ length: 6 }, (_, task) => sampler.inputs(0, task * entry.tasks));
    const found = [];
    for (const threads of [1, 2]) {
      const session = await started(threads);
      expect(session.parallel).toBe(threads === 1 ? 1 : 4);
      const step = Array.from(
        { length: 6 },
        (
          (made) => () =>
            made.next().value as Call
        )(trainingCalls(whole, 0, images, 0)),
      );
      const before = await Promise.all(calls.map((inputs) => session.run('evaluate', inputs)));
      if (session.sharing === undefined) for (const { entry: name, inputs } of step) await session.run(name, inputs);
      else await session.sharing.run(step);
      const after = await Promise.all(calls.map((inputs) => session.run('evaluate', inputs)));
      found.push({ before, after });
      await session.dispose();
    }
    const [alone, beside] = found as [(typeof found)[0], (typeof found)[0]];
    expect(beside.before).toEqual(alone.before);
    expect(beside.after).not.toEqual(beside.before);
    beside.after.forEach((results, index) => {
      expectTensors(results, alone.after[index] as Tensors, 0.5, 1);
    });
  });
});
