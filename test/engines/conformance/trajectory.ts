/** @file The first steps of a spec on any engine: what each call returns, from the same weights and the same inputs. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Program } from '../../../src/compiler/ir/ir.ts';
import { prepare } from '../../../src/prepare.ts';
import type { ResidentImages } from '../../../src/runtime/data/resident.ts';
import type { Engine, Session, Tensors } from '../../../src/runtime/engine.ts';
import { InputSampler } from '../../../src/runtime/episodes/sampler.ts';
import { type Call, trainingCalls } from '../../../src/runtime/run/calls.ts';
import { dataTensors, entryOf, initialState, initialWeights } from '../../../src/runtime/run/initialize.ts';
import { sharedResult } from '../../shared-results.ts';
import { smallSettings, smallText } from '../../specs/small.ts';

const STEPS = 20;
const SEED = 7;

export interface Problem {
  readonly program: Program;
  readonly images: ReadonlyMap<string, ResidentImages>;
}

/** What is known after a completed step of a train block. */
export interface Step {
  /** `train, step 3`. */
  readonly name: string;
  readonly metrics: Tensors;
  /** Weights and states after it. */
  readonly resident: Tensors;
}

/** Names of the shipped specs, without `.meta`. */
export function specNames(): readonly string[] {
  return readdirSync(new URL('../../../specs/', import.meta.url))
    .filter((file) => file.endsWith('.meta'))
    .map((file) => file.replace('.meta', ''));
}

/**
 * A shipped spec made small, compiled once for all engines. `chunk` 1 gives `accumulate` and `apply` where the batch is larger; undefined is
 * the cost model's choice.
 */
export function problem(name: string, chunk: number | undefined): Promise<Problem> {
  return sharedResult(`problem-${name}-${chunk ?? 'chosen'}`, () => compiled(name, chunk));
}

async function compiled(name: string, chunk: number | undefined): Promise<Problem> {
  const text = smallText(readFileSync(new URL(`../../../specs/${name}.meta`, import.meta.url), 'utf8'));
  const source = { name: `${name}.meta`, text };
  const settings = smallSettings(source);
  const { compilation, images } = await prepare(source, {
    settings,
    steps: STEPS,
    verify: true,
    ...(chunk === undefined ? {} : { chunk }),
  });
  const { program, diagnostics } = compilation;
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  return { program, images };
}

/** Weights, states and data sets as training starts with them. */
export async function begin(engine: Engine, { program, images }: Problem): Promise<Session> {
  const session = await engine.compile(program, { threads: 1 });
  await session.write(dataTensors(program, images));
  await session.write(new Map([...initialWeights(program, SEED), ...initialState(program)]));
  return session;
}

/** The calls of the first steps, grouped by the step that they complete. */
export function* stepCalls({ program, images }: Problem): Generator<readonly Call[], undefined> {
  let calls: Call[] = [];
  for (const call of trainingCalls(program, SEED, images, 0)) {
    calls.push(call);
    if (!call.completes) continue;
    yield calls;
    calls = [];
  }
  return undefined;
}

/** Runs one step; returns what its last call returned. */
export async function takeStep(session: Session, calls: readonly Call[]): Promise<Tensors> {
  let results: Tensors = new Map();
  for (const { entry, inputs } of calls) results = await session.run(entry, inputs);
  return results;
}

export function residentNames({ program }: Problem): readonly string[] {
  return [...program.weights, ...program.state].map(({ name }) => name);
}

/** All first steps, each from what the one before has left. */
export async function freeRun(session: Session, one: Problem): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const calls of stepCalls(one)) {
    const metrics = await takeStep(session, calls);
    steps.push({ name: stepName(calls), metrics, resident: await session.read(residentNames(one)) });
  }
  return steps;
}

function stepName(calls: readonly Call[]): string {
  const last = calls.at(-1);
  return `${last?.plan.name}, step ${last?.step}`;
}

/** What one call of each validation and of the evaluation returns, with the weights that the session has. */
export async function testResults(session: Session, { program, images }: Problem): Promise<readonly Tensors[]> {
  const plans = [
    ...program.train.flatMap(({ validate }) => (validate === undefined ? [] : [{ ...validate, phase: 'validate' as const }])),
    ...(program.evaluate === undefined ? [] : [{ ...program.evaluate, phase: 'evaluate' as const }]),
  ];
  const results: Tensors[] = [];
  for (const { entry, phase, episodeShapes, episodes } of plans) {
    const context = { seed: SEED, phase, sources: program.sources, episodeShapes, resident: images, batch: episodes };
    const sampler = new InputSampler(entryOf(program, entry), context);
    results.push(await session.run(entry, sampler.inputs(0, 0)));
  }
  return results;
}
