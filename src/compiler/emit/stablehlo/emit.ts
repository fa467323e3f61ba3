/** @file An entry function as a StableHLO module, for any XLA device. */
import type { EntryFunction, Program } from '../../ir/ir.ts';
import { StableBuilder } from './builder.ts';
import { lowerEntry } from './lower-body.ts';
import type { LoweringChoices, Precision, Target } from './lowering-context.ts';
import { moduleText } from './module-text.ts';
import { summedOverReplicas } from './replicas.ts';
import { type Argument, argumentsOf, type Outcome, outcomesOf } from './signature.ts';
import { type StableTensor, stableType } from './tensor.ts';

export interface EmitStableHloOptions {
  readonly target: Target;
  /** `float32` if not given. */
  readonly precision?: Precision;
  /** Devices that run the module together, each on its own tasks; 1 if not given. See replicas.ts. */
  readonly replicas?: number;
  /** Whether results take the memory of the residents that they replace; true if not given. */
  readonly donate?: boolean;
}

/** A module and how to call its `main`. */
export interface StableHloModule {
  readonly text: string;
  /** Arguments of `main`, in order. */
  readonly parameters: readonly Argument[];
  /** Results of `main`, in order. */
  readonly results: readonly Outcome[];
}

/** A module whose `main` does what `entry` does. Equal programs and options give equal text. Parameters that nothing uses are left out. */
export function emitStableHlo(entry: EntryFunction, program: Program, options: EmitStableHloOptions): StableHloModule {
  const builder = new StableBuilder();
  const results = outcomesOf(entry, residentNames(program));
  const parameters = argumentsOf(entry, results, options.donate !== false);
  const taken = builder.arguments(parameters.map(({ type }) => stableType(type)));
  const operands = summedOverReplicas(builder, entry, program, taken, options.replicas ?? 1);
  const given = lowerEntry(builder, entry, operands, choicesOf(options));
  return finishModule(entry, program, options, { builder, parameters, results, taken, given });
}

/** A function whose operations are written. `taken` are its parameters and `given` its results. */
export interface WrittenMain {
  readonly builder: StableBuilder;
  readonly parameters: readonly Argument[];
  readonly results: readonly Outcome[];
  readonly taken: readonly StableTensor[];
  readonly given: readonly StableTensor[];
}

export function finishModule(
  entry: EntryFunction,
  program: Program,
  { replicas = 1 }: EmitStableHloOptions,
  { builder, parameters, results, taken, given }: WrittenMain,
): StableHloModule {
  const text = moduleText(`${program.name}.${entry.name}`, replicas, {
    parameters: parameters.map(({ name, donatedTo }, index) => ({ tensor: taken[index] as StableTensor, comment: name, donatedTo })),
    lines: builder.lines,
    results: results.map(({ name }, index) => ({ tensor: given[index] as StableTensor, comment: name })),
  });
  return { text, parameters, results };
}

export function residentNames(program: Program): ReadonlySet<string> {
  return new Set([...program.weights, ...program.state].map(({ name }) => name));
}

export function choicesOf({ target, precision = 'float32' }: EmitStableHloOptions): LoweringChoices {
  return { target, precision };
}
