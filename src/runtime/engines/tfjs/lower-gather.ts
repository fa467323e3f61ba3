/** @file Rows by number, and their transpose. Batch dimensions become part of the row number: no kernel has to know them. */
import type { Node, Value } from '../../../compiler/ir/ir.ts';
import { afterGather, invertPermutation, moveAxis } from '../../../compiler/ir/permutations.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { operandOf, resultShape } from './lower-shape.ts';
import type { LoweringContext } from './lowering-context.ts';
import type { Ref } from './plan.ts';

export function gather(context: LoweringContext, node: Node<'gather'>): Ref {
  const { axis, batchDims } = node.attributes;
  const { operations } = context;
  const [operandValue, indicesValue] = [operandOf(node, 0), operandOf(node, 1)];
  const rows = hostRows(context, node, operandValue, indicesValue);
  if (rows !== undefined) return rows;
  const [operand, indices] = [context.full(operandValue), context.full(indicesValue)];
  if (batchDims === 0) return operations.gather(operand, axis, indices);
  // [B.., A.., S, R..] -> [B * S, A.. * R..]: rows are taken with the batch's offset added to the index.
  const { batch, between, size, rest } = partsOf(operand.shape, axis, batchDims);
  const table = operations.reshape(operations.transpose(operand, moveAxis(operand.shape.length, axis, batchDims)), [
    sizeOf(batch) * size,
    ...between,
    ...rest,
  ]);
  const taken = operations.gather(table, 0, batchRows(context, indices, batch, size));
  return operations.transpose(taken, afterGather(indices.shape.length, batchDims, between.length, rest.length));
}

/** A data set stays on the host as bytes; what a call picks of it is uploaded. Undefined where the host knows set or rows not. */
function hostRows(context: LoweringContext, node: Node<'gather'>, operand: Value, indices: Value): Ref | undefined {
  const [data, rows] = [context.hostOf(operand), context.hostOf(indices)];
  if (data?.kind !== 'data' || rows?.kind !== 'input' || node.attributes.axis !== 0 || operand.type.dtype !== 'uint8') return undefined;
  return context.plan.rows(data.name, rows.name, 'uint8', resultShape(node));
}

export function scatterAdd(context: LoweringContext, node: Node<'scatter_add'>): Ref {
  const { axis, batchDims, shape } = node.attributes;
  const { operations } = context;
  const [updates, indices] = [context.full(operandOf(node, 0)), context.full(operandOf(node, 1))];
  const { batch, between, size, rest } = partsOf(shape, axis, batchDims);
  const order = afterGather(indices.shape.length, batchDims, between.length, rest.length);
  const rows = operations.reshape(operations.transpose(updates, invertPermutation(order)), [
    sizeOf(indices.shape),
    sizeOf([...between, ...rest]),
  ]);
  const places = operations.reshape(batchRows(context, indices, batch, size), [sizeOf(indices.shape)]);
  const summed = operations.scatterRows(rows, places, sizeOf(batch) * size);
  const table = operations.reshape(summed, [...batch, size, ...between, ...rest]);
  return operations.transpose(table, invertPermutation(moveAxis(shape.length, axis, batchDims)));
}

function partsOf(shape: readonly number[], axis: number, batchDims: number) {
  return {
    batch: shape.slice(0, batchDims),
    between: shape.slice(batchDims, axis),
    size: shape[axis] as number,
    rest: shape.slice(axis + 1),
  };
}

/** Row numbers in a table of all batches: index + batch number * size. */
function batchRows({ operations, plan }: LoweringContext, indices: Ref, batch: readonly number[], size: number): Ref {
  const count = sizeOf(batch);
  if (count <= 1) return indices;
  const each = sizeOf(indices.shape) / count;
  const offsets = Array.from({ length: count }, (_, index) => index * size);
  const sum = operations.binary('Add', operations.reshape(indices, [count, each]), plan.constant('int', [count, 1], offsets));
  return operations.reshape(sum, indices.shape);
}
