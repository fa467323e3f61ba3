/** @file Meanings of the reductions. */
import type { HostArray } from '../host-array.ts';
import { sizeOf, stridesOf } from '../tensor-type.ts';
import { filling, forEachRow, type MeaningTable, operandAt, rowLength, rowStep } from './meaning.ts';

type Reduction = 'reduce_sum' | 'reduce_max' | 'arg_max' | 'cumulative_sum';

/** Strides, over the operand's dimensions, of the result with `dimensions` removed: 0 where elements fall together. */
function collapsedStrides(shape: readonly number[], dimensions: readonly number[]): number[] {
  const kept = shape.map((size, axis) => (dimensions.includes(axis) ? 1 : size));
  return stridesOf(kept).map((stride, axis) => (dimensions.includes(axis) ? 0 : stride));
}

/** Numbers of elements before, along and after a dimension. */
function around(operand: HostArray, dimension: number): readonly [number, number, number] {
  const { shape } = operand.type;
  return [sizeOf(shape.slice(0, dimension)), shape[dimension] as number, sizeOf(shape.slice(dimension + 1))];
}

/** Whether a later element takes the place of the best so far: strictly greater, or the first NaN. */
export function beats(value: number, best: number): boolean {
  return value > best || (Number.isNaN(value) && !Number.isNaN(best));
}

export const reduceMeanings: MeaningTable<Reduction> = {
  reduce_sum: filling((result, operands, { dimensions }) => {
    const { type, data } = operandAt(operands, 0);
    const strides = collapsedStrides(type.shape, dimensions);
    const length = rowLength(type.shape);
    const step = rowStep(strides);
    forEachRow(type.shape, strides, 0, (offset, row) => {
      const start = row * length;
      if (step === 0) {
        let sum = 0;
        for (let i = 0; i < length; i++) sum += data[start + i] as number;
        result[offset] = (result[offset] as number) + sum;
      } else
        for (let i = 0; i < length; i++) result[offset + i * step] = (result[offset + i * step] as number) + (data[start + i] as number);
    });
  }),
  reduce_max: filling((result, operands, { dimensions }) => {
    const { type, data } = operandAt(operands, 0);
    const strides = collapsedStrides(type.shape, dimensions);
    const length = rowLength(type.shape);
    const step = rowStep(strides);
    result.fill(type.dtype === 'float' ? Number.NEGATIVE_INFINITY : -(2 ** 31));
    forEachRow(type.shape, strides, 0, (offset, row) => {
      for (let i = 0, to = offset; i < length; i++, to += step) {
        const value = data[row * length + i] as number;
        if (beats(value, result[to] as number)) result[to] = value;
      }
    });
  }),
  arg_max: filling((result, operands, { dimension }) => {
    const operand = operandAt(operands, 0);
    const [before, along, after] = around(operand, dimension);
    for (let outer = 0; outer < before; outer++) {
      for (let inner = 0; inner < after; inner++) {
        const start = outer * along * after + inner;
        let winner = 0;
        for (let i = 1; i < along; i++)
          if (beats(operand.data[start + i * after] as number, operand.data[start + winner * after] as number)) winner = i;
        result[outer * after + inner] = winner;
      }
    }
  }),
  cumulative_sum: filling((result, operands, { dimension, reverse, exclusive }) => {
    const operand = operandAt(operands, 0);
    const [before, along, after] = around(operand, dimension);
    for (let outer = 0; outer < before; outer++) {
      for (let inner = 0; inner < after; inner++) {
        const start = outer * along * after + inner;
        let sum = 0;
        for (let i = 0; i < along; i++) {
          const at = start + (reverse ? along - 1 - i : i) * after;
          const value = operand.data[at] as number;
          result[at] = exclusive ? sum : sum + value;
          sum += value;
        }
      }
    }
  }),
};
