/** @file Replicas in lockstep: what one thread gives, the same bytes however steps are grouped, beside everything else that a session does. */
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import type { EntryCall, Session, Tensors } from '../../src/runtime/engine.ts';
import { lockstepOf, Packing, replicaProgram } from '../../src/runtime/engines/onnx/lockstep-functions.ts';
import { onnxEngine } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import { type Call, groupedCalls, trainingCalls } from '../../src/runtime/run/calls.ts';
import { initialState, initialWeights } from '../../src/runtime/run/initialize.ts';
import { wavesSpec } from '../waves.ts';
import { expectTensors } from './conformance/expect-tensors.ts';

const ONE_BLOCK = wavesSpec({
  points: 5,
  layers: 'dense(8) |> tanh',
  train: 'minimize mse(fast(query.x), query.y)\nusing adam(rate: 1e-2)',
  steps: 40,
});

/** Each block trains one of two models that make a prediction together. */
const TWO_BLOCKS = ONE_BLOCK.replace('adapt fast', 'model offset(x) { return x |> dense(1) }\nadapt fast').replace(
  'train {',
  `train offset {
  minimize mse(fast(query.x) + offset(query.x), query.y)
  using    sgd(rate: 1e-2)
  over     offset
  batch    7
  steps    40
}
train net {
  over     net`,
);

function compiled(text: string, chunk: number): Program {
  const { program, diagnostics } = compile({ name: 'waves.meta', text }, { chunk });
  if (program === undefined) throw new Error(diagnostics.map(({ title }) => title).join('\n'));
  return program;
}

function callsOf(program: Program, count: number): readonly Call[] {
  const calls = trainingCalls(program, 3, new Map(), 0);
  return Array.from({ length: count }, () => calls.next().value as Call);
}

async function started(program: Program, threads: number): Promise<Session> {
  const session = await onnxEngine({ device: 'cpu' }).compile(program, { threads });
  await session.write(new Map([...initialWeights(program, 0), ...initialState(program)]));
  return session;
}

/** Every tensor that a checkpoint has. */
function namesOf({ weights, state }: Program): readonly string[] {
  return [...weights, ...state].map(({ name }) => name);
}

interface Outcome {
  readonly results: readonly Tensors[];
  readonly tensors: Tensors;
}

/** `groups`: steps handed over at once, again and again. */
async function shared(
  program: Program,
  calls: readonly EntryCall[],
  perStep: number,
  groups: readonly number[],
  threads = 2,
): Promise<Outcome> {
  const session = await started(program, threads);
  const results: Promise<readonly Tensors[]>[] = [];
  for (let at = 0, turn = 0; at < calls.length; turn++) {
    const count = (groups[turn % groups.length] as number) * perStep;
    const given = session.sharing?.run(calls.slice(at, at + count));
    if (given === undefined) throw new Error('the session shares no steps');
    results.push(given);
    at += count;
  }
  const all = (await Promise.all(results)).flat();
  const tensors = await session.read(namesOf(program));
  await session.dispose();
  return { results: all, tensors };
}

async function oneByOne(program: Program, calls: readonly EntryCall[]): Promise<Outcome> {
  const session = await started(program, 1);
  expect(session.sharing).toBeUndefined();
  const results: Tensors[] = [];
  for (const { entry, inputs } of calls) results.push(await session.run(entry, inputs));
  const tensors = await session.read(namesOf(program));
  await session.dispose();
  return { results, tensors };
}

describe('replicas in lockstep', { timeout: 60_000 }, () => {
  it.each([
    ['one call for each, a place left over', ONE_BLOCK, 4, 3, 2],
    ['one call for one, two for the other', ONE_BLOCK, 3, 4, 2],
    ['seven calls for three', ONE_BLOCK, 1, 8, 3],
    ['two blocks', TWO_BLOCKS, 4, 6, 2],
    ['two blocks, two calls for each', TWO_BLOCKS, 2, 10, 2],
  ])('%s: as on one thread, the same bytes in groups of any size', async (_, text, chunk, perStep, threads) => {
    const program = compiled(text, chunk);
    const calls = callsOf(program, 12 * perStep);
    const alone = await oneByOne(program, calls);
    const outcomes = await Promise.all([[1], [1, 3, 2], [12]].map((groups) => shared(program, calls, perStep, groups, threads)));
    const [single, ...others] = outcomes as [Outcome, ...Outcome[]];
    expect(single.results.length).toBe(calls.length);
    single.results.forEach((results, index) => {
      expect([...results.keys()]).toEqual([...(alone.results[index]?.keys() ?? [])].filter((name) => !name.startsWith('accumulator.')));
      expectTensors(results, alone.results[index] as Tensors, 1e-4);
    });
    expectTensors(single.tensors, alone.tensors, 1e-4);
    for (const other of others) {
      expect(other.results).toEqual(single.results);
      expect(other.tensors).toEqual(single.tensors);
    }
  });

  it('other calls see the weights of the steps before them, and change those of the steps after them', async () => {
    const program = compiled(ONE_BLOCK, 4);
    const calls = callsOf(program, 18);
    const [threeSteps, others] = [calls.slice(0, 9), calls.slice(9)];
    const evaluation = program.functions.find(({ name }) => name === 'evaluate');
    const seen = await Promise.all(
      [1, 2].map(async (threads) => {
        const session = await started(program, threads);
        const take = async (steps: readonly Call[]): Promise<void> => {
          if (session.sharing !== undefined) await session.sharing.run(steps);
          else for (const { entry, inputs } of steps) await session.run(entry, inputs);
        };
        await take(threeSteps);
        const before = await session.read(namesOf(program));
        await session.write(initialWeights(program, 5));
        await take(others);
        // A step call by call between shared ones.
        for (const { entry, inputs } of threeSteps.slice(0, 3)) await session.run(entry, inputs);
        await take(threeSteps);
        const inputs = new Map([...(calls[0] as Call).inputs].filter(([name]) => evaluation?.inputs.some((input) => input.name === name)));
        const looked = await session.run('evaluate', inputs);
        const after = await session.read(namesOf(program));
        await session.dispose();
        return { before, looked, after };
      }),
    );
    const [alone, together] = seen;
    for (const what of ['before', 'looked', 'after'] as const) expectTensors(together?.[what] as Tensors, alone?.[what] as Tensors, 1e-4);
  });

  it('refuses what is no whole step, and goes on', async () => {
    const program = compiled(ONE_BLOCK, 4);
    const calls = callsOf(program, 6);
    const session = await started(program, 2);
    for (const wrong of [calls.slice(0, 2), calls.slice(1, 4), calls.slice(0, 5), [calls[2] as Call]])
      await expect(session.sharing?.run(wrong)).rejects.toThrow('calls that are no whole steps');
    expect(await session.sharing?.run([])).toEqual([]);
    expect(await session.sharing?.run(calls)).toHaveLength(6);
    await session.dispose();
  });

  it('a call that fails in one replica fails for all, and the session can be disposed of', async () => {
    const program = compiled(ONE_BLOCK, 4);
    const [first, second, last] = callsOf(program, 3) as [Call, Call, Call];
    const session = await started(program, 2);
    const lacking = { ...second, inputs: new Map() };
    await expect(session.sharing?.run([first, lacking, last])).rejects.toThrow(/without its input|given up/);
    await session.dispose();
  });

  it('is for programs whose steps have a call for each of several threads', () => {
    const kinds = [7, 4, 3, 2, 1].map((chunk) => lockstepOf(compiled(ONE_BLOCK, chunk), 3)?.replicas);
    expect(kinds).toEqual([undefined, 2, 3, 3, 3]);
    expect(lockstepOf(compiled(ONE_BLOCK, 1), 64)?.replicas).toBe(7);
    expect(lockstepOf(compiled(ONE_BLOCK, 4), 1)).toBeUndefined();
    expect(lockstepOf(compiled(ONE_BLOCK.replace(/train \{[^}]*\}/, ''), 4), 2)).toBeUndefined();
    // One block's steps are whole.
    expect(lockstepOf(compiled(TWO_BLOCKS.replace(/batch +7/, 'batch 3'), 4), 2)).toBeUndefined();
  });

  it('a replica has functions for the calls that it can be asked for, on flat tensors', () => {
    const functions = (text: string, chunk: number): readonly string[] => {
      const lockstep = lockstepOf(compiled(text, chunk), 2);
      if (lockstep === undefined) throw new Error('no lockstep');
      return replicaProgram(lockstep).functions.map(({ name }) => name);
    };
    expect(functions(ONE_BLOCK, 4)).toEqual(['replica//0', 'replica/0/0', 'replica/0/']);
    expect(functions(ONE_BLOCK, 3)).toEqual(['replica//0', 'replica/0/0', 'replica//0/adds', 'replica/0/']);
    const lockstep = lockstepOf(compiled(ONE_BLOCK, 4), 2);
    if (lockstep === undefined) throw new Error('no lockstep');
    const { weights, functions: own } = replicaProgram(lockstep);
    expect(weights.map(({ name, type }) => [name, type.shape.length])).toEqual([
      ['replica/kept', 1],
      ['replica/own/0', 1],
      ['replica/sums/0', 2],
    ]);
    const inputs = lockstep.blocks[0]?.begin.entry.inputs.map(({ name }) => name) ?? [];
    expect(own[1]?.body.parameters.map(({ name }) => name)).toEqual(['replica/kept', 'replica/sums/0', ...inputs]);
    expect(own[1]?.body.results.map(({ name }) => name)).toEqual(['replica/kept', 'replica/metrics', 'replica/own/0']);
  });

  it('tensors side by side come apart as they were', () => {
    const packing = new Packing([
      { name: 'a', type: { dtype: 'float', shape: [2, 2] } },
      { name: 'b', type: { dtype: 'float', shape: [] } },
    ]);
    expect(packing.split(Float32Array.of(1, 2, 3, 4, 5))).toEqual(
      new Map([
        ['a', { dtype: 'float', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
        ['b', { dtype: 'float', shape: [], data: Float32Array.of(5) }],
      ]),
    );
  });
});

describe('groups of calls', () => {
  const program = compiled(ONE_BLOCK, 4);
  const sharing = { atOnce: () => 3, run: () => Promise.resolve([]) };

  function groupsOf(pausesAfter: (step: number) => boolean, first = program): string[] {
    const calls = trainingCalls({ ...first, train: first.train.map((plan) => ({ ...plan, steps: 8 })) }, 0, new Map(), 0);
    return [...groupedCalls(calls, { callsAtOnce: () => 1, sharing }, pausesAfter)].map(
      ({ calls: group, shared: whole }) => `${whole} ${group.map(({ step }) => step).join('')}`,
    );
  }

  it('are whole steps where the session shares them, and end where the training pauses', () => {
    expect(groupsOf(() => false)).toEqual(['true 000111222', 'true 333444555', 'true 666777']);
    expect(groupsOf((step) => step === 2 || step === 6)).toEqual(['true 000111', 'true 222333444', 'true 555', 'true 666777']);
  });

  it('of two blocks pause only when both have taken the step', () => {
    const groups = groupsOf((step) => step === 2, compiled(TWO_BLOCKS, 4));
    expect(groups.slice(0, 3)).toEqual(['true 000000111', 'true 111', 'true 222222333']);
  });
});
