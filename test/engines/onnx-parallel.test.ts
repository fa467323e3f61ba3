/** @file Calls side by side on worker threads give what one thread gives, the same bytes every time. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashProgram } from '../../src/compiler/ir/serialize.ts';
import { prepare } from '../../src/prepare.ts';
import type { Session, Tensors } from '../../src/runtime/engine.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { InputSampler } from '../../src/runtime/episodes/sampler.ts';
import { dataTensors, entryOf, initialState, initialWeights } from '../../src/runtime/run/initialize.ts';

const name = 'maml-omniglot.meta';
const text = readFileSync(new URL(`../../specs/${name}`, import.meta.url), 'utf8');
const settings = new Map([
  ['train.batch', '5'],
  ['train.queries', '1'],
]);
const { compilation, images } = await prepare({ name, text }, { settings, chunk: 1 });
const { program } = compilation;
if (program === undefined) throw new Error(JSON.stringify(compilation.diagnostics));
const plan = program.train[0];
if (plan?.accumulate === undefined || plan.apply === undefined) throw new Error('no chunks');
const { accumulate, apply, episodeShapes, batch } = plan;

async function started(threads: number): Promise<Session> {
  const session = await onnxEngine().compile(program as NonNullable<typeof program>, { threads });
  await session.write(
    new Map([...initialWeights(program as NonNullable<typeof program>, 0), ...initialState(program as NonNullable<typeof program>)]),
  );
  await session.write(dataTensors(program as NonNullable<typeof program>, images));
  return session;
}

const entry = entryOf(program, accumulate);
const sampler = new InputSampler(entry, { seed: 0, phase: 'train', sources: program.sources, episodeShapes, resident: images, batch });

/** Of two steps; with `ahead`, all calls are asked for before the first has ended. */
async function twoSteps(session: Session, ahead = false): Promise<{ losses: number[]; weights: Tensors }> {
  const applied: Promise<Tensors>[] = [];
  for (const step of [0, 1]) {
    const chunks = Array.from({ length: batch }, (_, task) => session.run(accumulate as string, sampler.inputs(step, task)));
    if (!ahead) await Promise.all(chunks);
    applied.push(session.run(apply as string, new Map()));
    if (!ahead) await applied.at(-1);
  }
  const weights = await session.read((program as NonNullable<typeof program>).weights.map((weight) => weight.name));
  const losses = (await Promise.all(applied)).map((results) => results.get('loss')?.data[0] as number);
  return { losses, weights };
}

describe('calls side by side', { timeout: 60_000 }, () => {
  it(`${hashProgram(program).slice(0, 8)}: losses and weights as on one thread, equal bytes when all is asked for at once`, async () => {
    const results = [];
    for (const { threads, ahead } of [{ threads: 1 }, { threads: 2 }, { threads: 2, ahead: true }]) {
      const session = await started(threads);
      expect(session.parallel).toBe(threads === 1 ? 1 : 4);
      results.push(await twoSteps(session, ahead));
      await session.dispose();
    }
    const [alone, side, again] = results as [
      Awaited<ReturnType<typeof twoSteps>>,
      Awaited<ReturnType<typeof twoSteps>>,
      Awaited<ReturnType<typeof twoSteps>>,
    ];
    side.losses.forEach((loss, step) => {
      expect(Math.abs(loss - (alone.losses[step] as number))).toBeLessThan(1e-4);
    });
    expect(again.losses).toEqual(side.losses);
    for (const [weight, tensor] of side.weights) expect(again.weights.get(weight)?.data).toEqual(tensor.data);
  });

  it('empties accumulators that were read or written between calls', async () => {
    const session = await started(2);
    const metric = 'accumulator.train.metric.loss';
    const one = sampler.inputs(0, 0);
    await Promise.all([session.run(accumulate, one), session.run(accumulate, one)]);
    const twice = (await session.read([metric])).get(metric)?.data[0] as number;
    await session.run(accumulate, one);
    const thrice = (await session.read([metric])).get(metric)?.data[0] as number;
    expect(thrice / twice).toBeCloseTo(1.5, 5);
    await session.write(new Map([[metric, { dtype: 'float', shape: [], data: new Float32Array([7]) }]]));
    expect((await session.read([metric])).get(metric)?.data[0]).toBe(7);
    await session.dispose();
  });
});
