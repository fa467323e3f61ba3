/**
 * @file Many calls of an entry function in one dispatch: a `while` over calls whose inputs were sent ahead, stacked along a leading dimension.
 * Weights and state go round in the loop, data sets stay where they are, and metrics are written into stacks.
 */
import type { EntryFunction, Program, TensorType } from '../../ir/ir.ts';
import { tensorType } from '../../ir/tensor-type.ts';
import { StableBuilder } from './builder.ts';
import { choicesOf, type EmitStableHloOptions, finishModule, residentNames, type StableHloModule } from './emit.ts';
import { lowerEntry } from './lower-body.ts';
import { summedOverReplicas } from './replicas.ts';
import { type Argument, argumentsOf, type Outcome, outcomesOf, stacked } from './signature.ts';
import { type StableTensor, stableType } from './tensor.ts';
import { writeLoop } from './while-loop.ts';

export interface EmitLoopOptions extends EmitStableHloOptions {
  /** Length of the stacks: the most steps of one dispatch. */
  readonly steps: number;
  /**
   * `argument`: `main` has a last argument `count`, int[], from 1 to `steps`, and runs so many; metrics beyond them are zero. `all`: it always runs
   * `steps` of them, which accelerators do without asking the host after each step.
   */
  readonly count: 'argument' | 'all';
}

/** A module whose `main` runs `entry` on each step of the stacks, in order. */
export function emitStableHloLoop(entry: EntryFunction, program: Program, options: EmitLoopOptions): StableHloModule {
  const { steps, count, replicas = 1 } = options;
  const outcomes = outcomesOf(entry, residentNames(program));
  const single = argumentsOf(entry, outcomes, options.donate !== false);
  const results = outcomes.map((outcome): Outcome => (outcome.resident ? outcome : { ...outcome, type: stacked(outcome.type, steps) }));
  const parameters = loopArguments(single, options);
  const builder = new StableBuilder();
  const taken = builder.arguments(parameters.map(({ type }) => stableType(type)));
  const places = groupsOf(single, outcomes);
  const loop = {
    steps,
    count: count === 'argument' ? (taken.at(-1) as StableTensor) : count,
    reverse: false,
    // A resident that no step reads starts as zeros, and is replaced by the first step.
    carried: places.carried.map(({ argument, type }) => taken[argument] ?? builder.splat(0, stableType(type))),
    sequences: places.sequences.map((index) => taken[index] as StableTensor),
    fixed: places.fixed.map((index) => taken[index] as StableTensor),
    outputs: places.outputs.map((index) => stableType((outcomes[index] as Outcome).type)),
  };
  const last = writeLoop(builder, loop, (body, carried, rows, fixed) => {
    const operands: StableTensor[] = [];
    places.carried.forEach(({ argument }, index) => {
      if (argument >= 0) operands[argument] = carried[index] as StableTensor;
    });
    places.sequences.forEach((argument, index) => {
      operands[argument] = rows[index] as StableTensor;
    });
    places.fixed.forEach((argument, index) => {
      operands[argument] = fixed[index] as StableTensor;
    });
    const summed = summedOverReplicas(body, entry, program, operands, replicas);
    const values = lowerEntry(body, entry, summed, choicesOf(options));
    return {
      carried: places.carried.map(({ outcome }) => values[outcome] as StableTensor),
      outputs: places.outputs.map((outcome) => values[outcome] as StableTensor),
    };
  });
  const given: StableTensor[] = [];
  places.carried.forEach(({ outcome }, index) => {
    given[outcome] = last.carried[index] as StableTensor;
  });
  places.outputs.forEach((outcome, index) => {
    given[outcome] = last.outputs[index] as StableTensor;
  });
  return finishModule(entry, program, options, { builder, parameters, results, taken, given });
}

function loopArguments(single: readonly Argument[], { steps, count }: EmitLoopOptions): readonly Argument[] {
  const own = single.map((argument) => (argument.role === 'input' ? { ...argument, type: stacked(argument.type, steps) } : argument));
  const counter: Argument = { name: 'count', role: 'count', type: tensorType('int', []), donatedTo: undefined };
  return count === 'argument' ? [...own, counter] : own;
}

/** Which arguments and results of one call are what to the loop, by their indices. */
interface Groups {
  /** Weights and state that the call replaces; `argument` is -1 where it does not read them. */
  readonly carried: readonly { readonly argument: number; readonly outcome: number; readonly type: TensorType }[];
  readonly sequences: readonly number[];
  readonly fixed: readonly number[];
  readonly outputs: readonly number[];
}

function groupsOf(single: readonly Argument[], outcomes: readonly Outcome[]): Groups {
  const indices = outcomes.map((_, index) => index);
  const carried = indices.flatMap((outcome) => {
    const { name, resident, type } = outcomes[outcome] as Outcome;
    return resident ? [{ argument: single.findIndex((argument) => argument.name === name), outcome, type }] : [];
  });
  const replaced = new Set(carried.map(({ argument }) => argument));
  const places = single.map((_, index) => index);
  return {
    carried,
    sequences: places.filter((index) => single[index]?.role === 'input'),
    fixed: places.filter((index) => single[index]?.role !== 'input' && !replaced.has(index)),
    outputs: indices.filter((index) => outcomes[index]?.resident === false),
  };
}
