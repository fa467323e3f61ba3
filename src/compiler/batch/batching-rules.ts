/**
 * @file How each primitive runs for T tasks at once. A rule gets operands of which some are batched, which means that they have a leading
 * task dimension, and returns the result with a leading task dimension. What does not depend on the task stays unbatched wherever the
 * primitive can take it so: shared weights meet the activations of all tasks in one ordinary matrix product or convolution.
 * A node without batched operands is copied and never comes here.
 */

import { InternalError } from '../diagnostics/internal-error.ts';
import type { FunctionBuilder } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';
import type { Attributes, PrimitiveName, PrimitiveTable } from '../ir/primitives.ts';
import { batchConvolution, batchDotGeneral, batchGather, batchScatterAdd } from './linear-rules.ts';
import { type Batching, broadcastToTasks } from './task-axis.ts';

/** Builds the batched application. At least one operand is batched. */
export type BatchingRule<P extends PrimitiveName> = (
  builder: FunctionBuilder,
  operands: readonly Value[],
  batching: Batching,
  attributes: Attributes[P],
) => Value;

const next = (axis: number): number => axis + 1;

/** Rules for primitives that have no attribute about dimensions: the rest of the operands gets the task dimension too. */
function elementwise<P extends PrimitiveName>(op: P): BatchingRule<P> {
  return (builder, operands, batching, attributes) =>
    builder.emit(
      op,
      operands.map((operand, index) => broadcastToTasks(builder, operand, index, batching)),
      attributes,
    );
}

/** Rules for primitives whose attributes name dimensions: every operand gets the task dimension, and the attributes step over it. */
function shifted<P extends PrimitiveName>(op: P, shift: (attributes: Attributes[P], tasks: number) => Attributes[P]): BatchingRule<P> {
  return (builder, operands, batching, attributes) =>
    builder.emit(
      op,
      operands.map((operand, index) => broadcastToTasks(builder, operand, index, batching)),
      shift(attributes, batching.tasks),
    );
}

function impossible(reason: string): () => never {
  return () => {
    throw new InternalError(reason);
  };
}

function windows(attributes: { readonly window: readonly number[]; readonly strides: readonly number[] }) {
  return { window: [1, ...attributes.window], strides: [1, ...attributes.strides] };
}

export const batchingRules: PrimitiveTable<{ [P in PrimitiveName]: BatchingRule<P> }> = {
  negate: elementwise('negate'),
  abs: elementwise('abs'),
  sign: elementwise('sign'),
  floor: elementwise('floor'),
  exponential: elementwise('exponential'),
  exponential_minus_one: elementwise('exponential_minus_one'),
  log: elementwise('log'),
  log_plus_one: elementwise('log_plus_one'),
  sqrt: elementwise('sqrt'),
  rsqrt: elementwise('rsqrt'),
  tanh: elementwise('tanh'),
  logistic: elementwise('logistic'),
  sine: elementwise('sine'),
  cosine: elementwise('cosine'),
  erf: elementwise('erf'),
  not: elementwise('not'),
  add: elementwise('add'),
  subtract: elementwise('subtract'),
  multiply: elementwise('multiply'),
  divide: elementwise('divide'),
  power: elementwise('power'),
  maximum: elementwise('maximum'),
  minimum: elementwise('minimum'),
  and: elementwise('and'),
  or: elementwise('or'),
  compare: elementwise('compare'),
  select: elementwise('select'),
  convert: elementwise('convert'),
  stop_gradient: elementwise('stop_gradient'),
  constant: impossible('a constant has no operands that could be batched'),
  iota: impossible('an iota has no operands that could be batched'),
  broadcast_in_dim: shifted('broadcast_in_dim', ({ shape, dimensions }, tasks) => ({
    shape: [tasks, ...shape],
    dimensions: [0, ...dimensions.map(next)],
  })),
  reshape: shifted('reshape', ({ shape }, tasks) => ({ shape: [tasks, ...shape] })),
  transpose: shifted('transpose', ({ permutation }) => ({ permutation: [0, ...permutation.map(next)] })),
  reverse: shifted('reverse', ({ dimensions }) => ({ dimensions: dimensions.map(next) })),
  slice: shifted('slice', ({ start, limit, strides }, tasks) => ({
    start: [0, ...start],
    limit: [tasks, ...limit],
    strides: [1, ...strides],
  })),
  pad: shifted('pad', ({ low, high, interior }) => ({ low: [0, ...low], high: [0, ...high], interior: [0, ...interior] })),
  concatenate: shifted('concatenate', ({ dimension }) => ({ dimension: dimension + 1 })),
  reduce_sum: shifted('reduce_sum', ({ dimensions }) => ({ dimensions: dimensions.map(next) })),
  reduce_max: shifted('reduce_max', ({ dimensions }) => ({ dimensions: dimensions.map(next) })),
  arg_max: shifted('arg_max', ({ dimension }) => ({ dimension: dimension + 1 })),
  cumulative_sum: shifted('cumulative_sum', (attributes) => ({ ...attributes, dimension: attributes.dimension + 1 })),
  window_argmax: shifted('window_argmax', windows),
  window_take: shifted('window_take', windows),
  window_put: shifted('window_put', (attributes, tasks) => ({ ...windows(attributes), shape: [tasks, ...attributes.shape] })),
  gather: batchGather,
  scatter_add: batchScatterAdd,
  dot_general: batchDotGeneral,
  convolution: batchConvolution,
  gradient: impossible('gradient: differentiate comes before batch'),
  implicit_root: impossible('implicit_root: differentiate comes before batch'),
  map_tasks: impossible('map_tasks: the innermost is expanded first'),
  scan: impossible('scan: its body is batched, which has no one result'),
};
