/** @file The outer optimiser's update, on one flat vector of all trained weights. */
import type { Model, ModelTrain } from '../check/model.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import type { FunctionBuilder } from '../ir/build.ts';
import type { Result, Value } from '../ir/ir.ts';
import { sizeOf, tensorType } from '../ir/tensor-type.ts';
import type { EntryBuilder } from './entry.ts';
import { slotState, trainedWeights } from './train-names.ts';

/** New values of the trained weights and of the optimiser's state. `mean` divides sums over the batch; `step` counts from 0, `next` from 1. */
export function updateWeights(
  model: Model,
  block: ModelTrain,
  entry: EntryBuilder,
  gradients: readonly Value[],
  mean: (sum: Value) => Value,
  step: Value,
  next: Value,
): Result[] {
  const { builder } = entry;
  const weights = trainedWeights(model, block);
  if (weights.length === 0) return [];
  const shapes = weights.map((weight) => weight.type.shape);
  const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const flat = (values: readonly Value[]): Value => {
    const pieces = values.map((value) => builder.reshape(value, [sizeOf(value.type.shape)]));
    return pieces.length === 1 ? (pieces[0] as Value) : builder.emit('concatenate', pieces, { dimension: 0 });
  };
  const { optimiser } = block;
  const updated = optimiser.update({
    builder,
    weights: [flat(weights.map((weight) => entry.resident(weight.name, weight.type)))],
    gradients: [mean(flat(gradients))],
    slots: optimiser.slots.map((slot) => [entry.resident(slotState(block, slot), tensorType('float', [total]))]),
    step: next,
    hyper: (name) => hyperparameter(builder, block, name, step, total),
  });
  const results: Result[] = [];
  let offset = 0;
  weights.forEach((weight, index) => {
    const shape = shapes[index] as readonly number[];
    const size = sizeOf(shape);
    const whole = updated.weights[0] as Value;
    const piece = total === size ? whole : builder.emit('slice', [whole], { start: [offset], limit: [offset + size], strides: [1] });
    const value = builder.reshape(piece, shape);
    results.push({ name: weight.name, value: weight.bounds === undefined ? value : clipped(builder, value, weight.bounds) });
    offset += size;
  });
  optimiser.slots.forEach((slot, index) => {
    results.push({ name: slotState(block, slot), value: updated.slots[index]?.[0] as Value });
  });
  return results;
}

function clipped(builder: FunctionBuilder, value: Value, [low, high]: readonly [number, number]): Value {
  const above = Number.isFinite(low) ? builder.scale('maximum', value, low) : value;
  return Number.isFinite(high) ? builder.scale('minimum', above, high) : above;
}

function hyperparameter(builder: FunctionBuilder, block: ModelTrain, name: string, step: Value, size: number): Value {
  const meaning = block.optimiser.hyperparameters.get(name);
  if (meaning?.kind === 'number') return builder.constant(meaning.value, [size]);
  if (meaning?.kind === 'schedule') return builder.broadcast(meaning.at(builder, step, block.steps), [size], []);
  throw new InternalError(`outer hyperparameter ${name} is ${meaning?.kind ?? 'missing'}`);
}
