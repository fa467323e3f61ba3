/** @file Meaning of dot_general: both operands are brought to [batch, rows, columns] and multiplied row by row. */
import type { HostArray, HostData } from '../host-array.ts';
import { sizeOf, stridesOf } from '../tensor-type.ts';
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

function freeAxes(rank: number, ...taken: readonly (readonly number[])[]): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !taken.some((axes) => axes.includes(axis)));
}

/** result[rows, columns] += left[rows, inner] right[inner, columns], all row-major from the given offsets. */
function multiply(
  result: HostData,
  left: HostData,
  right: HostData,
  [rows, inner, columns]: readonly [number, number, number],
  [resultStart, leftStart, rightStart]: readonly [number, number, number],
): void {
  for (let row = 0; row < rows; row++) {
    const to = resultStart + row * columns;
    for (let k = 0; k < inner; k++) {
      const factor = left[leftStart + row * inner + k] as number;
      const from = rightStart + k * columns;
      for (let column = 0; column < columns; column++)
        result[to + column] = (result[to + column] as number) + factor * (right[from + column] as number);
    }
  }
}

export const dotMeanings: MeaningTable<'dot_general'> = {
  dot_general: filling((result, operands, { lhsBatch, rhsBatch, lhsContract, rhsContract }) => {
    const lhs = operandAt(operands, 0);
    const rhs = operandAt(operands, 1);
    const lhsFree = freeAxes(lhs.type.shape.length, lhsBatch, lhsContract);
    const rhsFree = freeAxes(rhs.type.shape.length, rhsBatch, rhsContract);
    const left = ordered(lhs, [...lhsBatch, ...lhsFree, ...lhsContract]);
    const right = ordered(rhs, [...rhsBatch, ...rhsContract, ...rhsFree]);
    const sizes = (array: HostArray, axes: readonly number[]) => sizeOf(axes.map((axis) => array.type.shape[axis] as number));
    const [batch, rows, inner, columns] = [sizes(lhs, lhsBatch), sizes(lhs, lhsFree), sizes(lhs, lhsContract), sizes(rhs, rhsFree)];
    for (let b = 0; b < batch; b++)
      multiply(result, left, right, [rows, inner, columns], [b * rows * columns, b * rows * inner, b * inner * columns]);
  }),
};
