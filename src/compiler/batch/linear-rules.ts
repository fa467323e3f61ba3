/** @file Batching of matrix products, convolutions, gather and scatter, where an unbatched operand is worth keeping unbatched. */
import type { FunctionBuilder } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';
import type { Attributes } from '../ir/primitives.ts';
import { type Batching, broadcastToTasks, moveAxis } from './task-axis.ts';

const next = (axis: number): number => axis + 1;

/**
 * One batched side: tasks are one more free dimension of that side, so a product with shared weights is one bigger product.
 * Both sides: tasks are a batch dimension.
 */
export function batchDotGeneral(
  builder: FunctionBuilder,
  operands: readonly Value[],
  { batched }: Batching,
  attributes: Attributes['dot_general'],
): Value {
  const [lhs, rhs] = operands as readonly [Value, Value];
  const [onLeft, onRight] = batched as readonly [boolean, boolean];
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = attributes;
  const left = onLeft ? { lhsBatch: lhsBatch.map(next), lhsContract: lhsContract.map(next) } : { lhsBatch, lhsContract };
  const right = onRight ? { rhsBatch: rhsBatch.map(next), rhsContract: rhsContract.map(next) } : { rhsBatch, rhsContract };
  if (onLeft && onRight) {
    return builder.emit('dot_general', [lhs, rhs], {
      lhsBatch: [0, ...left.lhsBatch],
      rhsBatch: [0, ...right.rhsBatch],
      lhsContract: left.lhsContract,
      rhsContract: right.rhsContract,
    });
  }
  const product = builder.emit('dot_general', [lhs, rhs], { ...left, ...right });
  // Tasks are the first free dimension of their side: after the batch dimensions, and for the right side after the left side's free ones.
  const leftFree = lhs.type.shape.length - lhsBatch.length - lhsContract.length;
  return moveAxis(builder, product, onLeft ? lhsBatch.length : lhsBatch.length + leftFree, 0);
}

/**
 * Images alone: tasks join the batch of images, and the shared kernels stay as they are. Kernels alone: tasks join the output features.
 * Both: one feature group per task (and per group), which engines run as grouped convolutions.
 */
export function batchConvolution(
  builder: FunctionBuilder,
  operands: readonly Value[],
  { batched, tasks }: Batching,
  attributes: Attributes['convolution'],
): Value {
  const [images, kernels] = operands as readonly [Value, Value];
  const [onImages, onKernels] = batched as readonly [boolean, boolean];
  const { groups } = attributes;
  if (!onKernels) {
    const [count, ...rest] = images.type.shape.slice(1) as [number, ...number[]];
    const merged = builder.reshape(images, [tasks * count, ...rest]);
    const result = builder.emit('convolution', [merged, kernels], attributes);
    return builder.reshape(result, [tasks, count, ...result.type.shape.slice(1)]);
  }
  const [features, ...kernel] = kernels.type.shape.slice(1) as [number, ...number[]];
  if (onImages) {
    const [count, channels, ...space] = images.type.shape.slice(1) as [number, number, ...number[]];
    const grouped = builder.reshape(moveAxis(builder, images, 0, 1), [count, tasks * channels, ...space]);
    const result = builder.emit('convolution', [grouped, builder.reshape(kernels, [tasks * features, ...kernel])], {
      ...attributes,
      groups: tasks * groups,
    });
    return moveAxis(builder, builder.reshape(result, [count, tasks, features, ...result.type.shape.slice(2)]), 1, 0);
  }
  const perGroup = features / groups;
  const split = builder.reshape(kernels, [tasks, groups, perGroup, ...kernel]);
  const merged = builder.reshape(moveAxis(builder, split, 0, 1), [groups * tasks * perGroup, ...kernel]);
  const result = builder.emit('convolution', [images, merged], attributes);
  const count = images.type.shape[0] as number;
  const space = result.type.shape.slice(2);
  const apart = builder.reshape(result, [count, groups, tasks, perGroup, ...space]);
  return builder.reshape(moveAxis(builder, apart, 2, 0), [tasks, count, features, ...space]);
}

/** Rows of a shared table are gathered for all tasks at once; a shared index picks the same rows from each task's table. */
export function batchGather(
  builder: FunctionBuilder,
  operands: readonly Value[],
  { batched }: Batching,
  { axis, batchDims }: Attributes['gather'],
): Value {
  const [operand, indices] = operands as readonly [Value, Value];
  const [onOperand, onIndices] = batched as readonly [boolean, boolean];
  if (onOperand && onIndices) return builder.emit('gather', [operand, indices], { axis: axis + 1, batchDims: batchDims + 1 });
  if (onIndices) {
    const rows = builder.emit('gather', [operand, moveAxis(builder, indices, 0, batchDims)], { axis, batchDims });
    return moveAxis(builder, rows, axis, 0);
  }
  const rows = builder.emit('gather', [moveAxis(builder, operand, 0, batchDims), indices], { axis: axis + 1, batchDims });
  return moveAxis(builder, rows, batchDims, 0);
}

/** The transpose of `batchGather`. Where only the places differ between tasks, so do the results: the updates are repeated. */
export function batchScatterAdd(
  builder: FunctionBuilder,
  operands: readonly Value[],
  batching: Batching,
  { axis, batchDims, shape }: Attributes['scatter_add'],
): Value {
  const [updates, indices] = operands as readonly [Value, Value];
  const { batched, tasks } = batching;
  if (batched[1]) {
    return builder.emit('scatter_add', [broadcastToTasks(builder, updates, 0, batching), indices], {
      axis: axis + 1,
      batchDims: batchDims + 1,
      shape: [tasks, ...shape],
    });
  }
  const table = [...shape.slice(0, batchDims), tasks, ...shape.slice(batchDims)];
  const sums = builder.emit('scatter_add', [moveAxis(builder, updates, 0, batchDims), indices], {
    axis: axis + 1,
    batchDims,
    shape: table,
  });
  return moveAxis(builder, sums, batchDims, 0);
}
