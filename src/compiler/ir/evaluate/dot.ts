/** @file Meaning of dot_general: both operands are brought to [batch, rows, columns] and multiplied. */
import type { HostArray, HostData } from '../host-array.ts';
import { freeAxes } from '../matrices.ts';
import { sizeOf, stridesOf } from '../tensor-type.ts';
import { addProduct, addProductTransposed, fewColumns } from './matmul.ts';
import { filling, type MeaningTable, operandAt, readStrided } from './meaning.ts';

/** The elements with dimensions in the given order; the array's own elements when that changes nothing. */
function ordered(array: HostArray, order: readonly number[]): HostData {
  if (order.every((axis, index) => axis === index)) return array.data;
  const own = stridesOf(array.type.shape);
  const shape = order.map((axis) => array.type.shape[axis] as number);
  const strides = order.map((axis) => own[axis] as number);
  const target = new Float64Array(array.data.length);
  readStrided(target, array.data, shape, strides, 0);
  return target;
}

export const dotMeanings: MeaningTable<'dot_general'> = {
  dot_general: filling((result, operands, { lhsBatch, rhsBatch, lhsContract, rhsContract }) => {
    const lhs = operandAt(operands, 0);
    const rhs = operandAt(operands, 1);
    const lhsFree = freeAxes(lhs.type.shape.length, lhsBatch, lhsContract);
    const rhsFree = freeAxes(rhs.type.shape.length, rhsBatch, rhsContract);
    const sizes = (array: HostArray, axes: readonly number[]) => sizeOf(axes.map((axis) => array.type.shape[axis] as number));
    const batch = sizes(lhs, lhsBatch);
    const [rows, inner, columns] = [sizes(lhs, lhsFree), sizes(lhs, lhsContract), sizes(rhs, rhsFree)];
    const transposed = columns < fewColumns;
    const left = ordered(lhs, [...lhsBatch, ...lhsFree, ...lhsContract]);
    const right = ordered(rhs, transposed ? [...rhsBatch, ...rhsFree, ...rhsContract] : [...rhsBatch, ...rhsContract, ...rhsFree]);
    const add = transposed ? addProductTransposed : addProduct;
    for (let b = 0; b < batch; b++)
      add(result, left, right, [rows, inner, columns], [b * rows * columns, b * rows * inner, b * inner * columns]);
  }),
};
