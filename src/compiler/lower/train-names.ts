/** @file Names of a train block's states, and the weights that it trains. */
import type { Model, ModelTrain, ModelWeight } from '../check/model.ts';

export function stepState(block: ModelTrain): string {
  return `${block.name}.step`;
}

/** Weights that the block trains, in declaration order. */
export function trainedWeights(model: Model, block: ModelTrain): readonly ModelWeight[] {
  return model.weights.filter((weight) => block.over.includes(weight.name));
}

export function slotState(block: ModelTrain, slot: string): string {
  return `${block.name}.${block.optimiser.name}.${slot}`;
}
