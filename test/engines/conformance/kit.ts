/**
 * @file What every engine has to pass: each primitive alone, the fixtures of other frameworks, the first steps of every spec.
 * The reference engine (float64) says what is right. A test file of an engine calls `conformance(engine)` and adds its own tests.
 */
import { describe, expect, test } from 'vitest';
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../../src/compiler/ir/host-array.ts';
import { hashProgram } from '../../../src/compiler/ir/serialize.ts';
import type { Engine, Session, Tensors } from '../../../src/runtime/engine.ts';
import { referenceEngine } from '../../../src/runtime/engines/reference/reference-engine.ts';
import { allSamples, type NamedSample } from '../../primitives/samples.ts';
import { sharedResult } from '../../shared-results.ts';
import { fixtureSpecs } from '../../specs/fixture-specs.ts';
import { runFixture } from '../../specs/run-fixture.ts';
import { expectArray, expectTensors, largestError, shareWithin, tensorOf } from './expect-tensors.ts';
import { checkRandomFunctions } from './random-functions.ts';
import { sampleProgram } from './sample-program.ts';
import {
  begin,
  freeRun,
  type Problem,
  problem,
  residentNames,
  type Step,
  specNames,
  stepCalls,
  takeStep,
  testResults,
} from './trajectory.ts';

export interface ConformanceOptions {
  /** Of one primitive's float results: allowed difference, relative to the larger of 1 and the number. Whole numbers must be equal. */
  readonly primitives?: number;
  /** Of losses, metrics, meta-gradients, weights and states: allowed difference, relative to the largest entry of each tensor. */
  readonly programs?: number;
  /** Specs that are also run one task a call; all unless told. Fewer where compiling a program takes many seconds. */
  readonly single?: readonly string[];
  /** How many random functions are tried. */
  readonly random?: number;
  /** Milliseconds that one test may take; far more than it needs, since the machine may be busy. */
  readonly timeout?: number;
}

/**
 * Why training is not compared strictly throughout. (1) Adam divides by the size of a gradient: where that is a rounding error, the weight
 * moves as fast as others do, in another direction for each engine (on prototypical-omniglot the last shifts, which move all embeddings
 * alike). So SHARE of all weights is compared strictly and the rest as DRIFT allows. (2) A relu or max-pool that is nearly tied goes
 * another way in float32 and changes the gradient (measured: once in 20 steps of prototypical-omniglot, by 2e-3 of its largest entry; else
 * by 1e-6). So moments may differ by DRIFT after at most KINKS of the steps. (3) Steps in a row add these up: each is compared from the
 * reference's own state, and the loss after all of them in a row by DRIFT. Losses and metrics from one state are always compared strictly.
 */
const DRIFT = 2e-2;
const SHARE = 0.97;
const KINKS = 2;

/** Registers the tests. Call it within a `describe` of the engine's own, or at the top of a file. */
export function conformance(
  engine: Engine,
  { primitives = 1e-5, programs = 1e-4, single = specNames(), random = 60, timeout = 120_000 }: ConformanceOptions = {},
): void {
  describe('every primitive', { timeout }, () => {
    test.each(allSamples.map((named) => [`${named.op}: ${named.sample.name}`, named] as const))('%s', (_, named: NamedSample) =>
      checkSample(engine, named, primitives),
    );
  });

  describe('every fixture', { timeout }, () => {
    for (const spec of fixtureSpecs) {
      for (const order of spec.orders) {
        test(`${spec.fixture}, ${order} order`, async () => {
          const { loss, expectedLoss, gradients } = await runFixture(spec, order, engine);
          if (expectedLoss !== undefined) expectTensors(named([['loss', [loss]]]), named([['loss', [expectedLoss]]]), programs);
          expect(gradients.length).toBeGreaterThan(0);
          for (const { name, actual, expected } of gradients) expectTensors(named([[name, actual]]), named([[name, expected]]), programs);
        });
      }
    }
  });

  describe.each(specNames())('the first steps of %s', { timeout }, (name) => {
    test('as many tasks a call as the cost model chooses', () => checkTraining(engine, name, undefined, programs));
    test('one task a call', async (context) => {
      context.skip(!single.includes(name), 'this engine takes long to compile: a choice of the specs stands for all');
      const usual = await problem(name, undefined);
      context.skip(
        usual.program.functions.every(({ tasks }) => tasks <= 1),
        'the cost model chooses one task a call: the same program',
      );
      await checkTraining(engine, name, 1, programs);
    });
  });

  test('random functions', { timeout }, () => checkRandomFunctions(engine, random));

  test('many calls at once do what they do one by one', { timeout }, () => checkRunMany(engine, programs));
}

async function checkSample(engine: Engine, one: NamedSample, tolerance: number): Promise<void> {
  const { program, entry, inputs, resident } = sampleProgram(one);
  const expected = evaluateFunction(entry.body, one.sample.operands);
  await using(engine.compile(program, { threads: 1 }), async (session) => {
    await session.write(resident);
    const found = await session.run(entry.name, inputs);
    expect([...found.keys()].sort()).toEqual(entry.body.results.map(({ name }) => name).sort());
    entry.body.results.forEach(({ name }, index) => {
      expectArray(name, tensorOf(found, name), expected[index] as HostArray, tolerance);
    });
  });
}

/**
 * Every step once from the reference's weights and states, compared with all that the reference has after it; then, where the cost model
 * chose the chunks, all steps in a row, without a look at the weights in between.
 */
async function checkTraining(engine: Engine, name: string, chunk: number | undefined, tolerance: number): Promise<void> {
  const one = await problem(name, chunk);
  const [steps, tests] = await sharedResult(`steps-${hashProgram(one.program)}`, () =>
    using(begin(referenceEngine(), one), async (session) => {
      const before = await testResults(session, one);
      return [await freeRun(session, one), before] as const;
    }),
  );
  expect(steps.length).toBeGreaterThanOrEqual(20);
  await using(begin(engine, one), async (session) => {
    const found = await testResults(session, one);
    tests.forEach((results, index) => {
      expectTensors(found[index] as Tensors, results, tolerance);
    });
    await checkSteps(session, one, steps, tolerance);
  });
  if (chunk !== undefined) return;
  await using(begin(engine, one), async (session) => {
    let metrics: Tensors = new Map();
    for (const calls of stepCalls(one)) metrics = await takeStep(session, calls);
    expectTensors(metrics, steps.at(-1)?.metrics as Tensors, DRIFT);
  });
}

async function checkSteps(session: Session, one: Problem, steps: readonly Step[], tolerance: number): Promise<void> {
  const isWeight = new Set(one.program.weights.map((weight) => weight.name));
  const weightsOf = (tensors: Tensors) => new Map([...tensors].filter(([name]) => isWeight.has(name)));
  const statesOf = (tensors: Tensors) => new Map([...tensors].filter(([name]) => !isWeight.has(name)));
  const kinks: string[] = [];
  let before: Step | undefined;
  let index = 0;
  for (const calls of stepCalls(one)) {
    const after = steps[index++] as Step;
    if (before !== undefined) await session.write(before.resident);
    expectTensors(await takeStep(session, calls), after.metrics, tolerance);
    const found = await session.read(residentNames(one));
    const error = largestError(statesOf(found), statesOf(after.resident), 1e-9);
    expect(error.relative, `${after.name}: ${error.name}`).toBeLessThanOrEqual(DRIFT);
    if (error.relative > tolerance) kinks.push(`${after.name}: ${error.name} by ${error.relative}`);
    expectTensors(weightsOf(found), weightsOf(after.resident), DRIFT, 1);
    if (error.relative <= tolerance)
      expect(shareWithin(weightsOf(found), weightsOf(after.resident), tolerance), after.name).toBeGreaterThanOrEqual(SHARE);
    before = after;
  }
  expect(kinks.length, kinks.join('; ')).toBeLessThanOrEqual(KINKS);
}

async function checkRunMany(engine: Engine, tolerance: number): Promise<void> {
  const one = await problem('maml-sinusoid', undefined);
  const groups = [...stepCalls(one)].slice(0, 7);
  const entry = groups[0]?.[0]?.entry as string;
  expect(groups.every((calls) => calls.length === 1 && calls[0]?.entry === entry)).toBe(true);
  const calls = groups.map(([call]) => call?.inputs as Tensors);
  const [single, together] = await Promise.all(
    [true, false].map((alone) =>
      using(begin(engine, one), async (session) => {
        expect(session.callsAtOnce(entry)).toBeGreaterThanOrEqual(1);
        const results: Tensors[] = [];
        if (alone) for (const inputs of calls) results.push(await session.run(entry, inputs));
        else results.push(...(await session.runMany(entry, calls.slice(0, 5))), ...(await session.runMany(entry, calls.slice(5))));
        return { results, resident: await session.read(residentNames(one)) };
      }),
    ),
  );
  expect(together?.results.length).toBe(calls.length);
  single?.results.forEach((results, index) => {
    expectTensors(together?.results[index] as Tensors, results, tolerance);
  });
  expectTensors(together?.resident as Tensors, single?.resident as Tensors, tolerance);
}

async function using<T>(starting: Promise<Session>, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await starting;
  try {
    return await use(session);
  } finally {
    await session.dispose();
  }
}

function named(lists: readonly (readonly [string, readonly number[]])[]): Tensors {
  return new Map(lists.map(([name, list]) => [name, { dtype: 'float', shape: [list.length], data: Float64Array.from(list) }]));
}
