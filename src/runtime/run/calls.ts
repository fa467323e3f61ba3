/** @file The calls of a training run in order: for each step, each train block in turn, whole or in chunks. */
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { Program, TrainPlan } from '../../compiler/ir/ir.ts';
import type { ResidentImages } from '../data/resident.ts';
import type { Session, Tensors } from '../engine.ts';
import { InputSampler } from '../episodes/sampler.ts';
import { entryOf } from './initialize.ts';

export interface Call {
  readonly plan: TrainPlan;
  /** From 0. */
  readonly step: number;
  readonly entry: string;
  readonly inputs: Tensors;
  /** Whether this call completes the block's step and returns its metrics. */
  readonly completes: boolean;
}

interface Sequence {
  readonly plan: TrainPlan;
  readonly whole: Sampled | undefined;
  readonly chunks: Sampled | undefined;
  readonly apply: Sampled | undefined;
}

interface Sampled {
  readonly entry: string;
  readonly tasks: number;
  readonly sampler: InputSampler;
}

/** How long the whole run is: blocks may have different numbers of steps. */
export function totalSteps(program: Program): number {
  return program.train.reduce((most, plan) => Math.max(most, plan.steps), 0);
}

/** The entry functions that training calls, validation apart. */
export function trainingEntries({ train }: Program): readonly string[] {
  return train.flatMap(({ step, accumulate, apply }) => [step, accumulate, apply].filter((name) => name !== undefined));
}

/** Calls from `firstStep` on. A call's inputs are made when the generator reaches it, so one call ahead can be prepared. */
export function* trainingCalls(
  program: Program,
  seed: number,
  resident: ReadonlyMap<string, ResidentImages>,
  firstStep: number,
): Generator<Call, undefined> {
  const sequences = program.train.map((plan) => sequenceOf(plan, program, seed, resident));
  const steps = totalSteps(program);
  for (let step = firstStep; step < steps; step++) {
    for (const { plan, whole, chunks, apply } of sequences) {
      if (step >= plan.steps) continue;
      if (whole !== undefined) yield { plan, step, entry: whole.entry, inputs: whole.sampler.inputs(step, 0), completes: true };
      if (chunks === undefined || apply === undefined) continue;
      for (let first = 0; first < plan.batch; first += chunks.tasks)
        yield { plan, step, entry: chunks.entry, inputs: chunks.sampler.inputs(step, first), completes: false };
      yield { plan, step, entry: apply.entry, inputs: apply.sampler.inputs(step, 0), completes: true };
    }
  }
  return undefined;
}

/** Calls that a session is given together. */
export interface CallGroup {
  readonly calls: readonly [Call, ...Call[]];
  /** Whole steps of several calls each, for a session that shares those of a step. */
  readonly shared: boolean;
}

/**
 * Calls in groups that a session takes at once, as many steps as `session` says: successive whole steps of one block, or whole steps with the calls of
 * each; else call by call. A step after which `pausesAfter` is true ends its group.
 */
export function* groupedCalls(
  calls: Iterator<Call, undefined>,
  session: Pick<Session, 'callsAtOnce' | 'sharing'>,
  pausesAfter: (step: number) => boolean,
): Generator<CallGroup, undefined> {
  let held: Call | undefined = calls.next().value;
  while (held !== undefined) {
    const first: Call = held;
    const group: [Call, ...Call[]] = [first];
    const together = first.completes ? 0 : (session.sharing?.atOnce(first.entry) ?? 0);
    const most = first.completes ? session.callsAtOnce(first.entry) : together;
    let last = first;
    let steps = first.completes ? 1 : 0;
    held = undefined;
    while (steps < most) {
      const next: Call | undefined = calls.next().value;
      const ends = next === undefined || (together === 0 && next.entry !== first.entry);
      if (ends || (next.step > last.step && pausesAfter(next.step))) {
        held = next;
        break;
      }
      group.push(next);
      last = next;
      if (last.completes) steps++;
    }
    yield { calls: group, shared: together > 0 };
    held ??= calls.next().value;
  }
  return undefined;
}

function sequenceOf(plan: TrainPlan, program: Program, seed: number, resident: ReadonlyMap<string, ResidentImages>): Sequence {
  const sampled = (name: string | undefined): Sampled | undefined => {
    if (name === undefined) return undefined;
    const entry = entryOf(program, name);
    const context = {
      seed,
      phase: 'train',
      sources: program.sources,
      episodeShapes: plan.episodeShapes,
      resident,
      batch: plan.batch,
    } as const;
    return { entry: name, tasks: entry.tasks, sampler: new InputSampler(entry, context) };
  };
  const whole = sampled(plan.step);
  const chunks = sampled(plan.accumulate);
  const apply = sampled(plan.apply);
  if (whole === undefined && (chunks === undefined || apply === undefined))
    throw new InternalError(`${plan.name} has neither a whole step nor chunks`);
  return whole !== undefined ? { plan, whole, chunks: undefined, apply: undefined } : { plan, whole, chunks, apply };
}
