/** @file Meanings of the window primitives. */
import { sizeOf, stridesOf } from '../tensor-type.ts';
import { filling, forEachRow, type MeaningTable, operandAt, rowLength, rowStep } from './meaning.ts';
import { beats } from './reduce.ts';

type Windowed = 'window_argmax' | 'window_take' | 'window_put';

/** Offsets of a window's elements from its first, row-major within the window. */
function windowOffsets(shape: readonly number[], window: readonly number[]): Int32Array {
  const own = stridesOf(shape);
  const within = stridesOf(window);
  return Int32Array.from({ length: sizeOf(window) }, (_, element) =>
    own.reduce((sum, stride, axis) => sum + stride * (Math.floor(element / (within[axis] as number)) % (window[axis] as number)), 0),
  );
}

/** Strides between the first elements of neighbouring windows. */
function windowStrides(shape: readonly number[], strides: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => stride * (strides[axis] as number));
}

export const windowMeanings: MeaningTable<Windowed> = {
  window_argmax: filling((result, operands, { window, strides }, type) => {
    const operand = operandAt(operands, 0);
    const offsets = windowOffsets(operand.type.shape, window);
    const steps = windowStrides(operand.type.shape, strides);
    const length = rowLength(type.shape);
    const step = rowStep(steps);
    forEachRow(type.shape, steps, 0, (start, row) => {
      for (let i = 0, first = start; i < length; i++, first += step) {
        let winner = 0;
        let best = operand.data[first] as number;
        for (let element = 1; element < offsets.length; element++) {
          const value = operand.data[first + (offsets[element] as number)] as number;
          if (beats(value, best)) {
            winner = element;
            best = value;
          }
        }
        result[row * length + i] = winner;
      }
    });
  }),
  window_take: filling((result, operands, { window, strides }, type) => {
    const operand = operandAt(operands, 0);
    const choice = operandAt(operands, 1).data;
    const offsets = windowOffsets(operand.type.shape, window);
    const steps = windowStrides(operand.type.shape, strides);
    const length = rowLength(type.shape);
    const step = rowStep(steps);
    forEachRow(type.shape, steps, 0, (start, row) => {
      for (let i = 0, first = start; i < length; i++, first += step) {
        const at = row * length + i;
        result[at] = operand.data[first + (offsets[choice[at] as number] as number)] as number;
      }
    });
  }),
  window_put: filling((result, operands, { window, strides, shape }) => {
    const updates = operandAt(operands, 0);
    const choice = operandAt(operands, 1).data;
    const offsets = windowOffsets(shape, window);
    const steps = windowStrides(shape, strides);
    const length = rowLength(updates.type.shape);
    const step = rowStep(steps);
    forEachRow(updates.type.shape, steps, 0, (start, row) => {
      for (let i = 0, first = start; i < length; i++, first += step) {
        const at = row * length + i;
        const to = first + (offsets[choice[at] as number] as number);
        result[to] = (result[to] as number) + (updates.data[at] as number);
      }
    });
  }),
};
