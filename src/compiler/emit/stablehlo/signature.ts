/** @file What the `main` of a module takes and gives: names, types, and what each is to the program. */
import type { EntryFunction, Parameter, TensorType } from '../../ir/ir.ts';
import { sameType, tensorType } from '../../ir/tensor-type.ts';

/**
 * `resident`: a weight or state. `data`: a resident data set. `input`: draws or examples of the call; of a loop, stacked along a leading
 * dimension of steps. `count`: int[], how many of the stacked steps to run.
 */
export type ArgumentRole = 'resident' | 'data' | 'input' | 'count';

export interface Argument {
  /** The entry function's parameter; `count` for the role of that name. */
  readonly name: string;
  readonly role: ArgumentRole;
  readonly type: TensorType;
  /** The result that takes this argument's memory: the buffer may not be used after the call. Undefined for what is only read. */
  readonly donatedTo: number | undefined;
}

export interface Outcome {
  readonly name: string;
  readonly type: TensorType;
  /** Whether it is the new value of a weight or state; else it is a metric, of a loop stacked along a leading dimension of steps. */
  readonly resident: boolean;
}

/** Parameters that something uses, in order. */
export function usedParameters({ body }: EntryFunction): readonly Parameter[] {
  const used = new Set([...body.nodes.flatMap((node) => node.operands), ...body.results.map((result) => result.value)]);
  return body.parameters.filter(({ value }) => used.has(value));
}

export function roleOf(entry: EntryFunction, { name }: Parameter): ArgumentRole {
  const input = entry.inputs.find((declaration) => declaration.name === name);
  if (input === undefined) return 'resident';
  return input.kind === 'data' ? 'data' : 'input';
}

/** Results of one call. `residents` are the names of the program's weights and state. */
export function outcomesOf(entry: EntryFunction, residents: ReadonlySet<string>): readonly Outcome[] {
  return entry.body.results.map(({ name, value }) => ({ name, type: value.type, resident: residents.has(name) }));
}

/** Arguments of one call. */
export function argumentsOf(entry: EntryFunction, outcomes: readonly Outcome[], donate: boolean): readonly Argument[] {
  return usedParameters(entry).map((parameter): Argument => {
    const { type } = parameter.value;
    const role = roleOf(entry, parameter);
    const result = outcomes.findIndex((outcome) => outcome.resident && outcome.name === parameter.name && sameType(outcome.type, type));
    return { name: parameter.name, role, type, donatedTo: donate && role === 'resident' && result >= 0 ? result : undefined };
  });
}

/** `steps` tensors of a type in one. */
export function stacked(type: TensorType, steps: number): TensorType {
  return tensorType(type.dtype, [steps, ...type.shape]);
}
