/** @file The nodes of a function, one after the other. */
import { LimitationError } from '../../diagnostics/internal-error.ts';
import type { AnyNode, EntryFunction, Func, Parameter, Value } from '../../ir/ir.ts';
import { isStructural } from '../../ir/region.ts';
import type { StableBuilder } from './builder.ts';
import { type LoweringChoices, LoweringContext } from './lowering-context.ts';
import { stableHloLowerings } from './lowerings.ts';
import { usedParameters } from './signature.ts';
import type { StableTensor } from './tensor.ts';

/** Adds what `entry` does to `builder`. `operands` are its used parameters; gives its results. */
export function lowerEntry(
  builder: StableBuilder,
  entry: EntryFunction,
  operands: readonly StableTensor[],
  choices: LoweringChoices,
): readonly StableTensor[] {
  return lowerNodes(builder, entry.body, usedParameters(entry), operands, choices);
}

function lowerNodes(
  builder: StableBuilder,
  { nodes, results }: Func,
  parameters: readonly Parameter[],
  operands: readonly StableTensor[],
  choices: LoweringChoices,
): readonly StableTensor[] {
  const context = new LoweringContext(builder, choices, (region, body, given) => lowerNodes(region, body, body.parameters, given, choices));
  parameters.forEach(({ value }, index) => {
    context.define(value, operands[index] as StableTensor);
  });
  for (const node of nodes) {
    const values = lower(context, node);
    node.results.forEach((result: Value, index) => {
      context.define(result, values[index] as StableTensor);
    });
  }
  return results.map(({ value }) => context.of(value));
}

function lower(context: LoweringContext, node: AnyNode): readonly StableTensor[] {
  if (isStructural(node)) {
    throw new LimitationError(`StableHLO has no '${node.op}': the program must be differentiated and batched before it is emitted`);
  }
  const lowering = stableHloLowerings[node.op] as (context: LoweringContext, node: AnyNode) => StableTensor | readonly StableTensor[];
  const results = lowering(context, node);
  return 'name' in results ? [results] : results;
}
