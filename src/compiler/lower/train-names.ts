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

/** The result that carries a report: its label, unless a weight, a state or another result has that name (`report alpha` of a learned alpha). */
export function reportResult(model: Model, label: string, others: readonly string[] = []): string {
  const taken = others.includes(label) || [...model.weights, ...model.states].some(({ name }) => name === label);
  return taken ? `report.${label}` : label;
}
