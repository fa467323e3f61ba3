/** @file `memory <= …`: what is done to stay within it, that it changes no result, and what is said where it cannot be had. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/compiler/check/model.ts';
import { type Compilation, compile } from '../../src/compiler/compile.ts';
import type { Recompute } from '../../src/compiler/fit-memory.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import type { Footprint } from '../../src/compiler/optimize/cost.ts';
import { countPrimitives } from '../../src/compiler/optimize/pipeline.ts';
import { explain } from '../../src/explain.ts';
import { referenceEngine } from '../../src/runtime/engines/reference/reference-engine.ts';
import { begin, stepCalls, takeStep } from '../engines/conformance/trajectory.ts';

const spec = (steps: number, bound = ''): string => `${bound}
tasks sinusoids {
  amplitude ~ uniform(0.1, 5)
  example { x ~ uniform(-5, 5)  y = amplitude * sin(x) }
  shots 5   queries 5
}
model net(x) { return x |> dense(6) |> tanh |> dense(1) }
adapt fast from net {
  minimize mse(fast(support.x), support.y)
  using    sgd(rate: learned(0.02, per: weight), momentum: 0.5)
  steps    ${steps}
}
run(state, item) = (state: tanh(0.9*state + item), output: state*item)
tail = scan(run, from: fast(query.x), over: stack(support.x, support.y, query.x, query.y, support.x, query.x, support.y)).output
train {
  minimize mse(fast(query.x), query.y) + 0.1*mean(square(tail))
  using    adam(rate: 1e-2)
  batch    4
  steps    3
}
`;

/** A forecast that only depends on what was done, so that a test can ask for each of the levels: on the recurrences that it led to. */
const byLevel = ({ functions, train }: Program): Footprint => {
  const scans = functions.reduce((sum, { body }) => sum + (countPrimitives(body).scan ?? 0), 0);
  const bytes = (scans > 4 ? 100 : scans > 2 ? 200 : 300) + (train[0]?.accumulate === undefined ? 50 : 0);
  return { bytes, parts: [['all', bytes]] };
};

function compiled(steps: number, bound: string, options: Parameters<typeof compile>[1] = {}): Compilation {
  return compile({ name: 'bounded.meta', text: spec(steps, bound) }, { footprint: byLevel, verify: true, ...options });
}

async function metrics(program: Program): Promise<readonly number[]> {
  const problem = { program, images: new Map() };
  const session = await begin(referenceEngine(), problem);
  const losses: number[] = [];
  for (const calls of stepCalls(problem)) losses.push(Number((await takeStep(session, calls)).get('loss')?.data[0]));
  await session.dispose();
  return losses;
}

describe('memory <= …', { timeout: 120_000 }, () => {
  it('takes fewer tasks first, then computes steps again, then cuts recurrences into segments', () => {
    const found = ['memory <= 1GB', 'memory <= 330', 'memory <= 220', 'memory <= 120'].map((bound) => compiled(10, bound).memory);
    expect(found.map((memory) => memory?.recompute)).toEqual(['nothing', 'nothing', 'steps', 'segments'] satisfies Recompute[]);
    expect(found[0]?.chunk).toBe(4);
    expect(found[1]?.chunk).toBe(2);
    for (const memory of found) expect(memory?.usual.chunk).toBe(4);
  });

  it.each([2, 5, 10])('changes no loss of a training with %i inner steps', async (steps) => {
    const usual = await metrics(compiled(steps, '').program as Program);
    expect(usual).toHaveLength(3);
    for (const bound of ['memory <= 330', 'memory <= 220', 'memory <= 120']) {
      const losses = await metrics(compiled(steps, bound).program as Program);
      losses.forEach((loss, step) => {
        expect(loss).toBeCloseTo(usual[step] as number, 9);
      });
    }
  });

  it('keeps a chunk that was given', () => {
    expect(compiled(10, 'memory <= 330', { chunk: 4 }).memory).toMatchObject({ chunk: 4, recompute: 'steps' });
  });

  it('can be given where the spec has none, and in its place', () => {
    expect(compiled(3, '', { settings: new Map([['memory', '1GB']]) }).memory?.limit).toBe(1e9);
    expect(compiled(3, 'memory <= 2GiB', { settings: new Map([['memory', '512MiB']]) }).memory?.limit).toBe(512 * 2 ** 20);
    expect(compiled(3, 'memory <= 1.5GB').memory?.limit).toBe(1.5e9);
    expect(compiled(3, '').memory).toBeUndefined();
    const { diagnostics } = compiled(3, '', { settings: new Map([['memory', 'plenty']]) });
    expect(diagnostics.map(({ code }) => code)).toEqual(['E0602']);
  });

  it('is refused with the least that was found', () => {
    const { program, diagnostics } = compiled(10, 'memory <= 50');
    expect(program).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'E0466', expected: 'at least 1kB: all 1kB' }]);
    expect(diagnostics[0]?.found).toContain('one at a time');
    const given = compiled(10, 'memory <= 50', { chunk: 4 }).diagnostics[0];
    expect(given?.found).not.toContain('one at a time');
    expect(given?.hint).toContain('--chunk');
  });

  it('is explained: the forecast with and without it, and what it costs', () => {
    const [usual, again] = ['', 'memory <= 220'].map((bound) => {
      const compilation = compiled(10, bound);
      return explain(compilation, compilation.model as Model, compilation.program as Program).memory;
    });
    expect(usual).toBeUndefined();
    expect(again).toMatchObject({ limit: 220, forecast: 200, usualForecast: 350, chunk: 2, usualChunk: 4, recompute: 'steps' });
    expect(again?.arithmetic).toBeGreaterThan(1.05);
    expect(again?.arithmetic).toBeLessThan(2);
  });

  it('leaves the name to specs that define it', () => {
    const text = spec(1).replace('steps    3', 'steps    memory').replace('run(state', 'memory = 3\nrun(state');
    const { model, memory } = compile({ name: 'named.meta', text }, { settings: new Map([['memory', '2']]) });
    expect([model?.train[0]?.steps, memory]).toEqual([2, undefined]);
  });
});
