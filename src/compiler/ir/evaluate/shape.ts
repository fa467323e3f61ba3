/** @file Meanings of the primitives that make tensors or move their elements. */
import { InternalError } from '../../diagnostics/internal-error.ts';
import type { HostData } from '../host-array.ts';
import { sizeOf, stridesOf } from '../tensor-type.ts';
import { filling, type MeaningTable, operandAt, readStrided, writeStrided } from './meaning.ts';

type Shaping =
  | 'constant'
  | 'iota'
  | 'broadcast_in_dim'
  | 'reshape'
  | 'transpose'
  | 'reverse'
  | 'slice'
  | 'pad'
  | 'concatenate'
  | 'gather'
  | 'scatter_add';

/** Numbers of elements of the parts of a gather's operand: batch, between batch and axis, axis, after it; and of indices per batch. */
function gatherParts(shape: readonly number[], axis: number, batchDims: number, indexCount: number) {
  const batch = sizeOf(shape.slice(0, batchDims));
  return {
    batch,
    before: sizeOf(shape.slice(batchDims, axis)),
    along: shape[axis] as number,
    after: sizeOf(shape.slice(axis + 1)),
    count: batch === 0 ? 0 : indexCount / batch,
  };
}

/** Calls `visit` with the offsets of each pair of runs (operand, gathered) of `after` elements that belong together. */
function forEachGathered(
  shape: readonly number[],
  indices: HostData,
  axis: number,
  batchDims: number,
  visit: (whole: number, gathered: number, length: number) => void,
): void {
  const { batch, before, along, after, count } = gatherParts(shape, axis, batchDims, indices.length);
  for (let b = 0; b < batch; b++) {
    for (let outer = 0; outer < before; outer++) {
      const block = b * before + outer;
      for (let j = 0; j < count; j++) {
        const index = indices[b * count + j] as number;
        if (index < 0 || index >= along) throw new InternalError(`index ${index} is outside a dimension of ${along}`);
        visit((block * along + index) * after, (block * count + j) * after, after);
      }
    }
  }
}

export const shapeMeanings: MeaningTable<Shaping> = {
  constant: filling((result, _, { values }) => {
    if (values.length === 1) result.fill(values[0] as number);
    else result.set(values);
  }),
  iota: filling((result, _, { shape, dimension }) => {
    const inner = sizeOf(shape.slice(dimension + 1));
    const count = shape[dimension] as number;
    for (let i = 0; i < result.length; i++) result[i] = Math.floor(i / inner) % count;
  }),
  broadcast_in_dim: filling((result, operands, { shape, dimensions }) => {
    const operand = operandAt(operands, 0);
    const own = stridesOf(operand.type.shape);
    const strides = shape.map(() => 0);
    dimensions.forEach((target, axis) => {
      strides[target] = operand.type.shape[axis] === 1 ? 0 : (own[axis] as number);
    });
    readStrided(result, operand.data, shape, strides, 0);
  }),
  // Operands are never changed, so a reshape can share its operand's elements.
  reshape: (operands, _, types) => types.map((type) => ({ type, data: operandAt(operands, 0).data })),
  transpose: filling((result, operands, { permutation }, type) => {
    const operand = operandAt(operands, 0);
    const own = stridesOf(operand.type.shape);
    const strides = permutation.map((axis) => own[axis] as number);
    readStrided(result, operand.data, type.shape, strides, 0);
  }),
  reverse: filling((result, operands, { dimensions }, type) => {
    const own = stridesOf(type.shape);
    let start = 0;
    const strides = own.map((stride, axis) => {
      if (!dimensions.includes(axis)) return stride;
      start += stride * ((type.shape[axis] as number) - 1);
      return -stride;
    });
    readStrided(result, operandAt(operands, 0).data, type.shape, strides, start);
  }),
  slice: filling((result, operands, attributes, type) => {
    const operand = operandAt(operands, 0);
    const own = stridesOf(operand.type.shape);
    const strides = own.map((stride, axis) => stride * (attributes.strides[axis] as number));
    const start = own.reduce((sum, stride, axis) => sum + stride * (attributes.start[axis] as number), 0);
    readStrided(result, operand.data, type.shape, strides, start);
  }),
  pad: filling((result, operands, { low, interior }, type) => {
    const operand = operandAt(operands, 0);
    const own = stridesOf(type.shape);
    const strides = own.map((stride, axis) => stride * ((interior[axis] as number) + 1));
    const start = own.reduce((sum, stride, axis) => sum + stride * (low[axis] as number), 0);
    writeStrided(result, operand.data, operand.type.shape, strides, start);
  }),
  concatenate: filling((result, operands, { dimension }, type) => {
    const strides = stridesOf(type.shape);
    let start = 0;
    for (const operand of operands) {
      writeStrided(result, operand.data, operand.type.shape, strides, start);
      start += (operand.type.shape[dimension] as number) * (strides[dimension] as number);
    }
  }),
  gather: filling((result, operands, { axis, batchDims }) => {
    const operand = operandAt(operands, 0);
    forEachGathered(operand.type.shape, operandAt(operands, 1).data, axis, batchDims, (whole, gathered, length) => {
      for (let i = 0; i < length; i++) result[gathered + i] = operand.data[whole + i] as number;
    });
  }),
  scatter_add: filling((result, operands, { axis, batchDims, shape }) => {
    const updates = operandAt(operands, 0).data;
    forEachGathered(shape, operandAt(operands, 1).data, axis, batchDims, (whole, gathered, length) => {
      for (let i = 0; i < length; i++) result[whole + i] = (result[whole + i] as number) + (updates[gathered + i] as number);
    });
  }),
};
